"""Conversations in the database; every query names the owner."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Float, Index, String, Table, func, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sealed import Sealed
from assistant.adapters.sql_forgotten import drop_marks, mark_forgotten, was_forgotten
from assistant.domain import Conversation, Turn, answer_from_json, to_json
from assistant.errors import StorageUnavailable

TURNS = Table(
    "turns",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("owner", String(256), nullable=False),
    Column("conversation", String(64), nullable=False),
    Column("at", Float, nullable=False),
    Column("question", Sealed("turns.question"), nullable=False),
    Column("answer", Sealed("turns.answer"), nullable=False),
    Index("turns_of_owner", "owner", "conversation", "at"),
)
TITLES = Table(
    "titles",
    METADATA,
    Column("owner", String(256), primary_key=True),
    Column("conversation", String(64), primary_key=True),
    Column("title", Sealed("titles.title"), nullable=False),
)
TITLE_LENGTH = 60
WORDS = 40
"""Words of a search that are looked for; every turn is read for it."""
KEPT_EACH = 3_000
"""Turns of one owner; the oldest give way. Thirty a day for as long as they are kept by default."""


class SqlConversations:
    """The `Conversations` that last: what was acknowledged is on the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, owner: str, turn: Turn) -> None:
        """See `Conversations`."""
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, turn.at, owner, turn.conversation):
                return
            connection.execute(
                TURNS.insert().values(
                    id=turn.id,
                    owner=owner,
                    conversation=turn.conversation,
                    at=turn.at,
                    question=turn.question,
                    answer=json.dumps(to_json(turn.answer), ensure_ascii=False),
                )
            )
            latest = select(TURNS.c.at).where(TURNS.c.owner == owner).order_by(TURNS.c.at.desc())
            oldest = latest.limit(1).offset(KEPT_EACH - 1).scalar_subquery()
            connection.execute(
                delete_rows(TURNS).where(TURNS.c.owner == owner, TURNS.c.at < oldest)
            )

    def recent(self, owner: str, conversation: str, limit: int) -> list[Turn]:
        """See `Conversations`."""
        latest = self._turns(owner, TURNS.c.conversation == conversation, limit)
        return latest[::-1]

    def conversations(self, owner: str) -> list[Conversation]:
        """See `Conversations`."""
        named, at = self._titles(owner), TURNS.c.at
        all_of_one = (
            select(
                TURNS.c.conversation,
                func.min(at).label("began"),
                func.max(at).label("latest"),
                func.count().label("turns"),
            )
            .where(TURNS.c.owner == owner)
            .group_by(TURNS.c.conversation)
            .subquery()
        )
        first = (TURNS.c.conversation == all_of_one.c.conversation) & (at == all_of_one.c.began)
        wanted = (  # no answer is read for it: there may be thousands
            select(all_of_one, TURNS.c.question)
            .join(TURNS, first)
            .where(TURNS.c.owner == owner)
            .order_by(all_of_one.c.latest)
        )
        with storage(), self._engine.connect() as connection:
            by_id = {row.conversation: row for row in connection.execute(wanted)}
        return [
            Conversation(
                id, named.get(id) or _title(row.question), row.began, row.latest, row.turns
            )
            for id, row in reversed(by_id.items())
        ]

    def rename(self, owner: str, conversation: str, title: str, began: float) -> None:
        """See `Conversations`."""
        there = select(TURNS.c.id).where(*_one(TURNS, owner, conversation)).limit(1)
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner, conversation):
                return
            if connection.execute(there).first() is None:
                return
            connection.execute(delete_rows(TITLES).where(*_one(TITLES, owner, conversation)))
            connection.execute(
                TITLES.insert().values(
                    owner=owner, conversation=conversation, title=title.strip()[:TITLE_LENGTH]
                )
            )

    def search(self, owner: str, words: str) -> list[Turn]:
        """See `Conversations`."""
        wanted, named = words.casefold().split()[:WORDS], self._titles(owner)
        return [
            turn
            for turn in self._turns(owner)
            if _holds(_readable(turn, named.get(turn.conversation, "")), wanted)
        ]

    def delete(self, owner: str, conversation: str) -> list[str]:
        """See `Conversations`."""
        turns = select(TURNS.c.id).where(*_one(TURNS, owner, conversation))
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner, conversation)
            gone = list(connection.execute(turns).scalars())
            for table in (TURNS, TITLES):
                connection.execute(delete_rows(table).where(*_one(table, owner, conversation)))
        forget(self._engine)
        return gone

    def take_back(self, owner: str, turn: str) -> None:
        """See `Conversations`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(TURNS).where(TURNS.c.owner == owner, TURNS.c.id == turn))
        forget(self._engine)

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """See `Conversations`."""
        old = [TURNS.c.at < moment] + ([] if owner is None else [TURNS.c.owner == owner])
        left = select(TURNS.c.id).where(
            TURNS.c.owner == TITLES.c.owner, TURNS.c.conversation == TITLES.c.conversation
        )
        with storage(), self._engine.begin() as connection:
            drop_marks(connection, time.time())
            gone = connection.execute(delete_rows(TURNS).where(*old)).rowcount
            if gone:
                connection.execute(delete_rows(TITLES).where(~left.exists()))
        forget(self._engine)
        return gone

    def export(self, owner: str) -> dict[str, Any]:
        """See `Conversations`."""
        turns = [to_json(turn) for turn in reversed(self._turns(owner))]
        return {"turns": turns, "titles": self._titles(owner)}

    def erase(self, owner: str) -> None:
        """See `Conversations`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            for table in (TURNS, TITLES):
                connection.execute(delete_rows(table).where(table.c.owner == owner))
        forget(self._engine)

    def _titles(self, owner: str) -> dict[str, str]:
        """The titles that an owner gave, by conversation."""
        titles = select(TITLES.c.conversation, TITLES.c.title).where(TITLES.c.owner == owner)
        with storage(), self._engine.connect() as connection:
            return {row.conversation: row.title for row in connection.execute(titles)}

    def _turns(
        self, owner: str, condition: ColumnElement[bool] | None = None, limit: int | None = None
    ) -> list[Turn]:
        """An owner's turns, the latest first."""
        wanted = select(TURNS).where(TURNS.c.owner == owner).order_by(TURNS.c.at.desc())
        wanted = wanted if condition is None else wanted.where(condition)
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted.limit(limit)).mappings().all()
        return [_turn(row) for row in rows]


def _one(table: Table, owner: str, conversation: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.owner == owner, table.c.conversation == conversation


def _turn(row: Any) -> Turn:
    try:
        answer = answer_from_json(json.loads(row["answer"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageUnavailable(
            f"The turn {row['id']!r} in the database is damaged. Delete its conversation, or put "
            "back a backup."
        ) from error
    return Turn(row["id"], row["conversation"], row["question"], answer, row["at"])


def _holds(text: str, wanted: Sequence[str]) -> bool:
    return all(word in text for word in wanted)


def _readable(turn: Turn, title: str) -> str:
    """What the owner read of a turn, and how its conversation is called."""
    answer = turn.answer
    read = [
        title,
        turn.question,
        answer.opening,
        answer.balance.sentence,
        *(piece.text for piece in answer.advice),
        *(f"{one.title} {one.quote}" for piece in answer.advice for one in piece.sources),
        answer.script or "",
        *answer.cautions,
        answer.question_back or "",
        *(step.text for step in answer.next_steps),
    ]
    return "\n".join(read).casefold()


def _title(question: str) -> str:
    """The beginning of the first question, cut at a word."""
    words = " ".join(question.split())
    if len(words) <= TITLE_LENGTH:
        return words
    return words[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
