"""A saved web page to Markdown: the text that the page is there for, without its frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assistant.adapters.document_formats import Refused, text_of

CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([a-zA-Z0-9_-]{2,20})""", re.IGNORECASE
)
INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)"
    r"|font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:;|$|!)"
    r"|(?<![-\w])color\s*:\s*(?:white|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}|(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|$|!)"
    r"|clip\s*:\s*rect\(0",
    re.IGNORECASE,
)
RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
SIMPLE = re.compile(r"[.#]?[a-zA-Z][\w-]*")
NO_TEXT = ("script", "style", "noscript", "template", "iframe", "object", "svg", "form", "head")
BLOCKS = {"p": "", "li": "- ", "h1": "# ", "h2": "## ", "h3": "### ", "td": "", "blockquote": "> "}


def read_html(raw: bytes) -> dict[str, Any]:
    """See `document_formats.extract`. Raises `Refused`."""
    import lxml.html
    import trafilatura

    text, flags = _text(raw)
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    if re.search(r"<!ENTITY", text[:10_000]):
        raise Refused("It declares entities, which no web page needs.")
    page = lxml.html.document_fromstring(text)
    title = " ".join((page.findtext(".//title") or "").split())
    hidden = _without_hidden(page)
    if hidden:
        flags.append(f"Hidden text was left out: “{' '.join(hidden)[:120]}”.")
    plain = "\n\n".join(_blocks(page))
    found = trafilatura.extract(
        page,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        favor_recall=True,
    )
    return {"title": title, "markdown": found or plain, "flags": flags}


def _text(raw: bytes) -> tuple[str, list[str]]:
    """As the page declares it, where it truly is; otherwise as any text file."""
    declared = CHARSET.search(raw[:2048])
    if declared and not raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return raw.decode(declared[1].decode("ascii")), []
        except (LookupError, UnicodeDecodeError):
            text, flags = text_of(raw)
            return text, [*flags, "It is not in the encoding that it declares."]
    return text_of(raw)


def _without_hidden(page: Any) -> list[str]:
    """Take out what a browser would not show; give back the words of what was taken out."""
    from lxml import etree

    selectors = list(_hidden_selectors(page))
    etree.strip_elements(page, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    hidden: list[str] = []
    for element in list(page.iter()):
        if element.getparent() is None or not isinstance(element.tag, str):
            continue
        if element.tag in NO_TEXT:
            element.drop_tree()
        elif _is_hidden(element, selectors):
            words = " ".join(element.text_content().split())
            hidden += [words] if words else []
            element.drop_tree()
    return hidden


def _hidden_selectors(page: Any) -> Iterator[str]:
    for style in page.iter("style"):
        for names, rules in RULE.findall((style.text or "")[:200_000]):
            if INVISIBLE.search(rules):
                yield from (
                    name.strip() for name in names.split(",") if SIMPLE.fullmatch(name.strip())
                )


def _is_hidden(element: Any, selectors: list[str]) -> bool:
    names = {element.tag, f"#{element.get('id')}"}
    names.update(f".{name}" for name in (element.get("class") or "").split())
    return (
        "hidden" in element.attrib
        or bool(INVISIBLE.search(element.get("style") or ""))
        or (element.get("color") or "").lower() in ("white", "#fff", "#ffffff")
        or any(name in names for name in selectors)
    )


def _blocks(page: Any) -> Iterator[str]:
    """Every block of text, for a page too short to tell its text from its frame."""
    for element in page.iter(*BLOCKS):
        if words := " ".join(element.text_content().split()):
            yield BLOCKS[element.tag] + words
    if not any(True for _ in page.iter(*BLOCKS)):
        yield " ".join(page.text_content().split())
