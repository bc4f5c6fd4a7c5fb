"""Both graphs compute the encoder, checked against plain numpy on a small random one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from assistant.adapters import e5_layers, int8_kernels
from assistant.adapters.e5_graph import GraphKind, encoder
from assistant.adapters.e5_weights import E5Weights, parse
from assistant.adapters.encoder_session import EncoderSession
from assistant.adapters.int8_kernels import WeightType
from tests.unit import e5_image

Floats = npt.NDArray[np.float32]
TOKENS = [0, 5, 6, 9, 10, 4, 2]


@pytest.fixture(scope="module")
def weights() -> E5Weights:
    return parse(e5_image.image())


@pytest.fixture(scope="module")
def rows(weights: E5Weights) -> Floats:
    words = weights.matrices["emb.word"].rows(np.array(TOKENS))
    return words + weights.floats["emb.pos"].reshape(-1, 384)[: len(TOKENS)]


def computed(
    weights: E5Weights, rows: Floats, kind: GraphKind, eight_bits: WeightType | None = None
) -> Floats:
    """With the 8-bit weights that are taken on this machine, if none are named."""
    taken = eight_bits or int8_kernels.weight_type()
    session = EncoderSession(lambda: encoder(weights, kind, taken), "or so")
    return session.passage({"rows": rows[None]})


def cosine(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize(("kind", "least"), [("exact", 0.9998), ("fast", 0.999)])
def test_a_graph_gives_what_the_formulas_give(
    weights: E5Weights, rows: Floats, monkeypatch: pytest.MonkeyPatch, kind: GraphKind, least: float
) -> None:
    monkeypatch.setattr(e5_layers, "smoothing", lambda: np.ones((2, 2, 384), np.float32))
    assert cosine(computed(weights, rows, kind), e5_image.encoded(weights, rows)) >= least


def test_turning_channels_down_changes_only_the_rounding(
    weights: E5Weights, rows: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    loud = np.exp2(random.integers(-4, 5, (2, 2, 384)) / 4).astype(np.float32)
    monkeypatch.setattr(e5_layers, "smoothing", lambda: loud)
    assert cosine(computed(weights, rows, "fast"), e5_image.encoded(weights, rows)) >= 0.999


def test_unsigned_weights_give_what_is_computed_on_every_machine(
    weights: E5Weights, rows: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed ones, where this processor adds their products up without loss; else themselves."""
    monkeypatch.setattr(e5_layers, "smoothing", lambda: np.ones((2, 2, 384), np.float32))
    unsigned = computed(weights, rows, "fast", "uint8")
    np.testing.assert_allclose(computed(weights, rows, "fast"), unsigned, rtol=1e-4, atol=1e-4)
    assert cosine(unsigned, e5_image.encoded(weights, rows)) >= 0.999


def test_where_sums_are_cut_off_unsigned_weights_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Saturating:
        """Adds pairs of products up in 16 bits, as processors without dot products do."""

        class SessionOptions:
            intra_op_num_threads = 0

        class InferenceSession:
            def __init__(self, *_: object, **__: object) -> None:
                pass

            def run(self, _: object, feeds: dict[str, Floats]) -> list[Floats]:
                rows, columns = feeds["a"].shape
                pair = min(255 * 127 * 2, 32_767) / 255
                return [np.full((rows, 16), pair * columns / 2, np.float32)]

    monkeypatch.setattr(int8_kernels, "onnx_runtime", lambda: Saturating)
    int8_kernels.weight_type.cache_clear()
    try:
        assert int8_kernels.weight_type() == "uint8"
    finally:
        int8_kernels.weight_type.cache_clear()


def test_a_row_without_any_excitement_does_not_divide_by_nothing(
    weights: E5Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5_layers, "smoothing", lambda: np.ones((2, 2, 384), np.float32))
    assert np.isfinite(computed(weights, np.zeros((1, 384), np.float32), "fast")).all()


def test_the_factors_kept_beside_the_code_fit_the_real_encoder() -> None:
    factors = e5_layers.smoothing()
    assert factors.shape == (12, 2, 384)
    assert 0.25 <= factors.min() <= 1 <= factors.max() <= 16
