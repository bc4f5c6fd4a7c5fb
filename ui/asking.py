"""A turn on its way: the pieces as they come, what is kept when it is stopped, a second try."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Lock

from assistant.build import Parts
from assistant.domain import Answer, Turn
from assistant.phrases import phrase

EARLIER = 50


@dataclass(frozen=True)
class _UnderWay:
    token: str
    replaced: Turn | None
    """The turn that is asked again."""
    so_far: Turn | None = None


@dataclass
class Asking:
    """The turns that are being answered now, one a conversation, so that a stop loses nothing."""

    parts: Parts
    _under_way: dict[tuple[str, str], _UnderWay] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answers(
        self, owner: str, conversation: str, question: str, again: str, began: float
    ) -> Iterator[Answer]:
        """The answer as it grows, in place of the turn that is asked again; it was asked `began`.

        Where nothing of it is kept, that turn stays: whatever fails, whenever it is stopped.
        """
        place, token = (owner, conversation), uuid.uuid4().hex
        self.keep_part(owner, conversation)  # of an answer that another window waits for
        replaced = self._kept(owner, conversation, again)
        with self._lock:
            self._under_way[place] = _UnderWay(token, replaced)
        try:
            if replaced:  # the coach shall not take it for something said before
                self.parts.conversations.take_back(owner, replaced.id)
            with self.parts.pace.turn(owner):
                pieces = self.parts.coach.answer(
                    question, owner=owner, conversation=conversation, began=began
                )
                for answer in pieces:
                    turn = Turn(token, conversation, question, answer, began)
                    with self._lock:
                        if not self._waits_for(place, token):
                            return  # it was stopped, and what had come is kept
                        self._under_way[place] = _UnderWay(token, replaced, turn)
                    yield answer
            with self._lock:
                if self._waits_for(place, token):
                    del self._under_way[place]
            latest = self.parts.conversations.recent(owner, conversation, 1)
            if replaced and any(turn.at >= began for turn in latest):
                self.parts.feedback.withdraw(owner, replaced.id)  # nobody finds it there again
            elif replaced:
                self.parts.conversations.append(owner, replaced)
        finally:
            self.keep_part(owner, conversation, token)

    def _waits_for(self, place: tuple[str, str], token: str) -> bool:
        known = self._under_way.get(place)
        return known is not None and known.token == token

    def _kept(self, owner: str, conversation: str, turn: str) -> Turn | None:
        kept = self.parts.conversations.recent(owner, conversation, EARLIER) if turn else []
        return next((one for one in kept if one.id == turn), None)

    def keep_part(self, owner: str, conversation: str, token: str = "") -> None:
        """Keep what came of an answer that was stopped, marked as cut short.

        Where nothing came, the turn that was asked again is kept instead.
        """
        with self._lock:
            known = self._under_way.get((owner, conversation))
            if known is None or (token and known.token != token):
                return
            del self._under_way[owner, conversation]
        turn = _cut_short(known.so_far) if known.so_far else known.replaced
        if turn:
            self.parts.conversations.append(owner, turn)
        if known.so_far and known.replaced:
            self.parts.feedback.withdraw(owner, known.replaced.id)


def _cut_short(turn: Turn) -> Turn:
    answer = turn.answer
    if answer.complete:
        return turn
    notice = phrase(answer.language, "cut_short")
    return replace(turn, answer=replace(answer, complete=True, notice=notice))
