"""A turn on its way: the pieces as they come, what is kept when it is stopped, a second try."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Lock

from assistant.build import Parts
from assistant.domain import Answer, Turn
from assistant.errors import TightropeError
from assistant.phrases import phrase

EARLIER = 50


@dataclass
class Asking:
    """The turns that are being answered now, one a conversation, so that a stop loses nothing."""

    parts: Parts
    _under_way: dict[tuple[str, str], tuple[str, Turn | None]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answers(self, owner: str, conversation: str, question: str, again: str) -> Iterator[Answer]:
        """The answer as it grows, in place of the turn that is asked again.

        Where nothing comes, that turn stays.
        """
        replaced = self._taken_back(owner, conversation, again)
        place, token, began = (owner, conversation), uuid.uuid4().hex, time.time()
        with self._lock:
            self._under_way[place] = (token, None)
        try:
            with self.parts.pace.turn(owner):
                pieces = self.parts.coach.answer(question, owner=owner, conversation=conversation)
                for answer in pieces:
                    turn = Turn(token, conversation, question, answer, began)
                    with self._lock:
                        if self._under_way.get(place, ("",))[0] != token:
                            return  # it was stopped, and what had come is kept
                        self._under_way[place] = (token, turn)
                    yield answer
            with self._lock:
                self._under_way.pop(place, None)
        except TightropeError:
            if replaced:
                self.parts.conversations.append(owner, replaced)
            raise
        finally:
            self.keep_part(owner, conversation, token)

    def _taken_back(self, owner: str, conversation: str, turn: str) -> Turn | None:
        kept = self.parts.conversations.recent(owner, conversation, EARLIER) if turn else []
        found = next((one for one in kept if one.id == turn), None)
        if found:
            self.parts.conversations.take_back(owner, turn)
        return found

    def keep_part(self, owner: str, conversation: str, token: str = "") -> None:
        """Keep what came of an answer that was stopped, marked as cut short."""
        with self._lock:
            known, turn = self._under_way.get((owner, conversation), ("", None))
            if not known or (token and known != token):
                return
            del self._under_way[owner, conversation]
        if turn is None:
            return
        answer = turn.answer
        if not answer.complete:
            notice = phrase(answer.language, "cut_short")
            answer = replace(answer, complete=True, notice=notice)
        self.parts.conversations.append(owner, replace(turn, answer=answer))
