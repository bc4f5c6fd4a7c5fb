"""The commands as a person types them, in a process of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.home import small_knowledge
from tests.servers.processes import ROOT, python

COMMANDS = (
    "account ask chat serve ingest check import search label eval gaps rehearse export erase "
    "backup audit counts rekey doctor"
).split()


def tightrope(
    *arguments: str, data: Path, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    environment["TIGHTROPE_DATA"] = str(data)
    return python("-m", "assistant.cli", *arguments, text=text, **environment)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, tmp_path: Path) -> None:
    done = tightrope(command, "--help", data=tmp_path)
    assert done.returncode == 0
    assert "Example: tightrope " + command in done.stdout


def test_help_loads_no_heavy_library() -> None:
    code = """
import sys, assistant.cli
try:
    assistant.cli.main(["--help"])
except SystemExit:
    pass
print([name for name in ("gradio", "chromadb", "numpy", "openai") if name in sys.modules])
"""
    done = python("-c", code)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_what_is_written_is_for_its_user_alone_though_the_folder_was_there_before(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    done = tightrope("account", "list", data=data)
    assert done.returncode == 0, done.stderr
    written = [*data.rglob("*")]
    assert written
    assert not [path.name for path in written if path.stat().st_mode & 0o077]


def test_ask_gives_the_contract_with_verbatim_quotes_and_both_sides(data: Path) -> None:
    done = tightrope(
        "ask",
        "My best engineer has gone quiet in meetings since the reorg, I'm scared he is leaving, "
        "and my boss wants a delivery plan by Friday.",
        "--format",
        "json",
        data=data,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["coverage"] == "grounded"
    assert {advice["label"] for advice in answer["advice"]} == {"leadership", "management"}
    notes = {path.stem: path.read_text("utf-8") for path in (ROOT / "knowledge").rglob("*.md")}
    for advice in answer["advice"]:
        assert advice["sources"]
        for source in advice["sources"]:
            assert source["quote"] in notes[source["note"]]


def test_a_model_that_is_not_there_does_not_end_the_command_badly(few: Path) -> None:
    """Its passages are still being read in a thread when the answer is printed."""
    done = tightrope(
        "ask",
        "Our weekly one-on-ones have gone stale.",
        data=few,
        TIGHTROPE_ADVISOR__BASE_URL="http://127.0.0.1:9/v1",
    )
    assert done.returncode == 0, done.stderr
    assert "word for word" in done.stdout


def test_a_batch_is_answered_line_by_line(data: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    texts = [
        "Nobody speaks in my meetings.",
        "",
        "🙃🙃",
        "部下が会議で黙っています。",
        "word " * 40_000,
    ]
    questions.write_text(
        "".join(json.dumps({"id": f"q{n}", "text": text}) + "\n" for n, text in enumerate(texts))
    )
    out = tmp_path / "answers.jsonl"
    done = tightrope("ask", "--batch", str(questions), "--out", str(out), data=data)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == ["q0", "q1", "q2", "q3", "q4"]
    assert [answer["coverage"] for answer in answers[:4]] == [
        "grounded",
        "not_covered",
        "not_covered",
        "grounded",
    ]
    assert answers[3]["language"] == "ja"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected", "code"),
    [
        (("ask",), {}, "Say what is going on", 2),
        (("ask", "x", "--batch", "q.jsonl"), {}, "not both", 2),
        (("ask", "x", "--out", "answers.jsonl"), {}, "--out belongs to --batch", 2),
        (("ask", "x"), {"TIGHTROPE_KNOWLEDGE": "nowhere"}, "no knowledge folder at 'nowhere'", 2),
        (("serve",), {"TIGHTROPE_KNOWLEDGE": "nowhere"}, "no knowledge folder at 'nowhere'", 2),
        (("serve", "--port", "99999"), {}, "TIGHTROPE_SERVER__PORT", 2),
        (("serve", "--port", "0"), {}, "TIGHTROPE_SERVER__PORT", 2),
        (("search", ""), {}, "no word", 2),
        (("label", "Ask her.", " "), {}, "no word", 2),
        (("rehearse", "…"), {}, "no word", 2),
        (("ask", "x"), {"TIGHTROPE_SERVER__PORT": "seven"}, "TIGHTROPE_SERVER__PORT", 2),
        (("ask", "x"), {"TIGHTROPE_EMBEDER__KIND": "e5"}, "TIGHTROPE_EMBEDER", 2),
        (("ask", "--batch", "nowhere.jsonl", "--out", "o"), {}, "nowhere.jsonl", 2),
        (("check", "/etc"), {}, "not in the knowledge folder", 2),
    ],
)
def test_a_mistake_gets_one_sentence_and_no_traceback(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    expected: str,
    code: int,
    data: Path,
) -> None:
    done = tightrope(*arguments, data=data, **environment)
    assert done.returncode == code
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("search", "x"), ("gaps",)])
@pytest.mark.parametrize("limit", ["0", "-2", "some"])
def test_a_limit_is_a_number_from_one_on(
    arguments: tuple[str, ...], limit: str, tmp_path: Path
) -> None:
    done = tightrope(*arguments, "--limit", limit, data=tmp_path)
    assert done.returncode == 2
    assert f"{limit!r} is no number from 1 on" in done.stderr
    assert "Traceback" not in done.stderr


def test_each_chat_is_a_conversation_of_its_own_and_says_what_is_kept(
    few: Path, tmp_path: Path
) -> None:
    for told in ("Our weekly one-on-ones have gone stale.", "How do I hire a cook?"):
        done = tightrope("chat", data=few, text=f"{told}\n\n")
        assert done.returncode == 0, done.stderr
        assert "90 days" in done.stdout
        assert "tightrope erase terminal --yes" in done.stdout
    done = tightrope("export", "terminal", "--to", str(tmp_path / "kept"), data=few)
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "kept" / "tightrope.json").read_text("utf-8"))
    assert len(kept["turns"]) == 2
    assert len({turn["conversation"] for turn in kept["turns"]}) == 2
    assert tightrope("erase", "terminal", "--yes", data=few).returncode == 0
    done = tightrope("export", "terminal", "--to", str(tmp_path / "gone"), data=few)
    assert "Nothing is kept of 'terminal'" in done.stderr


def test_an_answer_is_labelled_in_its_own_language(data: Path) -> None:
    done = tightrope("ask", "部下が会議で黙っています。どうすればよいですか。", data=data)
    assert done.returncode == 0, done.stderr
    assert "リーダーシップ" in done.stdout
    assert "コーチのノートは英語" in done.stdout
    english = ("Balance", "Try saying", "A question back", "Next", "🧭 Lead", "📋 Manage")
    assert not [line for line in done.stdout.split("\n") if line.startswith(english)]


def test_a_taken_port_is_named(few: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = tightrope("serve", "--port", str(port), data=few)
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_has_nothing_to_serve_says_so_and_ends(tmp_path: Path) -> None:
    knowledge = small_knowledge(tmp_path)
    for note in knowledge.rglob("*.md"):
        note.unlink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    data = tmp_path / "data"
    done = tightrope("serve", "--port", port, data=data, TIGHTROPE_KNOWLEDGE=str(knowledge))
    assert done.returncode == 2
    assert "holds no Markdown note (*.md). Add one" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_ends_at_once_though_somebody_waits_for_the_first_index(tmp_path: Path) -> None:
    knowledge = small_knowledge(tmp_path)
    for number in range(400):  # none with a shipped vector: minutes of work
        move = f"Ask number {number} what they need. " * 12
        note = f"# Note {number}\n\n## Leadership moves\n- {move}\n"
        (knowledge / f"note-{number}.md").write_text(note, "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    folders = {"TIGHTROPE_KNOWLEDGE": str(knowledge), "TIGHTROPE_DATA": str(tmp_path / "data")}
    with (tmp_path / "printed").open("w") as printed:
        server = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
            env={**os.environ, **folders},
            cwd=ROOT,
            stdout=printed,
            stderr=printed,
        )
        try:
            wait_for_the_page(address)
            with ThreadPoolExecutor(1) as asking:
                question = {"question": "My best engineer stopped talking in meetings."}
                told = asking.submit(httpx.post, f"{address}/api/ask", json=question, timeout=90)
                time.sleep(1)
                assert not told.done()
                server.terminate()
                assert told.result(timeout=30).status_code == 503  # the index would take minutes
                server.wait(timeout=30)
        finally:
            server.kill()
            server.wait()
    assert "Traceback" not in (tmp_path / "printed").read_text("utf-8")


def wait_for_the_page(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            time.sleep(0.1)


def test_the_gap_report_is_printed_where_nothing_was_asked_yet(few: Path) -> None:
    done = tightrope("gaps", data=few)
    assert done.returncode == 0, done.stderr
    assert "No gap" in done.stdout
