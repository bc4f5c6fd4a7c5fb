"""A turn as HTML: pieces in reading order, each under its own key, so that a piece which has
been shown is never drawn again, and a screen reader reads it once."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import date

from assistant.domain import (
    Advice,
    Answer,
    Commitment,
    Coverage,
    Label,
    NextStep,
    Note,
    Opinion,
    first_sentence,
)
from assistant.phrases import phrase
from ui.balance import balance_html
from ui.evidence import Evidence
from ui.keeping import A_WEEK, as_kept, keep_form
from ui.markup import button, chip, fields, icon, lines, piece, prose, safe
from ui.spoken import Spoken, lang, naming, of
from ui.texts import Texts

NUMBER = re.compile(r"(?<![\w&#/-])\+?\d[\d ()-]*\d(?![\w/;-])")
"""What can be rung in contacts; not "24/7", not a part of a word."""
LONG, LONG_LINES = 800, 12
"""Characters and lines from which on a question is shown folded."""


class Cards:
    """Draws turns in one language, with the notes as they are served now."""

    def __init__(
        self,
        say: Texts,
        evidence: Evidence,
        notes: Mapping[str, Note],
        today: date,
        kept: Sequence[Commitment] = (),
    ) -> None:
        self._say = say
        self._evidence = evidence
        self._notes = notes
        self._today = today
        self._spoken = Spoken(say, notes)
        self._open = {one.text: one for one in kept if one.state == "open"}

    def turn(
        self,
        key: str,
        question: str,
        answer: Answer | None,
        footer: str = "",
        drawn: Container[str] = frozenset(),
    ) -> str:
        """One question with its answer, as far as it has come; only named where it is `drawn`."""
        say = self._say
        pieces = [self._asked(question)]
        pieces += self.pieces(answer) if answer else []
        if answer is None or not answer.complete:
            pieces.append(f'<p class="working" data-key="working">{safe(say("working"))}</p>')
        if answer and answer.complete and answer.sent:
            pieces.append(sent(answer.sent, say))
        about = f' class="turn" data-patch aria-label="{safe(question[:80])}"'
        return piece("article", safe(key), about, "".join(pieces) + footer, drawn)

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
            pieces += [self._balance(answer), balance_html(answer.balance, answer.advice, say)]
        pieces += [self._advice(answer, number) for number in range(len(answer.advice))]
        if answer.script:
            pieces.append(self._script(answer, answer.script))
        pieces += [self._caution(answer, at) for at in range(len(answer.cautions))]
        if answer.question_back:
            pieces.append(self._back(answer, answer.question_back))
        if answer.next_steps:
            pieces.append(self._next(answer))
        if answer.nearest and covered is Coverage.NOT_COVERED:
            pieces.append(self._nearest(answer))
        if covered is Coverage.PARTIAL and answer.advice:
            pieces.insert(1, f'<p class="notice" data-key="partial">{safe(say("partial"))}</p>')
        if answer.notice:  # what was cut short says so where it ends, all else before one reads on
            cut = answer.notice.startswith(phrase(answer.language, "cut_short"))
            at, own = len(pieces) if cut else 1, self._spoken.answer(answer)
            notice = f'<p class="notice"{own} data-key="notice">{safe(answer.notice)}</p>'
            pieces.insert(at, notice)
        return pieces

    def footer(self, turn: str, opinion: Opinion | None, *, anew: bool = False) -> str:
        """What can be done with a turn that is kept; what only the last one offers is hidden in
        the others, so that a turn stays as it is drawn when another follows.

        It is asked again only where a model would write it `anew`: the notes say the same again.
        """
        say = self._say
        state = {None: "", True: "up", False: "down"}[opinion.helpful if opinion else None]
        buttons = [
            _thumb(turn, "up", say("helpful"), pressed=state == "up"),
            _thumb(turn, "down", say("not_helpful"), pressed=state == "down"),
            _local("copy-turn", say("copy_answer"), "copy", done=say("copied")),
        ]
        if anew:
            buttons.append(_local("retry", say("retry"), "again", turn=turn))
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
        said, own = self._heard(answer), self._spoken.answer(answer)
        urgent = {
            Coverage.HANDED_OVER: ("heart", "handed_over"),
            Coverage.DECLINED: ("question", "declined"),
            Coverage.NOT_COVERED: ("question", "not_covered"),
        }.get(answer.coverage)
        unseen = f'<h2 class="unseen">{safe(self._say("answer_of"))}</h2>'
        if not urgent or not said:
            return f'<div class="opening" data-key="opening">{unseen}<div{own}>{said}</div></div>'
        drawn, heading = urgent
        return (
            f'<div class="opening {answer.coverage}" data-key="opening">{unseen}{icon(drawn)}<div>'
            f"<h3>{safe(self._say(heading))}</h3><div{own}>{said}</div></div></div>"
        )

    def _heard(self, answer: Answer) -> str:
        """The opening: what of it a note says is marked as of its language, numbers can be rung."""
        if answer.coverage is Coverage.HANDED_OVER:
            return NUMBER.sub(_ringing, prose(answer.opening))
        return self._spoken.opening(answer, prose(answer.opening))

    def _balance(self, answer: Answer) -> str:
        own, sentence = self._spoken.answer(answer), answer.balance.sentence
        side, _ = first_sentence(sentence)  # for who reads no further
        said = f"<b>{safe(side)}</b>{safe(sentence[len(side) :])}"
        return f'<p class="balance-said"{own} data-key="balance">{said}</p>'

    def _advice(self, answer: Answer, number: int) -> str:
        say, advice = self._say, answer.advice[number]
        spoken = self._spoken.quoted(answer, advice)
        name = f"leaning_{advice.label}" if advice.leaning else str(advice.label)
        theme = f'<span class="theme">{safe(say(advice.theme))}</span>' if advice.theme else ""
        head, rest = first_sentence(advice.text)
        return (
            f'<section class="card {advice.label}" data-key="advice-{number}" role="group" '
            f'aria-label="{safe(say(name))}">'  # who goes from heading to heading hears it, too
            f'<div class="labels">{label_of(advice, say)}{theme}</div><h3{spoken}>{safe(head)}</h3>'
            f"{f'<p{spoken}>{safe(rest)}</p>' if rest else ''}"
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
            asks = safe(say("label_wrong"))  # also of who hears only a button and its group
            wrong = (
                f'<div class="wrong" role="group" aria-label="{asks}">'
                f'<span aria-hidden="true">{asks}</span>{offers}</div>'
            )
        note = self._notes.get(source.note)
        language = self._spoken.note(source.note)
        spoken, whole = safe(language), ""
        if note:  # fetched when it is opened: most notes are not read whole
            whole = (
                f'<details class="whole"{fields(note=note.id, quote=source.quote)}>'
                f"<summary>{safe(say('source_whole'))}</summary>"
                f'<div class="passage" lang="{spoken}"></div></details>'
            )
        return (
            f"<details><summary>{naming('source', source.title, language, say)}</summary>"
            f'<div class="passage" lang="{spoken}">{self._evidence.passage(source, note, say)}'
            f"</div>{whole}{wrong}</details>"
        )

    def _back(self, answer: Answer, question: str) -> str:
        spoken = self._spoken.question(answer, question)
        return (
            f'<div class="back" data-key="back">{icon("question")}<div>'
            f"<h3>{safe(self._say('question_back'))}</h3><p{spoken}>{safe(question)}</p></div></div>"
        )

    def _script(self, answer: Answer, script: str) -> str:
        say = self._say
        return (
            f'<div class="script" data-key="script"><h3>{icon("speech")}{safe(say("say_it"))}</h3>'
            f"<blockquote{self._spoken.quoted(answer)}>{lines(script)}</blockquote>"
            '<button type="button" class="press" data-local="copy" '
            f'data-done="{safe(say("copied"))}">{icon("copy")}<span>{safe(say("copy"))}</span>'
            "</button></div>"
        )

    def _caution(self, answer: Answer, at: int) -> str:
        caution = answer.cautions[at]
        said, spoken = prose(caution), self._spoken.caution(answer, caution)
        return (
            f'<div class="caution" data-key="caution-{at}">{icon("caution")}<div>'
            f"<h3>{safe(self._say('caution'))}</h3><div{spoken}>{said}</div></div></div>"
        )

    def _next(self, answer: Answer) -> str:
        steps = "".join(
            f'<li data-key="step-{number}">{self._step(answer, step)}</li>'
            for number, step in enumerate(answer.next_steps)
        )
        own = (
            f'<li data-key="own-{len(self._open)}"><details><summary>'
            f"{safe(self._say('keep_own'))}</summary>"
            f"{keep_form(self._say, self._today, '', Label.BOTH, A_WEEK)}</details></li>"
        )
        return (
            f'<div class="next" data-patch data-key="next"><h3>{safe(self._say("next"))}</h3>'
            f'<ul data-patch data-key="steps">{steps}{own}</ul></div>'
        )

    def _step(self, answer: Answer, step: NextStep) -> str:
        say, kept = self._say, self._open.get(as_kept(step.text))
        spoken = self._spoken.quoted(answer)
        about = f"<span{spoken}>{safe(step.text)}</span>"
        said = f"{icon(step.label)}{about}"
        if kept:
            day = safe(say("kept_by", day=say.day(kept.due)))
            return f'{said}<a class="kept" href="/steps">{icon("steps")}{day}</a>'
        days = A_WEEK if step.due_in_days is None else step.due_in_days
        form = keep_form(say, self._today, step.text, step.label, days, spoken)
        return f"{said}<details><summary>{of(say('keep'), about, say)}</summary>{form}</details>"

    def _nearest(self, answer: Answer) -> str:
        items = "".join(
            f"<li{lang(self._spoken.note(id), self._say)}><b>{safe(title)}</b>"
            f"{self._essence(id)}</li>"
            for id, title in answer.nearest
        )
        heading = safe(self._say("nearest"))
        return f'<div class="nearest" data-key="nearest"><h3>{heading}</h3><ul>{items}</ul></div>'

    def _essence(self, id: str) -> str:
        note = self._notes.get(id)
        return f"<p>{safe(note.essence)}</p>" if note else ""


def label_of(advice: Advice, say: Texts) -> str:
    """The label of an advice; a leaning one opens to why it is not shown as a fact."""
    if not advice.leaning:
        return chip(advice.label, say(advice.label))
    words = chip(advice.label, say(f"leaning_{advice.label}"), leaning=True)
    why = say("leaning_why", percent=5 * round(20 * advice.confidence))
    return f'<details class="lean"><summary>{words}</summary><p>{safe(why)}</p></details>'


def _ringing(number: re.Match[str]) -> str:
    """A telephone number of the operator's contacts, to be rung by pressing it."""
    plus = "+" if number[0].startswith("+") else ""
    digits = re.sub(r"\D", "", number[0])
    return f'<a href="tel:{plus}{digits}">{number[0]}</a>' if len(digits) >= 3 else number[0]


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
