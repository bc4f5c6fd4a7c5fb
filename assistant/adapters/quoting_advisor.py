"""The `Advisor` that needs no model: it composes an answer from coaches' moves, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.domain import (
    SIDES,
    Advice,
    Answer,
    Balance,
    Brief,
    Coverage,
    Found,
    Label,
    NextStep,
    Note,
    PassageKind,
    Person,
    Risk,
    Source,
    Theme,
    Turn,
    WrittenBy,
    first_sentence,
    sides,
)
from assistant.notes import plain
from assistant.phrases import phrase
from assistant.retrieval import distinct, width
from assistant.story import ANEW, begins_with, leans
from assistant.verdicts import blames

ADVICE = 4
ONE_SIDED = 0.65
"""How sure the lack of one side must be for the answer to lean to it."""
MEETS_WITHIN = 0.06
"""A second note speaks too only where its best move fits nearly as well as the best note's."""
FITS_AS_WELL = 0.8
"""and where the whole note fits so well in comparison: it was also chosen for being about something
else. Of 430 questions of strangers 146 then have a second note, 45 in 100 of them rightly; with 0.6
it was 203 and 38."""
ENOUGH = 2
"""A note that advised already leads again only where it has so much left to say."""
SIGN_FROM = 0.85
"""Similarity from which a sign is told: one unrelated note in ten has one that near."""
TOLD_FROM = 20
"""Letters from which a first word tells something: 'My team is bad.' does not."""
LATEST = 2
"""So many of the latest follow-ups are searched for together with the story they go on from."""
PERIOD = re.compile(r"(?<=[.!?])\s+")
ENDED = re.compile(r"[.!?…。！？][\s\"'”’“»」』)]*$")
COUNT = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|\d+)"
CLAIMS = re.compile(
    rf"\b(?:since (?!the day)|yesterday|{COUNT} times(?! if)|times this"
    r"|(?:last|this) (?:night|morning|spring)|last year"
    r"|the last \w+ (?:\w+ )?(?:came|was|were)|two years ago|of eleven"
    r"|on \w+day (?:you|i)|in (?:january|february|march|april|may|june|july|august|september"
    r"|october|november|december) (?:you|i)|you(?:'ve| have) (?:been|had|done)"
    r"|(?<!if )(?<!when )you (?:had|said|told|asked|stayed|went|missed|didn't)(?! like)"
    r"|your (?:daughter|son|mother|father|wife|husband)|because of how you)\b",
    re.IGNORECASE,
)
"""What words to say, or a question, take for granted of this very story, and nobody told."""
DAY = re.compile(
    r"\b(?:to(?:day|night|morrow)|this (?:week|month|afternoon|morning|evening)|next (?:week|month)"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|noon"
    r"|within (?:\w+ ){1,2}(?:hours?|days?|weeks?)"
    r"|heute|morgen|übermorgen|(?:diese|nächste)[nr]? woche"
    r"|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|aujourd'hui|demain|(?:cette semaine|la semaine prochaine)"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|hoy|mañana|(?:esta|la próxima) semana"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b"
    r"|今日|明日|明後日|今週|来週|[月火水木金土日]曜",
    re.IGNORECASE,
)


class QuotingAdvisor:
    """Relevant moves from both sides, an opening, a script and one question back, all quoted."""

    def reword(
        self,
        question: str,
        earlier: Sequence[Turn],
        people: Sequence[Person] = (),  # noqa: ARG002 - nothing leaves the network here
    ) -> str:
        """A follow-up keeps the story that it goes on from, so that a search knows it; a new topic
        stands alone."""
        if not earlier or not leans(question):
            return ANEW.sub("", question) or question
        first, *later = begins_with(earlier) or [question]
        told = [first, *later[-LATEST:]]
        return "\n".join([*told, question] if told != [question] else told)

    def draft(self, brief: Brief) -> Iterator[Answer]:
        """See `Advisor`; it never fails. What this conversation was advised is not said again."""
        if thin(brief):
            yield asked_first(brief)
            return
        brief = replace(brief, found=fresh(brief))
        leading, second = meeting(brief)
        advice = tuple(
            advice_from(found, brief.notes[found.passage.note_id])
            for found in order(choose(brief, leading, second), leading)
        )
        balance = [one for one in (balance_sentence(brief), mix_sentence(brief, advice)) if one]
        answer = Answer(
            question=brief.question,
            language=brief.language,
            coverage=Coverage.GROUNDED,
            opening=opening(brief),
            balance=Balance(brief.situation, None, _joined(balance, brief.language)),
            written_by=WrittenBy(advisor="quoting"),
            complete=False,
        )
        yield answer
        for shown in range(1, len(advice) + 1):
            answer = replace(
                answer,
                advice=advice[:shown],
                balance=replace(answer.balance, advice=sides(advice[:shown])),
            )
            yield answer
        yield replace(
            answer,
            script=script(brief, leading),
            question_back=question_back(brief, leading),
            cautions=cautions(brief, leading),
            next_steps=next_steps(advice, brief.question),
            notice=notice(brief, quoted(brief, leading, advice)),
            complete=True,
        )


def thin(brief: Brief) -> bool:
    """Whether a first word on something is so short that any note would be a guess."""
    asks = any(mark in brief.question for mark in "?？")
    short = width(brief.question) < TOLD_FROM and not asks
    return short and doubtful(brief) and brief.risk is Risk.NONE


def asked_first(brief: Brief) -> Answer:
    """One question instead of advice."""
    return Answer(
        question=brief.question,
        language=brief.language,
        coverage=Coverage.GROUNDED,
        opening=phrase(brief.language, "thin"),
        question_back=phrase(brief.language, "thin_asks"),
        written_by=WrittenBy(advisor="quoting"),
    )


def quoted(brief: Brief, leading: Note, advice: Sequence[Advice]) -> list[Note]:
    """The notes whose own words an answer is made of."""
    return [leading, *(brief.notes[source.note] for one in advice for source in one.sources)]


def as_they_stand(quoted: Sequence[Note], language: str) -> str | None:
    """The sentence that words are quoted in another language than was asked in, if any are."""
    others = {note.lang for note in quoted} - {language}
    if not others:
        return None
    return phrase(language, "english_notes" if others == {"en"} else "foreign_notes")


def fresh(brief: Brief) -> tuple[Found, ...]:
    """What was found and not yet advised in this conversation; all of it where nothing is left."""
    given = {
        source.passage
        for turn in brief.earlier
        for advice in turn.answer.advice
        for source in advice.sources
    }
    left = tuple(one for one in brief.found if one.passage.id not in given)
    return left or brief.found


def meeting(brief: Brief) -> tuple[Note, Note | None]:
    """The note that fits best, and the next one where it fits this story nearly as well, or where
    it is in doubt which of them is meant."""
    several = [one.passage.note_id for one in brief.found]
    able = [
        note
        for note in brief.notes.values()
        if several.count(note.id) >= (ENOUGH if _told_of(brief, note) else 1)
    ]
    leading, *others = able or brief.notes.values()
    best: dict[str, float] = {}
    for found in brief.found:
        best[found.passage.note_id] = max(best.get(found.passage.note_id, 0.0), found.score)
    near = best.get(leading.id, 0.0) - MEETS_WITHIN
    fits = FITS_AS_WELL * brief.fits.get(leading.id, 0.0)
    for other in others[:1]:
        if doubtful(brief):
            return leading, other
        if best.get(other.id, -1.0) >= near and brief.fits.get(other.id, 0.0) >= fits:
            return leading, other
    return leading, None


def opening(brief: Brief) -> str:
    """Which notes are near, and what they say of it: quoted, for whether it is so here is not
    known. Of a long story also that there is more than one thing in it; and before all that, where
    somebody is judged in it, that they may have a reason."""
    leading, second = meeting(brief)
    said, language = [], brief.language
    if blames(brief.question):
        said.append(phrase(language, "other_side"))
    if doubtful(brief):
        said.append(phrase(language, "unsure"))
    elif threads(brief, leading, second):
        said.append(phrase(language, "several"))
    if second:
        name = "either" if doubtful(brief) else "two_meet"
        said.append(phrase(language, name, first=leading.title, second=second.title))
    else:
        name = "more_of" if _told_of(brief, leading) else "closest_note"
        said.append(phrase(language, name, title=leading.title))
    if _told_of(brief, leading) or doubtful(brief):
        return _joined(said, language)
    sign = next((one for one in brief.around if _is(one, leading, "sign")), None)
    if sign and sign.similarity >= SIGN_FROM and not second:
        said.append(_ended(phrase(language, "others_say", words=sign.passage.text), language))
    if leading.essence:
        words = PERIOD.split(" ".join(plain(leading.essence).split()))[-1]
        said.append(phrase(language, "in_short", words=words))
    return _joined(said, language)


def _ended(sentence: str, language: str) -> str:
    """A sentence that ends in a quotation, with a stop where what is quoted has none of its own."""
    if ENDED.search(sentence):
        return sentence
    return sentence + ("。" if language == "ja" else ".")


def _joined(sentences: Sequence[str], language: str) -> str:
    return ("" if language == "ja" else " ").join(sentences)


def _told_of(brief: Brief, note: Note) -> bool:
    """Whether this conversation has heard of the note already."""
    return any(
        source.note == note.id
        for turn in brief.earlier
        for advice in turn.answer.advice
        for source in advice.sources
    )


def doubtful(brief: Brief) -> bool:
    """Whether it may well be about something else; nobody is told so twice in a conversation."""
    return brief.in_doubt and not brief.earlier


def threads(brief: Brief, leading: Note, second: Note | None) -> list[Note]:
    """The other matters of a long story, which this answer does not take up."""
    taken = {leading.id, second.id if second else ""}
    others = [brief.notes[id] for id in brief.threads if id in brief.notes and id not in taken]
    return [one for one in others if one.topics[:1] != leading.topics[:1]]


def choose(brief: Brief, leading: Note, second: Note | None) -> list[Found]:
    """The moves nearest to this story, in the proportion it needs; nearly all of one note, so
    that they belong together, and one of the second note where two themes meet."""
    chosen: list[Found] = []
    for side, count in shares(brief.situation).items():
        own = _of(brief, leading, side)
        others = _of(brief, second, side) if second and count > 1 else []
        _pick(chosen, (*own[: count - bool(others)], *others[:1], *own), count)
    if len(chosen) < ENOUGH:
        _pick(chosen, brief.found, ADVICE - len(chosen))
    return chosen or list(brief.found[:1])


def _pick(chosen: list[Found], offered: Sequence[Found], count: int) -> None:
    """Add as many of those offered as say something new."""
    wanted = len(chosen) + count
    for found in offered:
        if len(chosen) < wanted and distinct([one.passage for one in chosen], found.passage):
            chosen.append(found)


def _of(brief: Brief, note: Note, side: Label) -> list[Found]:
    return [
        found
        for found in brief.found
        if found.passage.note_id == note.id and found.passage.label in (side, Label.BOTH)
    ]


def shares(situation: float | None) -> dict[Label, int]:
    """How many moves of each side a situation asks for."""
    if situation is not None and situation >= ONE_SIDED:
        return {Label.LEADERSHIP: 3, Label.MANAGEMENT: 1}
    if situation is not None and situation <= 1 - ONE_SIDED:
        return {Label.LEADERSHIP: 1, Label.MANAGEMENT: 3}
    return {Label.LEADERSHIP: 2, Label.MANAGEMENT: 2}


def order(chosen: Sequence[Found], leading: Note) -> list[Found]:
    """Hear first, then act: talking and listening, then the rest of each side, nearest first."""
    return sorted(
        chosen,
        key=lambda one: (
            one.passage.label is Label.MANAGEMENT,
            one.passage.theme is not Theme.COMMUNICATION_FEEDBACK,
            one.passage.note_id != leading.id,
            -one.score,
        ),
    )


def script(brief: Brief, leading: Note) -> str | None:
    """The note's words to say that are nearest to the story, take nothing for granted and were
    not given in this conversation; none where the note may not be what is meant."""
    if doubtful(brief):
        return None
    given = {turn.answer.script for turn in brief.earlier}
    return next((one for one in _nearest(brief, leading, "script") if one not in given), None)


def question_back(brief: Brief, leading: Note) -> str | None:
    """One question: what it is about, where that is in doubt; which side is missing, where the
    story does not tell; which of its matters comes next, where it has several; else the note's
    question nearest to it."""
    asked = {turn.answer.question_back for turn in brief.earlier}
    second = meeting(brief)[1]
    others = [one for one in brief.notes.values() if one not in (leading, second)]
    own = [_which(brief.language, "rather", others)] if doubtful(brief) else []
    if brief.situation is None:
        own.append(phrase(brief.language, "which_side"))
    own.append(_which(brief.language, "which_next", threads(brief, leading, second)))
    every = (*own, *_nearest(brief, leading, "question"))
    return next((one for one in every if one and one not in asked), None)


def _which(language: str, name: str, notes: Sequence[Note]) -> str:
    """A choice between the first two notes; none where there is nothing to choose."""
    if len(notes) < 2:
        return ""
    return phrase(language, name, first=notes[0].title, second=notes[1].title)


def _nearest(brief: Brief, note: Note, kind: PassageKind) -> list[str]:
    """The note's texts of that kind, nearest to the story first; as the coach put them where
    nothing tells how near they are."""
    texts = [one.passage.text for one in brief.around if _is(one, note, kind)]
    if texts:
        return [text for text in texts if not CLAIMS.search(text)]
    return list(note.scripts if kind == "script" else note.questions)


def _is(found: Found, note: Note, kind: PassageKind) -> bool:
    return found.passage.note_id == note.id and found.passage.kind == kind


def advice_from(found: Found, note: Note) -> Advice:
    """A move as advice, with itself as its source."""
    passage = found.passage
    return Advice(
        text=passage.text,
        label=passage.label or Label.BOTH,
        confidence=passage.confidence,
        label_by=passage.label_by,
        theme=passage.theme,
        sources=(
            Source(
                note=note.id,
                title=note.title,
                passage=passage.id,
                quote=passage.quote,
                score=round(found.score, 4),
            ),
        ),
    )


def lacking(situation: float | None) -> Label | None:
    """The one side that a situation is short of; None where it is both, or not told."""
    if situation is None or 1 - ONE_SIDED < situation < ONE_SIDED:
        return None
    return Label.LEADERSHIP if situation >= ONE_SIDED else Label.MANAGEMENT


def balance_sentence(brief: Brief) -> str:
    """Which side the situation is short of, in plain words, and which of the manager's own words
    show it."""
    situation, language = brief.situation, brief.language
    if situation is None:
        return phrase(language, "unclear")
    side, told = lacking(situation), brief.telling()
    if side is None:
        said = [phrase(language, "lacks_both")]
        if all(one in told.missing for one in SIDES):
            words = {str(one): told.missing[one] for one in SIDES}
            said.append(phrase(language, "both_show", **words))
        return _joined(said, language)
    sure = situation if side is Label.LEADERSHIP else 1 - situation
    said = [phrase(language, f"lacks_{side}", tenths=min(9, round(10 * sure)))]
    if missing := told.missing.get(side):
        said.append(phrase(language, "shows", words=missing))
    return _joined(said, language)


def mix_sentence(brief: Brief, advice: Sequence[Advice]) -> str:
    """What the answer is made of, where that follows from what the situation is short of."""
    share, side = sides(tuple(advice)), lacking(brief.situation)
    if brief.situation is None or share is None:
        return ""
    if side is None:
        return phrase(brief.language, "mix_even") if share == 0.5 else ""
    some = sum(one.label is side for one in advice)
    if 2 * some <= len(advice):
        return ""
    return phrase(brief.language, f"mix_{side}", some=some, all=len(advice))


def notice(brief: Brief, quoted: Sequence[Note]) -> str | None:
    """That words are quoted in another language, once in a conversation."""
    said = as_they_stand(quoted, brief.language)
    told = any(said and said in (turn.answer.notice or "") for turn in brief.earlier)
    return None if told else said


def cautions(brief: Brief, leading: Note) -> tuple[str, ...]:
    """The leading note's cautions; all of them where others decide, else the first, and none
    where the note may not be what is meant."""
    careful = brief.risk in (Risk.LEGAL_HR, Risk.HARASSMENT, Risk.CRISIS)
    if careful:
        return leading.cautions
    return () if doubtful(brief) else leading.cautions[:1]


def next_steps(advice: Sequence[Advice], story: str) -> tuple[NextStep, ...]:
    """The first move, and the first of the other side that rests on the same note: talk within
    days, organise within the week, unless the move or the story names a day."""
    steps: list[NextStep] = []
    for label, due in ((Label.LEADERSHIP, 2), (Label.MANAGEMENT, 7)):
        first = next(
            (one for one in advice if one.label is label and _goes_with(one, advice)), None
        )
        if first:
            dated = DAY.search(first.text) or DAY.search(story)
            step = first_sentence(first.text)[0]
            steps.append(NextStep(step, label, None if dated else due))
    return tuple(steps)


def _goes_with(one: Advice, advice: Sequence[Advice]) -> bool:
    return one.sources[0].note == advice[0].sources[0].note
