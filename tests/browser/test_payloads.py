"""Hostile text in every place where the page shows text: nothing runs, loads, covers or asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from assistant.accounts import Account
from assistant.build import build_studio
from assistant.domain import (
    Advice,
    Answer,
    Balance,
    Commitment,
    Correction,
    Coverage,
    Label,
    NextStep,
    Opinion,
    Person,
    Source,
    Theme,
    Turn,
    WrittenBy,
)
from tests.servers.site import Site

Visit = Callable[..., Page]
OWNER = "local"
AWAY = "http://outside.invalid"
RUN = "window.hit=(window.hit||0)+1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'<img src="{AWAY}/a.png">',
    f"<svg onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video src={AWAY}/v.mp4 poster={AWAY}/p.png onerror={RUN}></video>",
    f"<audio autoplay src={AWAY}/a.mp3></audio>",
    f'<object data="{AWAY}/o.html"></object><embed src="{AWAY}/e.swf">',
    f'<link rel=stylesheet href="{AWAY}/s.css"><base href="{AWAY}/">',
    f'<style>@import "{AWAY}/i.css"; body{{background:url({AWAY}/b.png)}}</style>',
    f'<div style="background:url({AWAY}/d.png)">x</div>',
    '<div id=overlay style="position:fixed;inset:0;z-index:99999;background:#fff">Expired</div>',
    f'<form action="{AWAY}/f"><input type=password name=p placeholder=Password></form>',
    f'<meta http-equiv=refresh content="0;url={AWAY}/m">',
    f'<a href="javascript:{RUN}" id=bait>press</a>',
    f"<math><mtext></mtext><mglyph><style><img src=x onerror={RUN}></style></mglyph></math>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    f'"><img src=x onerror={RUN}>',
    f"' autofocus onfocus={RUN} x='",
    f'" autofocus onfocus={RUN} x="',
    f"![a]({AWAY}/m.png)",
    f"![a][ref]\n\n[ref]: {AWAY}/ref.png",
    f"[![a]({AWAY}/n.png)]({AWAY}/n)",
    f"[press](javascript:{RUN})",
    f"| a |\n|---|\n| ![x]({AWAY}/t.png) |",
    f"[^1]: ![x]({AWAY}/foot.png)\n\ntext[^1]",
    f"<{AWAY}/auto.png>",
    f"```html\n<img src=x onerror={RUN}>\n```",
    f"$$\\href{{javascript:{RUN}}}{{x}}\\includegraphics{{{AWAY}/k.png}}$$",
    f"${{{RUN}}} {{{{constructor.constructor('{RUN}')()}}}} <%= {RUN} %>",
    f"\u202e\u200b<img/src=x/onerror={RUN}>\u2066",
    f"&lt;img src=x onerror={RUN}&gt; &#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cimg src=x onerror={RUN}\\u003e \\x3cscript\\x3e{RUN}\\x3c/script\\x3e",
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
)
PARTS = 4
"""In so many tests conversations are opened: each has its limit of time."""
PAGES = ("/", "/steps", "/rehearse", "/team", "/settings", "/studio", "/accounts")


def test_there_are_as_many_as_were_measured() -> None:
    assert len(set(PAYLOADS)) >= 29


def spoiled(text: str) -> Answer:
    """An answer whose every word is the payload: from a note, a model or a person alike."""
    source = Source("stale-one-on-ones", text, text, text, 0.9)
    advice = tuple(
        Advice(f"{text}. {text}", label, confidence, by, Theme.EMPOWERMENT, (source,))
        for label, confidence, by in (
            (Label.LEADERSHIP, 0.99, "coach"),
            (Label.MANAGEMENT, 0.6, "model"),
            (Label.BOTH, 0.8, "labeller"),
        )
    )
    return Answer(
        question=text,
        language="en",
        coverage=Coverage.PARTIAL,
        opening=text,
        balance=Balance(0.7, 0.5, text),
        advice=advice,
        script=text,
        question_back=text,
        cautions=(text,),
        next_steps=(NextStep(text, Label.LEADERSHIP, 2),),
        written_by=WrittenBy("chain", text, text, text, text),
        nearest=(("stale-one-on-ones", text),),
        notice=text,
        sent=(text,),
    )


def plant(site: Site, number: int, text: str) -> str:
    parts, conversation = site.parts, f"c{number}"
    answer = spoiled(text)
    for kind in (answer, replace(answer, coverage=Coverage.NOT_COVERED, advice=())):
        id = f"t{number}{kind.coverage}"
        parts.conversations.append(OWNER, Turn(id, conversation, text, kind, time.time()))
    parts.conversations.rename(OWNER, conversation, text, time.time())
    today = date.today()
    for state in ("done", "open"):
        kept = Commitment(f"k{number}{state}", text, Label.MANAGEMENT, today, today)
        parts.commitments.keep(OWNER, kept, time.time())
        if state == "done":
            settled = replace(kept, state="done", note=text, settled=today)
            parts.commitments.change(OWNER, settled)
    judged = Opinion(f"t{number}partial", helpful=True, reason=text)
    parts.feedback.give(OWNER, judged, time.time())
    parts.feedback.correct(
        Correction(f"x{number}", text, Label.LEADERSHIP, Label.MANAGEMENT, "stale-one-on-ones"),
    )
    return conversation


def assert_harmless(page: Page, site: Site, where: str) -> None:
    assert page.evaluate("window.hit") is None, where
    assert site.outside == [], where
    inside = "#overlay, #bait, img, iframe, object, embed, video, audio, form[action], style, base"
    found = page.evaluate(
        "(inside) => [...document.querySelectorAll('.tightrope')]"
        ".flatMap(root => [...root.querySelectorAll(inside)]).map(one => one.outerHTML)",
        inside,
    )
    assert [html for html in found if "form" not in html[:5]] == [], where
    links = page.eval_on_selector_all(".tightrope a", "all => all.map(one => one.href)")
    assert not [link for link in links if "outside.invalid" in link or "javascript" in link], where
    assert page.locator(".tightrope input[type=password]").count() == 0, where


PRESS = """(values) => {
  const button = document.createElement("button");
  Object.assign(button.dataset, values);
  document.querySelector(".tightrope").append(button);
  button.click();
  button.remove();
}"""


def press(page: Page, do: str, **values: str) -> None:
    """Press what a hostile page could put there, too."""
    page.evaluate(PRESS, {"do": do, **values})


def said(page: Page, text: str) -> None:
    """Wait until the page says a sentence that holds the text."""
    page.wait_for_function(
        "text => document.querySelector('#said').textContent.replace(/\\s/g, '').includes(text)",
        arg="".join(text.split()),
    )


def test_no_payload_does_anything_on_any_page(visit: Visit, site: Site) -> None:
    for number, text in enumerate(PAYLOADS):
        plant(site, number, text)
    site.parts.roster.put(OWNER, [Person(text, (text,)) for text in PAYLOADS], time.time())
    page = visit()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    host = page.url
    for path in PAGES:
        page.goto(host.rstrip("/") + path)
        page.wait_for_selector(".tightrope .content")
        page.wait_for_timeout(300)
        assert_harmless(page, site, path)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_payload_does_anything_in_a_conversation(visit: Visit, site: Site, part: int) -> None:
    chats = {at: plant(site, at, PAYLOADS[at]) for at in range(part, len(PAYLOADS), PARTS)}
    page = visit()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    host = page.url
    for number, chat in chats.items():
        page.goto(f"{host.rstrip('/')}/?c={chat}")
        page.wait_for_selector(".asked")
        for summary in page.locator(".content summary").all():
            summary.evaluate("one => { one.parentElement.open = true }")
        assert_harmless(page, site, PAYLOADS[number])
        shown = page.locator(".asked p").first.text_content() or ""
        whole = "".join(PAYLOADS[number].split())
        assert "".join(shown.split()) == whole, "shown as text, whole"
        press(page, "opinion", conversation=chat, turn=f"t{number}partial", helpful="True")
        said(page, PAYLOADS[number])
        assert_harmless(page, site, f"said: {PAYLOADS[number]}")


def note_of(title: str, text: str) -> str:
    """A note with a payload wherever a coach can write."""
    written = json.dumps(" ".join(title.split()), ensure_ascii=False)
    return (
        f"---\ntitle: {written}\nowner: {written}\nstatus: draft\n---\n{text}\n\n"
        f"## Leadership moves\n- **Ask first.** {text}\n\n## Say it like this\n> {text}\n"
    )


def test_no_payload_does_anything_on_a_coachs_desk(visit: Visit, site: Site) -> None:
    desk = build_studio(site.parts.settings)
    paths = [f"feedback/payload-{number}.md" for number in range(len(PAYLOADS))]
    for number, (path, text) in enumerate(zip(paths, PAYLOADS, strict=True)):
        site.parts.accounts.keep(Account(f"coach-{number}", text))
        for version in ("", " "):  # the one before goes to the history
            written = note_of(text, text + version * 2 + version.replace(" ", "again"))
            desk.save(path, written, f"coach-{number}", 0.0)
            desk.save(path, written + "\n", f"coach-{number + 1}", 0.0)
    page = visit("/studio")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    press(page, "find", words="payload-")
    expect(page.locator(".shelf.notes > li")).to_have_count(len(PAYLOADS))
    assert_harmless(page, site, "the list")
    for path, text in zip(paths, PAYLOADS, strict=True):
        press(page, "open", note=path)
        page.wait_for_selector(f'form[data-note="{path}"] .versions')
        press(page, "version", note=path, text=desk.text(path), version="1")
        page.wait_for_selector(".passage.version")
        assert_harmless(page, site, f"the desk: {text}")
        press(page, "open", note=text)
        page.wait_for_function("document.querySelector('.content > .notice')")
        assert_harmless(page, site, f"no path: {text}")
    whole = note_of("All", "\n- ".join(" ".join(text.split()) for text in PAYLOADS))
    question = f"They cancel our one-on-ones. {PAYLOADS[2]} {PAYLOADS[15]}"
    press(page, "try", note="feedback/all.md", text=whole, question=question)
    page.wait_for_selector("[data-key=tried]")
    assert_harmless(page, site, "what would be answered")
    for path in paths:
        desk.discard(path)


def test_no_payload_does_anything_as_the_name_of_a_file(visit: Visit, site: Site) -> None:
    page = visit("/studio")
    names = [f"{text}.exe"[-250:] for text in PAYLOADS]  # a file that nobody reads
    given = page.evaluate(
        "async (names) => { for (const name of names) await fetch("
        "`/api/import?${new URLSearchParams({ name })}`, { method: 'POST', body: 'x' }) }",
        names,
    )
    assert given is None
    press(page, "imported")
    page.wait_for_function(f"document.querySelectorAll('tr.refused').length >= {len(names)}")
    told = page.locator("tr.refused th").all_text_contents()
    assert {"".join(one.split()) for one in told} >= {"".join(one.split()) for one in names}
    assert_harmless(page, site, "the table of files")
    page.route("**/api/import*", lambda route: route.abort())
    for text in (PAYLOADS[2], PAYLOADS[15], PAYLOADS[24]):
        file = {"name": f"{text}.md", "mimeType": "text/plain", "buffer": b"x"}
        page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
        page.locator("form[data-do=upload] button").click()
        said(page, page.evaluate("document.querySelector('input[type=file]').files[0].name"))
        assert_harmless(page, site, f"the name of a file: {text}")
