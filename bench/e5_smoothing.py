"""Make `assistant/adapters/data/e5_smoothing.npy`: which channels of the encoder are loud.

Loud channels are a property of the weights: random words find the same ones as real text does
(docs/adr/0002), so no text is needed and the file can be made anew by anyone:

    python -m bench.e5_smoothing <folder of the embedder's cache>
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from assistant.adapters.e5_graph import encoder
from assistant.adapters.e5_layers import SMOOTHING_FILE
from assistant.adapters.e5_weights import open_weights
from assistant.adapters.onnx_runtime import onnx_runtime

SHARE_OF_ACTIVATIONS = (0.85, 0.6)  # attention, inner layer: how far loudness moves into weights


def main() -> None:
    weights = open_weights(Path(sys.argv[1]))
    shape = weights.shape
    attention = ["start", *(f"l{n}.oln.out" for n in range(shape.layers - 1))]
    inner = [f"l{n}.aln.out" for n in range(shape.layers)]
    file = encoder(weights, "exact", "int8", also=[*attention, *inner])
    session = onnx_runtime().InferenceSession(file, providers=["CPUExecutionProvider"])
    loudest = np.zeros((2 * shape.layers, shape.hidden))
    random = np.random.default_rng(0)
    for length in random.integers(5, 200, 48):
        numbers = np.array([0, *random.integers(4, 250_000, length), 2])
        rows = weights.matrices["emb.word"].rows(numbers)
        rows += weights.floats["emb.pos"].reshape(shape.positions, -1)[: len(numbers)]
        rows += weights.floats["emb.type"][: shape.hidden]
        outputs = session.run([*attention, *inner], {"rows": rows[None]})
        loudest = np.maximum(loudest, [np.abs(output[0]).max(axis=0) for output in outputs])
    steps = np.zeros((shape.layers, 2, shape.hidden), np.int8)
    for layer in range(shape.layers):
        for place, parts in enumerate((("q", "k", "v"), ("fi",))):
            matrix = np.vstack([weights.matrices[f"l{layer}.{part}.w"].full() for part in parts])
            share = SHARE_OF_ACTIVATIONS[place]
            channel = np.maximum(loudest[place * shape.layers + layer], 1e-3)
            weight = np.maximum(np.abs(matrix).max(axis=0), 1e-5)
            logarithm = share * np.log2(channel) - (1 - share) * np.log2(weight)
            steps[layer, place] = np.rint(4 * (logarithm - logarithm.mean()))
    np.save(SMOOTHING_FILE, steps)
    print(f"{SMOOTHING_FILE}: {steps.shape}, {steps.min()}..{steps.max()} quarter powers of two")


if __name__ == "__main__":
    main()
