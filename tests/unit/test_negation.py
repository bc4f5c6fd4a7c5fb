"""What a clause forbids or denies, in five languages."""

from __future__ import annotations

import pytest

from assistant.negation import clauses, denies, forbids
from assistant.wording import every_sentence


@pytest.mark.parametrize(
    ("clause", "language"),
    [
        ("do not ask the person", "en"),
        ("and never write it down", "en"),
        ("It would be a mistake to tell HR", "en"),
        ("Fragen Sie nicht nach dem Grund", "de"),
        ("und verzichten Sie auf Vorwürfe", "de"),
        ("ne demandez pas pourquoi", "fr"),
        ("n'enquêtez pas vous-même", "fr"),
        ("No preguntes por el motivo", "es"),
        ("理由を聞かないでください", "ja"),
    ],
)
def test_an_order_not_to_do_something_forbids(clause: str, language: str) -> None:
    assert forbids(clause, language)
    assert denies(clause, language)


@pytest.mark.parametrize(
    ("clause", "language"),
    [
        ("ask what they do not know", "en"),
        ("nothing but facts", "en"),
        ("mit einer Frage, bei der Sie nicht weiterwissen", "de"),
        ("wenn Sie nicht sicher sind", "de"),
        ("ce que vous ne savez pas", "fr"),
        ("ce qui ne change pas", "fr"),
        ("pregunta qué no saben", "es"),
        ("まだ決めていないこと", "ja"),
    ],
)
def test_a_negation_that_tells_of_something_forbids_nothing(clause: str, language: str) -> None:
    assert not forbids(clause, language)
    assert denies(clause, language)


def test_a_text_falls_into_clauses() -> None:
    text = "Ask for a night before you answer, and write it down; don't hurry"
    assert clauses(text) == [
        "Ask for a night",
        "before you answer",
        "and write it down",
        "don't hurry",
    ]


def test_a_language_that_is_not_known_forbids_nothing() -> None:
    assert not forbids("Non chiedere", "it")


def test_an_abbreviation_ends_no_sentence() -> None:
    assert every_sentence("Da a RR. HH. las horas. Escribe la fecha.") == [
        "Da a RR. HH. las horas.",
        "Escribe la fecha.",
    ]
    assert every_sentence("Fragen Sie z. B. nach dem Weg.") == ["Fragen Sie z. B. nach dem Weg."]
