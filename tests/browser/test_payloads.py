"""Hostile text in every place where the page shows text: nothing runs, loads, covers or asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Page

from assistant.domain import (
    Advice,
    Answer,
    Balance,
    Commitment,
    Correction,
    Coverage,
    Label,
    NextStep,
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


def test_no_payload_does_anything_in_any_place(visit: Visit, site: Site) -> None:
    chats = [plant(site, number, text) for number, text in enumerate(PAYLOADS)]
    site.parts.roster.put(OWNER, [Person(text, (text,)) for text in PAYLOADS], time.time())
    page = visit()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    host = page.url
    for path in PAGES:
        page.goto(host.rstrip("/") + path)
        page.wait_for_selector(".tightrope .content")
        page.wait_for_timeout(300)
        assert_harmless(page, site, path)
    for number, chat in enumerate(chats):
        page.goto(f"{host.rstrip('/')}/?c={chat}")
        page.wait_for_selector(".asked", timeout=15_000)
        for summary in page.locator(".content summary").all():
            summary.evaluate("one => { one.parentElement.open = true }")
        assert_harmless(page, site, PAYLOADS[number])
        shown = page.locator(".asked p").first.text_content() or ""
        whole = "".join(PAYLOADS[number].split())
        assert "".join(shown.split()) == whole, "shown as text, whole"
