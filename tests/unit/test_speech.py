"""Nothing of a model's words links anywhere but to where the manager pointed."""

from __future__ import annotations

import pytest

from assistant.speech import plain_speech

ASKED = "Ngozi is upset. I wrote to her at ngozi@corp.example on Monday. What now?"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/login",
        "www.evil.test",
        "evil.com/x",
        "mailto:bo@evil.test",
        "corp.example/login",
        "other@corp.example",
        "https://evil.test/ngozi@corp.example",
        "ngozi@corp.example.evil.test",
    ],
)
@pytest.mark.parametrize("question", [ASKED, "Ngozi is upset. What now?"])
def test_a_foreign_link_goes_whatever_the_question_holds(question: str, link: str) -> None:
    said = plain_speech(f"Visit {link} to sign in.", question)
    assert said == "Visit to sign in."


def test_the_managers_own_address_may_be_said_back() -> None:
    said = plain_speech("Write to ngozi@corp.example again.", ASKED)
    assert said == "Write to ngozi@corp.example again."
    assert plain_speech("Write to ngozi@corp.example again.", "What now?") == "Write to again."
