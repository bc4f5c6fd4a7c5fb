"""Ingest: nothing is done twice, nothing is lost when it is killed, one process writes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.build import Parts
from assistant.errors import IndexUnavailable, KnowledgeMissing
from assistant.passages import spoken_of
from tests.servers.processes import python
from tests.servers.small_library import ROOT
from tests.servers.word_parts import CountingWords, again, ask, word_parts

QUESTION = "Our weekly one-on-ones have gone stale and she only brings a status update."
STALE = "one_on_ones/stale-one-on-ones.md"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = word_parts(tmp_path)
    parts.ingest()
    return parts


def embedded(parts: Parts) -> list[str]:
    assert isinstance(parts.embedder, CountingWords)
    return parts.embedder.embedded


def test_an_unchanged_note_is_never_embedded_twice(parts: Parts) -> None:
    later = again(parts.settings)
    assert not later.ingest().changed
    assert embedded(later) == []
    note = parts.settings.knowledge / STALE
    note.write_text(note.read_text("utf-8") + "- Do not read out a list of tasks.\n", "utf-8")
    extra = parts.settings.knowledge / "extra.md"
    extra.write_text("# Extra\n\nOne more note about handing over the agenda.\n", "utf-8")
    assert later.ingest().changed
    assert embedded(later) == ["Extra. One more note about handing over the agenda."]


def test_of_two_runs_at_once_one_builds_and_the_other_finds_it_done(parts: Parts) -> None:
    """A note that is published is seen by the watcher, too; neither may turn the other away."""
    note = parts.settings.knowledge / "extra.md"
    for word in ("agenda", "calendar", "minutes", "list"):
        note.write_text(f"# Extra\n\nOne more note about handing over the {word}.\n", "utf-8")
        with ThreadPoolExecutor(2) as both:
            runs = [both.submit(parts.ingest) for _ in range(2)]
        assert sorted(run.result().changed for run in runs) == [False, True]


def test_a_changed_note_embeds_only_what_changed_in_it(parts: Parts) -> None:
    note = parts.settings.knowledge / STALE
    note.write_text(note.read_text("utf-8").replace("## Signs\n", "## Signs\n- he skips them\n"))
    later = again(parts.settings)
    later.ingest()
    texts = embedded(later)
    assert any(text.endswith("he skips them") for text in texts)
    assert len(texts) < 20, "signs of the note are context of its moves; nothing else may change"


def test_a_deleted_note_is_gone_and_a_retired_one_is_not_served(parts: Parts) -> None:
    (parts.settings.knowledge / "meetings" / "meetings-nobody-needs.md").unlink()
    note = parts.settings.knowledge / STALE
    note.write_text(note.read_text("utf-8").replace("status: published", "status: retired"))
    parts.ingest()
    assert set(parts.coach.knowledge().notes) == {"feedback-that-lands"}


def test_errors_keep_the_last_good_version_over_a_restart(parts: Parts) -> None:
    note = parts.settings.knowledge / STALE
    note.write_text(note.read_text("utf-8").replace("topics: [", "topics: [no_such_topic, "))
    report = again(parts.settings).ingest()
    assert report.kept_back == (STALE,)
    assert "no_such_topic" in str(report.problems[0])
    assert STALE.split("/")[1][:-3] in ask(again(parts.settings).coach, QUESTION)


def test_a_damaged_index_keeps_last_good_versions_too(parts: Parts) -> None:
    note = parts.settings.knowledge / STALE
    note.write_text(note.read_text("utf-8").replace("topics: [", "topics: [no_such_topic, "))
    next(parts.settings.data.rglob("vectors.npy")).write_bytes(b"")
    report = again(parts.settings).ingest()
    assert report.rebuilt
    assert report.kept_back == (STALE,)


def test_another_embedder_rebuilds_and_says_so(parts: Parts) -> None:
    other = CountingWords()
    other.fingerprint = "other-words/256"
    later = again(parts.settings, other)
    report = later.ingest()
    assert "Another embedder" in report.rebuilt
    spoken = sum(len(spoken_of(note)) for note in later.coach.knowledge().notes.values())
    texts = report.passages + spoken
    assert len(other.embedded) == texts, "no vector of the old one may be mixed in"


def test_the_last_note_gone_is_refused_and_the_old_index_serves(parts: Parts) -> None:
    for note in parts.settings.knowledge.rglob("*.md"):
        note.unlink()
    with pytest.raises(KnowledgeMissing):
        parts.ingest()
    assert "stale-one-on-ones" in ask(parts.coach, QUESTION)


# --- one writer, and death at any moment --------------------------------------------------------

CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from assistant.settings import Settings
    from tests.servers.word_parts import CountingWords, again

    class Telling(CountingWords):
        def embed_documents(self, texts):
            print("batch", flush=True)
            return super().embed_documents(texts)

    knowledge, data = map(Path, sys.argv[1:3])
    parts = again(Settings(_env_file=None, knowledge=knowledge, data=data), Telling())
    print("ready", flush=True)
    report = parts.ingest()
    print(len(parts.embedder.embedded), report.passages, flush=True)
    """
)


def child(parts: Parts) -> subprocess.Popen[str]:
    settings = parts.settings
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(settings.knowledge), str(settings.data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((os.environ["PYTHONPATH"], str(ROOT)))},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_killed_at_any_moment_the_old_index_serves_and_the_work_goes_on(parts: Parts) -> None:
    for number in range(150):
        path = parts.settings.knowledge / f"note-{number}.md"
        path.write_text(f"# Note {number}\n\nWords {number} about agendas and meetings.\n")
    for batches in (0, 2, 2):
        process = child(parts)
        assert process.stdout is not None
        for _ in range(batches + 1):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        served = again(parts.settings)
        assert "stale-one-on-ones" in ask(served.coach, QUESTION)
    process = child(parts)
    out, _ = process.communicate(timeout=60)
    last, passages = map(int, out.strip().split("\n")[-1].split())
    assert passages > 150
    assert last < 120, "what was embedded before the kill is not embedded again"
    assert len(again(parts.settings).coach.knowledge().notes) == 153


def test_a_second_writer_is_refused_with_one_sentence(parts: Parts) -> None:
    index = parts.index
    second = again(parts.settings)
    (parts.settings.knowledge / "extra.md").write_text("# Extra\n\nA new note.\n")
    with index.writing(), pytest.raises(IndexUnavailable, match="Another Tightrope process"):
        second.ingest()
    assert second.ingest().changed


def test_of_many_writers_at_once_none_spoils_the_index(parts: Parts) -> None:
    (parts.settings.knowledge / "extra.md").write_text("# Extra\n\nA new note.\n")
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(again(parts.settings).ingest())
        except IndexUnavailable as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert all("Another" in one for one in outcomes if isinstance(one, str))
    assert len(again(parts.settings).coach.knowledge().notes) == 4


# --- damage -------------------------------------------------------------------------------------


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    at = max(0, len(raw) // 2 - 2048)
    raw[at : at + 4096] = bytes(255 - one for one in raw[at : at + 4096])
    path.write_bytes(bytes(raw))


def gone(path: Path) -> None:
    path.unlink()


GRAPH = ("data_level0.bin", "header.bin", "length.bin", "link_lists.bin")
OWN = ("chroma.sqlite3", "vectors.npy", "passages.json", "extras.json", "manifest.json")


@pytest.mark.parametrize("damage", [gone, halved, flipped])
@pytest.mark.parametrize("name", [*GRAPH, *OWN])
def test_a_damaged_index_is_noticed_and_rebuilt(
    parts: Parts, name: str, damage: Callable[[Path], None]
) -> None:
    path = next(parts.settings.data.joinpath("index").rglob(name))
    if not path.stat().st_size and damage is not gone:
        pytest.skip("there is nothing in it to damage")
    damage(path)
    assert_rebuilt(parts)


def test_a_missing_graph_folder_is_noticed_and_rebuilt(parts: Parts) -> None:
    shutil.rmtree(next(parts.settings.data.joinpath("index").rglob("header.bin")).parent)
    assert_rebuilt(parts)


@pytest.mark.parametrize("pointer", ["", "x" * 40, "0" * 32, "../../etc"])
def test_a_damaged_pointer_is_noticed_and_rebuilt(parts: Parts, pointer: str) -> None:
    (parts.settings.data / "index" / "current").write_text(pointer)
    assert_rebuilt(parts)


def assert_rebuilt(parts: Parts) -> None:
    """A new start rebuilds, says so in one sentence, and finds every note again."""
    later = again(parts.settings)
    report = later.ingest()
    assert report.changed
    assert "built anew" in report.rebuilt
    assert embedded(later) == [], "vectors outlive the index"
    assert "stale-one-on-ones" in ask(later.coach, QUESTION)
    assert later.index.recall() == 1.0
    assert not again(parts.settings).ingest().changed


# --- disk and vectors ---------------------------------------------------------------------------


def test_twenty_rebuilds_leave_one_build_that_finds_everything(parts: Parts) -> None:
    builds = parts.settings.data / "index" / "builds"
    note = parts.settings.knowledge / "extra.md"
    sizes = []
    for number in range(20):
        note.write_text(f"# Extra\n\nEdition {number}.\n")
        parts.ingest()
        sizes.append(sum(path.stat().st_size for path in builds.rglob("*") if path.is_file()))
    assert len(list(builds.iterdir())) == 1
    assert sizes[-1] < 1.5 * sizes[0]
    assert parts.index.recall() == 1.0


def test_a_vector_without_direction_is_refused_and_the_old_index_serves(parts: Parts) -> None:
    class Broken(CountingWords):
        def embed_query(self, text: str) -> list[float]:
            vector = super().embed_query(text)
            return [float("nan")] * len(vector) if "Broken" in text else vector

    (parts.settings.knowledge / "broken.md").write_text("# Broken\n\nA new note.\n")
    with pytest.raises(IndexUnavailable, match="no usable vector"):
        again(parts.settings, Broken()).ingest()
    assert "stale-one-on-ones" in ask(again(parts.settings).coach, QUESTION)


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes")
def test_a_disk_that_refuses_ends_in_one_sentence_and_the_old_index_serves(parts: Parts) -> None:
    (parts.settings.knowledge / "extra.md").write_text("# Extra\n\nA new note.\n")
    script = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))\n"
    code = script + "try:\n" + textwrap.indent(CHILD, "    ")
    code += "\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
    settings = parts.settings
    done = python("-c", code, str(settings.knowledge), str(settings.data))
    last = done.stdout.strip().split("\n")[-1]
    assert last.startswith(("IndexUnavailable", "StorageUnavailable")), done
    assert "stale-one-on-ones" in ask(again(settings).coach, QUESTION)
