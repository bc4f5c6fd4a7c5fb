"""Two hundred marks go through everything that a login can reach; none is left where it may not be.

Not in the log, not in a temporary or cached file, not in the index; and after erasing nowhere.
"""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx

from tests.integration.home import files_with, rows_of
from tests.servers.fake_model import Call, advice, answer, fake_model
from tests.servers.installation import PASSWORD
from tests.servers.running import Served, press, serving

NAME = "Marrowby"
STORY = "cancels our one-on-ones and I nod along."


def test_what_a_person_writes_is_in_the_database_alone_and_after_erasing_nowhere(
    served: Served,
) -> None:
    numbers = count()

    def mark() -> str:
        return f"{NAME}-{next(numbers):03}"

    with served.signed_in("tess") as tess:
        for number in range(4):
            asked = {"question": f"{mark()} {STORY}", "conversation": f"tess-{number}"}
            assert tess.post("/api/ask", json=asked).status_code == 200
        assert tess.post("/api/ask", json={"question": f"{mark()} {STORY}"}).status_code == 200
        (turn,) = tess.get("/api/conversations/tess-0").json()
        here = {"conversation": "tess-0", "id": "tess-0", "turn": turn["id"]}
        due = time.strftime("%Y-%m-%d")
        for _ in range(20):
            press(tess, "", "rename", **here, title=mark())
            press(tess, "", "opinion", **here, helpful="False", reason=mark())
            press(tess, "", "keep", **here, text=mark(), due=due)
            press(tess, "", "search", words=mark())
            press(tess, "", "relabel", **here, text=mark(), proposed=mark())
            press(tess, "steps", "settle", id=mark(), note=mark())
            press(tess, "team", "people", people=f"{mark()}, {mark()}")
        press(tess, "rehearse", "prepare", story=f"{mark()} {STORY}")
        for do in ("say", "end", mark()):
            press(tess, "rehearse", do, id=mark(), line=mark())
        for path in (f"/{mark()}", f"/api/{mark()}", f"/?c={mark()}", f"/gradio_api/file={mark()}"):
            tess.get(path)
        for body in (f'{{"question": "{mark()}"', f'{{"question": ["{mark()}"]}}', mark()):
            tess.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
        tess.post("/signin", data={"name": mark(), "password": mark()})
        for do in ("json", "markdown"):
            press(tess, "settings", do)
        while next(numbers) < 200:
            press(tess, "settings", mark(), language=mark(), theme=mark(), keep_days=mark())
        left = files_with(served.folder, NAME)
        assert left
        assert all(name.startswith("data/tightrope.sqlite") for name in left), left
        press(tess, "settings", "erase")
        assert tess.get("/api/me").status_code == 401
    assert files_with(served.folder, NAME) == []


def test_of_what_several_tabs_send_while_everything_is_erased_nothing_stays(
    served: Served,
) -> None:
    name, erased = "Tiverton", threading.Event()
    due = time.strftime("%Y-%m-%d")

    def tab(number: int) -> None:
        marked = {"title": name, "reason": name, "text": name, "people": name, "due": due}
        here = {"conversation": "finn-0", "id": "finn-0", "turn": turn["id"], "helpful": "True"}
        pressed = (("", "rename"), ("", "opinion"), ("", "keep"), ("team", "people"))
        with httpx.Client(base_url=served.home, cookies=finn.cookies, timeout=60) as browser:
            while browser.get("/api/me").status_code == 200:
                page, do = pressed[number % len(pressed)]
                with suppress(httpx.HTTPError, KeyError, ValueError):  # the door shut meanwhile
                    press(browser, page, do, **here, **marked)

    def stream(number: int) -> None:
        asked = {"question": f"{name} {STORY}", "conversation": f"finn-{number}"}
        events = {"Accept": "text/event-stream"}
        with httpx.Client(base_url=served.home, cookies=finn.cookies, timeout=60) as browser:
            while not erased.is_set():
                with suppress(httpx.HTTPError):
                    browser.post("/api/ask", json=asked, headers=events)

    with served.signed_in("finn") as finn:
        asked = {"question": f"{name} {STORY}", "conversation": "finn-0"}
        assert finn.post("/api/ask", json=asked).status_code == 200
        (turn,) = finn.get("/api/conversations/finn-0").json()
        owner = served.account("finn").id
        with ThreadPoolExecutor(8) as pool:
            tabs = [pool.submit(tab, number) for number in range(6)]
            tabs += [pool.submit(stream, number) for number in range(2)]
            time.sleep(2)
            press(finn, "settings", "erase")
            erased.set()
        assert [one.result() for one in tabs] == [None] * 8
    assert files_with(served.folder, name) == []
    assert set(rows_of(served.folder, owner)) == {"audit"}


def told_back(call: Call) -> None:
    """Repeat what was asked: in an answer, in an error, in what is no answer at all, in half."""
    prompt = call.prompt[-3_000:]
    told = answer(advice(f"Ask {prompt[-200:]} what changed."), opening=prompt[-150:])
    match call.number % 5:
        case 0:
            call.stream(told)
        case 1:
            call.error(400, "context_length_exceeded", prompt)
        case 2:
            call.body(200, f"<html>{prompt}</html>".encode(), "text/html")
        case 3:
            call.stream(told[:120], finish=None)
        case _:
            call.stream(f'{{"reply": "{prompt[-80:]}"')


def test_with_a_language_model_too_whatever_it_says_back(tmp_path: Path) -> None:
    numbers = count()

    def mark() -> str:
        return f"{NAME}-{next(numbers):03}"

    with fake_model(told_back) as model:
        more = {"TIGHTROPE_ADVISOR__BASE_URL": model.url, "TIGHTROPE_ADVISOR__TOTAL_SECONDS": "5"}
        with serving(tmp_path, **more) as served, served.signed_in("tess") as tess:
            for number in range(12):
                asked = {"question": f"{mark()} {STORY}", "conversation": f"tess-{number % 4}"}
                assert tess.post("/api/ask", json=asked).status_code == 200
            begun = press(tess, "rehearse", "prepare", story=f"{mark()} {STORY}")
            id = re.findall(r'data-id=\\"([0-9a-f]{32})', begun)[-1]
            for _ in range(4):
                press(tess, "rehearse", "say", id=id, line=f"I noticed that {mark()} cancels.")
            press(tess, "rehearse", "end", id=id)
            assert sum(NAME in prompt for prompt in model.prompts) > 8
            left = files_with(served.folder, NAME)
            assert left
            assert all(name.startswith("data/tightrope.sqlite") for name in left), left
            press(tess, "settings", "erase")
            assert files_with(served.folder, NAME) == []


def test_what_coaches_write_and_bring_in_stays_in_the_studio(served: Served) -> None:
    name, note = "Fennimore-77", "feedback/their-own.md"
    text = f"# {name}\n\n## Leadership moves\n- **Ask {name}.** {name} knows why.\n"
    with served.signed_in("dora") as dora:
        for do in ("save", "check", "try"):
            press(dora, "studio", do, note=note, text=text, question=f"{name} is late.")
        press(dora, "studio", "find", words=name)
        brought = dora.post(f"/api/import?name={name}.txt", content=text.encode(), timeout=120)
        assert brought.json()[0]["verdict"] == "accepted"
        press(dora, "studio", "imported")
    left = files_with(served.folder, name)
    assert left
    there = ("data/studio/drafts/", "knowledge/imported/")
    assert all(one.startswith(there) for one in left), left
    assert PASSWORD not in served.printed.read_text("utf-8", "replace")
