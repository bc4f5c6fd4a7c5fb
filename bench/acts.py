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

from assistant.adapters.e5 import ACTS_FILE, E5Embeddings
from assistant.rehearsal import RULES
from bench.logistic import fitted

LINES = Path(__file__).resolve().parents[1] / "tests" / "rehearsal"
PULL = 6.0
"""How strongly weights are held near nothing."""


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
    spread = rows.shape[1] ** -0.5  # rows are of unit length
    acts = {
        rule.name: np.array([rule.name in said.split(", ") for said, _ in read]) for rule in RULES
    }
    kept = {name: fitted(rows, is_one, spread, PULL) for name, is_one in acts.items()}
    rounded = {name: [round(float(one), 3) for one in row] for name, row in kept.items()}
    ACTS_FILE.write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    print({name: len(row) for name, row in rounded.items()}, len(read))


if __name__ == "__main__":
    main()
