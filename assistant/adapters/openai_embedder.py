"""Vectors from any OpenAI-compatible `/embeddings` endpoint, through LangChain's client."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from assistant.adapters.model_faults import FAULTS, fault_of
from assistant.adapters.prepared_file import write_whole
from assistant.errors import EmbedderUnavailable

LOG = logging.getLogger(__name__)

PROBE = "A fixed sentence that tells one embedding model from another."
SAME_MODEL = 0.999
"""Cosine of the fixed sentence's vectors from which two are one model's: the same server gives the
same text slightly other numbers, by what else it has in hand."""
LONGEST_TEXT = 20_000
TIME_LIMIT = 30.0


class OpenAIEmbedder(Embeddings):
    """Unit-length vectors of a served model; Raises `EmbedderUnavailable` where it fails."""

    def __init__(self, base_url: str | None, api_key: str | None, model: str, cache: Path) -> None:
        self._where = (base_url, api_key, model)
        self._prints = cache / "prints.json"
        self._client: Any = None
        self._fingerprint = ""
        self._size = 0

    @property
    def fingerprint(self) -> str:
        """Names model and size, and the vector of a fixed sentence: asks the endpoint once.

        What was embedded before holds as long as that vector means the same.
        """
        if not self._fingerprint:
            vector = self.embed_query(PROBE)
            name = f"{self._where[2]}/{len(vector)}/"
            kept = _kept(self._prints)
            known = (
                one
                for one, before in kept.items()
                if one.startswith(name) and _cosine(before, vector) >= SAME_MODEL
            )
            digest = hashlib.sha256(json.dumps(vector).encode()).hexdigest()[:12]
            self._fingerprint = next(known, name + digest)
            if self._fingerprint not in kept:
                self._keep({**kept, self._fingerprint: vector})
        return self._fingerprint

    def _keep(self, prints: Mapping[str, Sequence[float]]) -> None:
        try:
            write_whole(self._prints, json.dumps(prints).encode())
        except OSError as error:
            LOG.warning("the embedding model's print cannot be kept (%s)", error.strerror)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """The vectors of many questions, at once: a server reads them as it reads passages."""
        return self.embed_documents(texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of passages, in their order."""
        cleaned = [_clean(text) for text in texts]
        try:
            rows = self._opened().embed_documents(cleaned)
        except FAULTS as error:
            raise EmbedderUnavailable(
                f"The embedding endpoint failed: {fault_of(error).fault}. Check "
                "TIGHTROPE_EMBEDDER__BASE_URL, its key and its model, or use the embedded model: "
                "TIGHTROPE_EMBEDDER__KIND=e5."
            ) from error
        vectors = [_unit(row) for row in rows]
        sizes = {len(vector) for vector in vectors} | ({self._size} if self._size else set())
        if len(sizes) > 1 or len(vectors) != len(texts):
            raise EmbedderUnavailable(
                "The embedding endpoint gave fewer vectors than texts, or others in size than "
                "before. Check its model."
            )
        self._size = max(sizes, default=0)
        return vectors

    def _opened(self) -> Any:
        if self._client is None:
            from langchain_openai import OpenAIEmbeddings
            from pydantic import SecretStr

            base_url, api_key, model = self._where
            self._client = OpenAIEmbeddings(
                base_url=base_url,
                api_key=SecretStr(api_key or "none"),
                model=model,
                check_embedding_ctx_length=False,  # counting tokens would fetch a file
                max_retries=2,
                timeout=TIME_LIMIT,
            )
        return self._client


def _clean(text: str) -> str:
    return text[:LONGEST_TEXT].replace("\0", " ").encode("utf-8", "ignore").decode() or " "


def _unit(row: list[float]) -> list[float]:
    length = math.sqrt(sum(number * number for number in row))
    if not row or not math.isfinite(length) or length == 0:
        raise EmbedderUnavailable(
            "The embedding endpoint gave a vector that is no vector. Check its model."
        )
    return [number / length for number in row]


def _kept(prints: Path) -> dict[str, list[float]]:
    """The vectors of the fixed sentence by the models met before, each by its fingerprint."""
    try:
        kept = json.loads(prints.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of two vectors of unit length."""
    return sum(map(float.__mul__, one, other))
