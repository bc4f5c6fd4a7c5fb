"""Two hundred marks go through everything that a login can reach; none is left where it may not be.

Not in the log, not in a temporary or cached file, not in the index; and after erasing nowhere.
"""

from __future__ import annotations

import time
from itertools import count

from tests.integration.home import files_with
from tests.servers.installation import PASSWORD
from tests.servers.running import Served, press

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
