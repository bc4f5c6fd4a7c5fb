"""A turn as HTML: pieces in reading order, each under its own key, so that a piece which has
been shown is never drawn again, and a screen reader reads it once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from assistant.domain import Advice, Answer, Coverage, Label, NextStep, Note, Opinion
from assistant.phrases import phrase
from ui.balance import balance_html
from ui.evidence import Evidence
from ui.markup import button, chip, fields, icon, lines, prose, safe
from ui.texts import Texts

FARTHEST = 5 * 366
"""In how many days a step is due at the latest."""
LONG, LONG_LINES = 800, 12
"""Characters and lines from which on a question is shown folded."""


class Cards:
    """Draws turns in one language, with the notes as they are served now."""

    def __init__(
        self, say: Texts, evidence: Evidence, notes: Mapping[str, Note], today: date
    ) -> None:
        self._say = say
        self._evidence = evidence
        self._notes = notes
        self._today = today

    def turn(self, number: int, question: str, answer: Answer | None, footer: str = "") -> str:
        """One question with its answer, as far as it has come."""
        say = self._say
        pieces = [self._asked(question)]
        pieces += self.pieces(answer) if answer else []
        if answer is None or not answer.complete:
            pieces.append(f'<p class="working" data-key="working">{safe(say("working"))}</p>')
        if answer and answer.complete and answer.sent:
            pieces.append(sent(answer.sent, say))
        return (
            f'<article class="turn" data-patch data-key="turn-{number}" '
            f'aria-label="{safe(question[:80])}">{"".join(pieces)}{footer}</article>'
        )

    def _asked(self, question: str) -> str:
        """The question; a very long one is folded, so that its answer is on the screen."""
        said = f'<h2 class="unseen">{safe(self._say("you"))}</h2><p>{lines(question)}</p>'
        if len(question) > LONG or question.count("\n") > LONG_LINES:
            whole = safe(self._say("asked_whole"))
            said += f"<details><summary>{whole}</summary></details>"
        return f'<div class="asked" data-key="asked">{said}</div>'

    def pieces(self, answer: Answer) -> list[str]:
        """The answer alone, in reading order."""
        say, covered = self._say, answer.coverage
        pieces = [self._opening(answer)]
        if answer.balance.sentence and answer.advice and covered is not Coverage.HANDED_OVER:
            said = f'<p class="balance-said" data-key="balance">{safe(answer.balance.sentence)}</p>'
            pieces += [said, balance_html(answer.balance, answer.advice, say)]
        pieces += [self._advice(number, piece) for number, piece in enumerate(answer.advice)]
        if answer.script:
            pieces.append(self._script(answer.script))
        pieces += [self._caution(at, caution) for at, caution in enumerate(answer.cautions)]
        if answer.question_back:
            pieces.append(
                f'<div class="back" data-key="back">{icon("question")}<div>'
                f"<h3>{safe(say('question_back'))}</h3>"
                f"<p>{safe(answer.question_back)}</p></div></div>"
            )
        if answer.next_steps:
            pieces.append(self._next(answer))
        if answer.nearest and covered is Coverage.NOT_COVERED:
            pieces.append(self._nearest(answer))
        if covered is Coverage.PARTIAL and answer.advice:
            pieces.insert(1, f'<p class="notice" data-key="partial">{safe(say("partial"))}</p>')
        if answer.notice:  # what was cut short says so where it ends, all else before one reads on
            cut = answer.notice.startswith(phrase(answer.language, "cut_short"))
            at = len(pieces) if cut else 1
            notice = f'<p class="notice" data-key="notice">{safe(answer.notice)}</p>'
            pieces.insert(at, notice)
        return pieces

    def footer(self, turn: str, opinion: Opinion | None, *, last: bool) -> str:
        """What can be done with a turn that is kept."""
        say = self._say
        state = {None: "", True: "up", False: "down"}[opinion.helpful if opinion else None]
        buttons = [
            _thumb(turn, "up", say("helpful"), pressed=state == "up"),
            _thumb(turn, "down", say("not_helpful"), pressed=state == "down"),
            _local("copy-turn", say("copy_answer"), "copy", done=say("copied")),
        ]
        if last:
            buttons.append(button("again", say("retry"), kind="quiet", drawn="again", turn=turn))
            buttons.append(_local("edit", say("edit"), "edit", turn=turn))
        why = ""
        if opinion and not opinion.reason:
            why = (
                f'<form class="why" data-do="opinion"{fields(turn=turn, helpful=opinion.helpful)}>'
                f"<label>{safe(say('why_label'))}"
                '<input name="reason" maxlength="500" autocomplete="off"></label>'
                f'<button class="press">{safe(say("why_send"))}</button></form>'
            )
        return f'<div class="actions" data-key="actions"><div>{"".join(buttons)}</div>{why}</div>'

    def _opening(self, answer: Answer) -> str:
        said = prose(answer.opening)
        urgent = {
            Coverage.HANDED_OVER: ("heart", "handed_over"),
            Coverage.DECLINED: ("question", "declined"),
            Coverage.NOT_COVERED: ("question", "not_covered"),
        }.get(answer.coverage)
        unseen = f'<h2 class="unseen">{safe(self._say("answer_of"))}</h2>'
        if not urgent or not said:
            return f'<div class="opening" data-key="opening">{unseen}{said}</div>'
        drawn, heading = urgent
        return (
            f'<div class="opening {answer.coverage}" data-key="opening">{unseen}{icon(drawn)}<div>'
            f"<h3>{safe(self._say(heading))}</h3>{said}</div></div>"
        )

    def _advice(self, number: int, advice: Advice) -> str:
        say = self._say
        name = f"leaning_{advice.label}" if advice.leaning else str(advice.label)
        label = chip(advice.label, say(name), leaning=advice.leaning, why=say("leaning_why"))
        theme = f'<span class="theme">{safe(say(advice.theme))}</span>' if advice.theme else ""
        head, mark, rest = advice.text.partition(". ")
        return (
            f'<section class="card {advice.label}" data-key="advice-{number}" role="group" '
            f'aria-label="{safe(say(name))}">'  # who goes from heading to heading hears it, too
            f'<p class="labels">{label}{theme}</p>'
            f"<h3>{safe(head + mark.strip())}</h3>{f'<p>{safe(rest)}</p>' if rest else ''}"
            f"{''.join(self._source(advice, at) for at in range(len(advice.sources)))}</section>"
        )

    def _source(self, advice: Advice, at: int) -> str:
        source, say = advice.sources[at], self._say
        wrong = ""
        if at == 0:
            others = [label for label in Label if label is not advice.label]
            offers = "".join(
                button("relabel", say(label), kind="quiet", drawn=label,
                       text=advice.text, shown=advice.label, proposed=label, note=source.note)
                for label in others
            )  # fmt: skip
            wrong = f'<div class="wrong"><span>{safe(say("label_wrong"))}</span>{offers}</div>'
        passage = self._evidence.passage(source, self._notes.get(source.note), say)
        return (
            f"<details><summary>{safe(say('source', title=source.title))}</summary>"
            f'<div class="passage" lang="{self._language_of(source.note)}">{passage}</div>{wrong}'
            "</details>"
        )

    def _language_of(self, note: str) -> str:
        return safe(self._notes[note].lang) if note in self._notes else "en"

    def _script(self, script: str) -> str:
        say = self._say
        return (
            f'<div class="script" data-key="script"><h3>{icon("speech")}{safe(say("say_it"))}</h3>'
            f"<blockquote>{lines(script)}</blockquote>"
            '<button type="button" class="press" data-local="copy" '
            f'data-done="{safe(say("copied"))}">{icon("copy")}<span>{safe(say("copy"))}</span>'
            "</button></div>"
        )

    def _caution(self, at: int, caution: str) -> str:
        return (
            f'<div class="caution" data-key="caution-{at}">{icon("caution")}<div>'
            f"<h3>{safe(self._say('caution'))}</h3>{prose(caution)}</div></div>"
        )

    def _next(self, answer: Answer) -> str:
        steps = "".join(f"<li>{self._step(step)}</li>" for step in answer.next_steps)
        own = (
            f"<li><details><summary>{safe(self._say('keep_own'))}</summary>"
            f"{self._keep('', Label.BOTH, 7)}</details></li>"
        )
        return (
            f'<div class="next" data-key="next"><h3>{safe(self._say("next"))}</h3>'
            f"<ul>{steps}{own}</ul></div>"
        )

    def _step(self, step: NextStep) -> str:
        say = self._say
        return (
            f"{icon(step.label)}<span>{safe(step.text)}</span>"
            f"<details><summary>{safe(say('keep'))}<span class='unseen'>: {safe(step.text)}</span>"
            f"</summary>{self._keep(step.text, step.label, step.due_in_days)}</details>"
        )

    def _keep(self, text: str, label: Label, days: int | None) -> str:
        """A step to keep; without days the date is left to the manager."""
        say = self._say
        due = "" if days is None else self._today + timedelta(days=days)
        last = self._today + timedelta(days=FARTHEST)
        return (
            f'<form class="keep" data-do="keep"{fields(label=label)}>'
            f'<label>{safe(say("keep_text"))}<input name="text" required maxlength="300" '
            f'autocomplete="off" value="{safe(text)}"></label>'
            f'<label>{safe(say("keep_due"))}<input type="date" name="due" required '
            f'min="{self._today}" max="{last}" value="{due}"></label>'
            f'<button class="press main">{safe(say("keep_button"))}</button></form>'
        )

    def _nearest(self, answer: Answer) -> str:
        items = "".join(
            f"<li><b>{safe(title)}</b>{self._essence(id)}</li>" for id, title in answer.nearest
        )
        heading = safe(self._say("nearest"))
        return f'<div class="nearest" data-key="nearest"><h3>{heading}</h3><ul>{items}</ul></div>'

    def _essence(self, id: str) -> str:
        note = self._notes.get(id)
        return f"<p>{safe(note.essence)}</p>" if note else ""


def sent(texts: Sequence[str], say: Texts) -> str:
    """For those who want to know: what left for the model, quietly under the answer."""
    passages = "".join(f'<div class="passage">{lines(text)}</div>' for text in texts)
    return (
        f'<details class="sent" data-key="sent"><summary>{safe(say("sent_title"))}</summary>'
        f"<p>{safe(say('sent_how'))}</p>{passages}</details>"
    )


def _thumb(turn: str, way: str, words: str, *, pressed: bool) -> str:
    helpful = way == "up"
    return (
        f'<button type="button" class="press quiet" data-do="opinion" aria-pressed="'
        f'{str(pressed).lower()}"{fields(turn=turn, helpful=helpful)}>{icon(way)}'
        f"<span>{safe(words)}</span></button>"
    )


def _local(what: str, words: str, drawn: str, **values: object) -> str:
    """A button that the browser serves by itself."""
    return (
        f'<button type="button" class="press quiet" data-local="{what}"{fields(**values)}>'
        f"{icon(drawn)}<span>{safe(words)}</span></button>"
    )
