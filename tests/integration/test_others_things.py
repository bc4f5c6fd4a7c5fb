"""Another login, with every id of somebody's and every button there is, finds and changes nothing.

Another manager, a coach and an admin try the same; what an admin may do is told apart below.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from assistant.accounts import Role
from assistant.adapters.sql_audit import SqlAudit
from assistant.adapters.sql_commitments import SqlCommitments
from assistant.adapters.sql_counts import SqlCounts
from assistant.audit import Event
from assistant.domain import Risk
from tests.servers.running import Served, event, press

MARK = "Vellichor-9134"
QUESTION = f"{MARK} cancels our one-on-ones and I nod along."
CONVERSATION = "rosas-conversation"
ACTS = {
    "": "open new search rename delete markdown print opinion relabel keep",
    "steps": "settle calendar",
    "rehearse": "prepare say again end",
    "team": "people",
    "settings": "choose json markdown",
    "studio": "open find begin check save try version take discard publish retire accept decline "
    "done gaps imported figures",
    "accounts": "find figures record",
}
"""Everything that can be pressed and is not about one's own account."""


@pytest.fixture(scope="module")
def ids(served: Served) -> dict[str, str]:
    """A life that rosa leaves behind, and every id in it."""
    with served.signed_in("rosa") as rosa:
        asked = {"question": QUESTION, "conversation": CONVERSATION}
        assert rosa.post("/api/ask", json=asked).status_code == 200
        (turn,) = rosa.get(f"/api/conversations/{CONVERSATION}").json()
        here = {"conversation": CONVERSATION, "turn": turn["id"], "id": CONVERSATION}
        press(rosa, "", "rename", **here, title=f"About {MARK}")
        press(rosa, "", "opinion", **here, helpful="True")
        due = time.strftime("%Y-%m-%d")
        press(rosa, "", "keep", **here, text=f"Ask {MARK}", label="leadership", due=due)
        press(rosa, "team", "people", people=MARK)
        told = press(rosa, "settings", "json")
        assert told.count(MARK) >= 4
    (step,) = SqlCommitments(served.database).commitments(served.account("rosa").id)
    return {**here, "again": turn["id"], "step": step.id, "rosa": served.account("rosa").id}


def kept(served: Served) -> str:
    """All that is kept of rosa, as it lies in the database."""
    with served.signed_in("rosa") as rosa:
        told = press(rosa, "settings", "json")
    found = json.loads(told[told.rindex("data: ") + 6 :])
    return str(next(one["gift"]["text"] for one in found["output"]["data"] if one))


@pytest.mark.parametrize("name", ["bo", "dora", "ada"])
def test_every_button_of_every_page_with_the_ids_of_another(
    served: Served, ids: dict[str, str], name: str
) -> None:
    before = kept(served)
    asked = {
        "conversation": ids["conversation"],
        "turn": ids["turn"],
        "again": ids["again"],
        "words": MARK.split("-", maxsplit=1)[0].lower(),  # a search is shown as it was written
        "title": "taken over",
        "text": "taken over",
        "reason": "taken over",
        "helpful": "False",
        "proposed": "management",
        "state": "done",
        "note": "feedback/none.md",
        "people": "taken over",
        "topic": "feedback",
        "line": "taken over",
        "due": time.strftime("%Y-%m-%d"),
    }
    with served.signed_in(name) as intruder:
        for page, acts in ACTS.items():
            for do in acts.split():
                for id in (ids["id"], ids["step"], ids["turn"], ids["rosa"]):
                    if id == ids["id"] or page in ("", "steps"):
                        said = press(intruder, page, do, **{**asked, "id": id})
                        assert MARK not in said, (page, do)
        for number in loading(intruder):
            said = event(intruder, number, f"load-{number}", "null", f"?c={ids['id']}")
            assert MARK not in said, number
        answer = {**asked, "do": "ask", "question": "My one-on-ones have gone stale."}
        for number in chatting(intruder):
            assert MARK not in event(intruder, number, f"ask-{number}", json.dumps(answer))
    assert kept(served) == before


@pytest.mark.parametrize("name", ["bo", "dora", "ada"])
def test_every_address_with_the_ids_of_another(
    served: Served, ids: dict[str, str], name: str
) -> None:
    before = kept(served)
    with served.signed_in(name) as intruder:
        for id in ids.values():
            for path in (
                *(f"/{page}?c={id}&id={id}&owner={ids['rosa']}" for page in ACTS),
                f"/api/conversations/{id}",
                f"/api/conversations?owner={ids['rosa']}",
                f"/gradio_api/queue/data?session_hash={id}",
                f"/config?c={id}",
            ):
                assert MARK not in read(intruder, path), path
            assert intruder.delete(f"/api/conversations/{id}").status_code == 204
        asked = {"question": f"{'x' * 40} one-on-ones are stale.", "conversation": CONVERSATION}
        assert MARK not in intruder.post("/api/ask", json=asked).text
    assert kept(served) == before


def read(browser: httpx.Client, path: str) -> str:
    """What an address answers; a stream without an event of ours is closed in the middle."""
    found = []
    with suppress(httpx.RemoteProtocolError), browser.stream("GET", path) as answer:
        for text in answer.iter_text():
            found.append(text)
    return "".join(found)


def audit(served: Served) -> SqlAudit:
    return SqlAudit(served.database, served.folder / "data" / "audit.seal")


def loading(browser: httpx.Client) -> list[int]:
    config = browser.get("/config").json()["dependencies"]
    return [one["id"] for one in config if any(event == "load" for _, event in one["targets"])]


def chatting(browser: httpx.Client) -> list[int]:
    config = browser.get("/config").json()["dependencies"]
    return [one["id"] for one in config if {"ask", "stop"} & {event for _, event in one["targets"]}]


# --- what an admin may do -----------------------------------------------------------------------


def test_an_admin_gives_and_takes_roles_and_shuts_out_and_in(served: Served) -> None:
    zoe = served.account("zoe")

    def done(do: str, **values: Any) -> str:
        return press(ada, "accounts", do, account=zoe.id, **values)

    with served.signed_in("ada") as ada, served.signed_in("zoe") as seen:
        assert "/accounts" in press(ada, "settings", "none")
        assert "/accounts" not in press(seen, "settings", "none")
        for page in ("steps", "team"):
            assert "Only you see this page." in press(seen, page, "none")
        done("give", role="coach")
        assert served.account("zoe").roles == {Role.MANAGER, Role.COACH}
        assert seen.get("/api/me").status_code == 401, "they show anew who they are"
        done("give", role="root")
        done("take", role="manager")
        done("take", role="coach")
        assert served.account("zoe").roles == {Role.MANAGER}
    with served.signed_in("ada") as ada, served.signed_in("zoe") as seen:
        done("sign-out")
        assert seen.get("/api/me").status_code == 401
    with served.signed_in("ada") as ada, served.signed_in("zoe") as seen:
        done("disable")
        assert seen.get("/api/me").status_code == 401
        done("enable")
    with served.signed_in("zoe") as seen:
        assert seen.get("/api/me").status_code == 200
    ada_id = served.account("ada").id
    events = [(one.event, one.about) for one in audit(served).entries() if one.who == ada_id]
    assert events.count((Event.PERSON_CHANGED, zoe.id)) == 6
    assert events.count((Event.SESSIONS_REVOKED, zoe.id)) == 1


def test_nobody_else_may_and_not_even_an_admin_their_own(served: Served) -> None:
    before = [served.account(name) for name in ("ada", "zoe")]
    for name in ("bo", "dora", "ada"):
        whom = served.account("ada" if name == "ada" else "zoe").id
        with served.signed_in(name) as browser:
            for do in ("give", "take", "disable", "sign-out"):
                said = press(browser, "accounts", do, account=whom, role="admin")
                assert name == "ada" or "zoe" not in said
            assert browser.get("/api/me").status_code == 200
    assert [served.account(name) for name in ("ada", "zoe")] == before


def test_an_admin_reads_who_did_what_and_figures_of_five_people_alone(served: Served) -> None:
    yesterday = SqlCounts(served.database, lambda: date.today() - timedelta(days=1))
    for asker in "abcde":
        yesterday.count(asker, Risk.LEGAL_HR)
    for asker in "abcd":
        yesterday.count(asker, Risk.CRISIS)
    with served.signed_in("ada") as ada:
        record, figures = press(ada, "accounts", "record"), press(ada, "accounts", "figures")
    assert "account changed" in record
    assert "None was changed or left out" in record
    assert "law and HR" in figures
    assert "crisis" not in figures
    assert "Some are not shown" in figures


def test_figures_and_record_are_closed_to_managers_and_coaches(served: Served) -> None:
    for name in ("bo", "dora"):
        with served.signed_in(name) as browser:
            for do in ("record", "figures", "find"):
                said = press(browser, "accounts", do)
                assert "zoe" not in said
                assert "law and HR" not in said
