"""Renew the vectors that come with the project, and what they taught: `make vectors`.

Embeds every text that an ingest of the library needs, trains what it trains, and keeps both, keyed
by content, in knowledge/vectors/. A test fails when they are stale, so that a first start embeds
and trains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.adapters.taught import Taught, write_taught
from assistant.adapters.vector_cache import INNER, CachedVectors, about_mode, key_of, write_shipped
from assistant.build import build_embedder
from assistant.domain import Status
from assistant.examples import read_examples
from assistant.learning import learn, with_labels
from assistant.notes import read_folder
from assistant.passages import passages_of, spoken_of
from assistant.ports import CloseReader, Progress, Vector
from assistant.progress import bar
from assistant.settings import load_settings


class Recorded:
    """The vectors of an ingest run, each remembered by its key."""

    def __init__(self, vectors: CachedVectors, about: str) -> None:
        self._vectors = vectors
        self._about = about
        self.kept: dict[bytes, Vector] = {}

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        return self._keep("passage", texts, self._vectors.passages(texts, progress))

    def questions(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        return self._keep("query", texts, self._vectors.questions(texts, progress))

    def readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        rows = self._vectors.readings(texts, progress)
        for mode, part in zip(("query", INNER), np.hsplit(rows, 2), strict=True):
            self._keep(mode, texts, part)
        return rows

    def close_readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        return self._keep(self._about, texts, self._vectors.close_readings(texts, progress))

    def _keep(self, mode: str, texts: Sequence[str], rows: Vector) -> Vector:
        self.kept.update({key_of(mode, text): row for text, row in zip(texts, rows, strict=True)})
        return rows


def main() -> None:
    settings = load_settings()
    embedder = build_embedder(settings)
    kind, folder = settings.embedder.kind, settings.knowledge / "vectors"
    shipped, taught = folder / f"{kind}.npz", folder / f"{kind}-taught.npz"
    about = about_mode(embedder) if isinstance(embedder, CloseReader) else "query"
    recorded = Recorded(CachedVectors(embedder, settings.data / "cache", shipped), about)
    notes = {
        one.note.id: one.note
        for one in read_folder(settings.knowledge)
        if one.note and one.note.status is Status.PUBLISHED
    }
    passages = [passage for note in notes.values() for passage in passages_of(note)]
    progress = bar("embedded")
    rows = recorded.passages([passage.embedded_as for passage in passages], progress)
    spoken = [passage for note in notes.values() for passage in spoken_of(note)]
    recorded.passages([passage.embedded_as for passage in spoken], progress)
    examples = read_examples(settings.knowledge)
    train = Taught()
    learned = learn(passages, rows, notes, examples, recorded, train, progress)
    with_labels(passages, notes, learned, recorded, progress)
    write_shipped(shipped, embedder.fingerprint, recorded.kept)
    print(f"{len(recorded.kept)} vectors, {shipped.stat().st_size / 1e6:.1f} MB, in {shipped}.")
    write_taught(taught, train.fits)
    print(f"{len(train.fits)} classifiers, {taught.stat().st_size / 1e6:.1f} MB, in {taught}.")


if __name__ == "__main__":
    main()
