"""Learn what the acts of a rehearsal sound like: `python -m bench.acts`.

One logistic regression an act on what the embedder's inner layer makes of a sentence, from the
lines of `*-developed.txt` and `*-learned.txt` in `tests/rehearsal`. Nothing of `*-apart.txt`, on
which `acts.LIKELY` and `acts.DOUBTFUL` were chosen, nor of `*-fresh.txt` is learned from. The same
file each time on one machine; what is kept is rounded, 14 kB of it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5 import ACTS_FILE, E5Embeddings
from assistant.rehearsal import RULES

LINES = Path(__file__).resolve().parents[1] / "tests" / "rehearsal"
PULL, STEPS = 6.0, 8
"""How strongly weights are held near nothing; Newton's method is done before so many."""

Floats = npt.NDArray[np.float64]


def main() -> None:
    read = [
        line.split(" | ", 1)
        for part in ("developed", "learned")
        for path in sorted(LINES.glob(f"*-{part}.txt"))
        for line in path.read_text("utf-8").splitlines()
    ]
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embeddings(Path(cache))
        rows = np.array([embedder.read_closely(text).inner for _, text in read], np.float64)
    kept = {
        rule.name: fitted(rows, np.array([rule.name in acts.split(", ") for acts, _ in read]))
        for rule in RULES
    }
    rounded = {name: [round(float(one), 3) for one in row] for name, row in kept.items()}
    ACTS_FILE.write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    print({name: len(row) for name, row in rounded.items()}, len(read))


def fitted(rows: Floats, is_one: npt.NDArray[np.bool_]) -> Floats:
    """A weight for each number of a row, and what stands alone."""
    mean, spread = rows.mean(axis=0), rows.shape[1] ** -0.5
    signals = np.c_[(rows - mean) / spread, np.ones(len(rows))]
    pull = np.diag([*[PULL] * rows.shape[1], 0.0])
    weights = np.zeros(signals.shape[1])
    for _ in range(STEPS):
        belief = 1 / (1 + np.exp(-signals @ weights))
        slope = signals.T @ (is_one - belief) - pull @ weights
        bend = (signals * (belief * (1 - belief))[:, None]).T @ signals + pull
        weights += np.linalg.solve(bend, slope)
    plain = weights[:-1] / spread
    weighed: Floats = np.r_[plain, weights[-1] - plain @ mean]
    return weighed


if __name__ == "__main__":
    main()
