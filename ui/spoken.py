"""What a note says, on a page in another language: marked, to be read out as it is spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from assistant.domain import Advice, Answer, Note
from assistant.notes import plain
from assistant.phrases import phrase
from ui.keeping import as_kept
from ui.markup import safe
from ui.texts import Texts

ENGLISH = "en"
"""In which the standard, and whoever reads files, say what they find."""
SENTENCE = re.compile(r"(?<=[.!?])\s+")
PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"


def lang(language: str, say: Texts) -> str:
    """The attribute of a piece in this language; none where the page speaks it or none is known."""
    return f' lang="{safe(language)}"' if language not in ("", say.language) else ""


def own(words: str, language: str, say: Texts) -> str:
    """Words in their own language."""
    marked = lang(language, say)
    return f"<span{marked}>{safe(words)}</span>" if marked else safe(words)


def naming(name: str, title: str, language: str, say: Texts) -> str:
    """A sentence of the page that names a note by its title."""
    before, _, after = say(name, title=PLACE).partition(PLACE)
    return f"{safe(before)}{own(title, language, say)}{safe(after)}"


def of(words: str, about: str, say: Texts) -> str:
    """What a control says; who hears only the control hears of what, too. `about` is our HTML.

    It is heard in one piece: a part that is hidden from the eye would begin after a blank.
    """
    whole = say("about", what=PLACE, about=PLACE).split(PLACE)
    heard = f"{whole[0]}{safe(words)}{whole[1]}{about}{whole[2]}"
    return f'<span aria-hidden="true">{safe(words)}</span><span class="unseen">{heard}</span>'


def languages_of_steps(notes: Iterable[Note]) -> Mapping[str, str]:
    """The language of every step that a note gives, by its words as they are kept."""
    return {as_kept(move.title): note.lang for note in notes for move in note.moves}


class Spoken:
    """The language of each piece of an answer, by the notes as they are served now."""

    def __init__(self, say: Texts, notes: Mapping[str, Note]) -> None:
        self._say = say
        self._notes = notes

    def note(self, id: str) -> str:
        """Of a note; of one that is gone, that of the library."""
        note = self._notes.get(id)
        return note.lang if note else "en"

    def answer(self, answer: Answer) -> str:
        """The attribute of what the answer says itself."""
        return lang(answer.language, self._say)

    def quoted(self, answer: Answer, advice: Advice | None = None) -> str:
        """The attribute of what is taken from the notes, unless a model put it in its words."""
        first = advice or (answer.advice[0] if answer.advice else None)
        if first is None or not first.sources or answer.written_by.advisor != "quoting":
            return self.answer(answer)
        return lang(self.note(first.sources[0].note), self._say)

    def opening(self, answer: Answer, drawn: str) -> str:
        """The opening as it is drawn, with what it quotes of notes in another language marked."""
        ids = {source.note for advice in answer.advice for source in advice.sources}
        spoken = {
            safe(words): safe(note.lang)
            for note in (self._notes[id] for id in sorted(ids & self._notes.keys()))
            if note.lang != answer.language
            for words in (note.title, *note.signs, *SENTENCE.split(_flat(note.essence)))
            if words
        }
        if not spoken:
            return drawn
        longest = "|".join(sorted(map(re.escape, spoken), key=len, reverse=True))
        return re.sub(longest, lambda of: f'<span lang="{spoken[of[0]]}">{of[0]}</span>', drawn)

    def caution(self, answer: Answer, caution: str) -> str:
        """The attribute of a caution: a note's, or one that is said in the answer's language."""
        cited = {source.note for advice in answer.advice for source in advice.sources}
        known = [self._notes[id] for id in cited if id in self._notes]
        noted = any(caution in note.cautions for note in known)
        return self.quoted(answer) if noted else self.answer(answer)

    def question(self, answer: Answer, question: str) -> str:
        """The attribute of the question back: a note's, or the choice between the two sides."""
        ours = question == phrase(answer.language, "which_side")
        return self.answer(answer) if ours else self.quoted(answer)


def _flat(text: str) -> str:
    return " ".join(plain(text).split())
