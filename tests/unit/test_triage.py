"""What coaches keep for triage is whole, harmless to run, and tells one crisis from another."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from assistant.domain import Risk
from assistant.errors import UserMistake
from assistant.triage import Responses, read_patterns, read_responses, triage

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
TRIAGE = KNOWLEDGE / "triage"
LANGUAGES = ("en", "de", "fr", "es", "ja")
EXAMPLES = [json.loads(line) for line in (TRIAGE / "examples.jsonl").read_text().splitlines()]
VIOLENCE = set(
    "threat_colleague weapon_work partner_violence ex_employee_threat assault_work "
    "outside_threat stalking_fear".split()
)
WITH_CONTACTS = ("crisis_self_harm", "crisis_violence", "crisis_unclear", "harassment")


@pytest.fixture(scope="module")
def responses() -> Responses:
    return read_responses(KNOWLEDGE, "- Ring 555-0100, day and night")


def situation(id: str) -> str:
    return str(id.split("-")[2])


class TestPatterns:
    def test_none_matches_an_ordinary_question(self) -> None:
        patterns = read_patterns(KNOWLEDGE)
        ordinary = [one for one in EXAMPLES if one["risk"] == "none"]
        assert len(ordinary) > 1_000
        alarms = [one["id"] for one in ordinary if triage(one["text"], {}, patterns) != "none"]
        assert alarms == []

    def test_what_one_matches_is_at_least_as_urgent_as_a_reader_said(self) -> None:
        patterns = read_patterns(KNOWLEDGE)
        order = list(Risk)
        found = [
            (one["risk"], triage(one["text"], {}, patterns))
            for one in EXAMPLES
            if one["risk"] != "none"
        ]
        by_pattern = [pair for pair in found if pair[1] is not Risk.NONE]
        wrong = [pair for pair in by_pattern if order.index(pair[1]) > order.index(Risk(pair[0]))]
        assert len(by_pattern) > 300
        assert len(wrong) <= len(by_pattern) // 100

    def test_every_one_runs_in_linear_time(self) -> None:
        patterns = [one for several in read_patterns(KNOWLEDGE).values() for one in several]
        for text in ("a" * 8_000, "he said " * 1_000, "ich will nicht " * 500, "し" * 8_000):
            began = time.thread_time()
            for pattern in patterns:
                pattern.search(text)
            assert time.thread_time() - began < 1.0

    def test_a_broken_one_is_named(self, tmp_path: Path) -> None:
        shutil.copytree(TRIAGE, tmp_path / "triage")
        (tmp_path / "triage" / "patterns.yaml").write_text(
            "crisis:\n  en:\n    - re: '(broken'\n      why: test\n"
        )
        with pytest.raises(UserMistake, match=r"patterns\.yaml.*\(broken"):
            read_patterns(tmp_path)


class TestResponses:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("kind", WITH_CONTACTS)
    def test_the_operators_contacts_end_the_text_and_nothing_else_is_in_it(
        self, responses: Responses, kind: str, language: str
    ) -> None:
        said = responses.text(kind, language)
        approved = yaml.safe_load((TRIAGE / "responses.yaml").read_text())["responses"]
        assert said == approved[kind][language].replace("{contacts}", responses.contacts).strip()
        assert said.endswith("\n- Ring 555-0100, day and night")
        assert "{" not in said

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_without_the_operators_contacts_there_is_an_emergency_number(
        self, language: str
    ) -> None:
        said = read_responses(KNOWLEDGE, "").text("crisis_self_harm", language)
        assert "112" in said
        assert "911" in said

    def test_every_kind_speaks_every_language(self, responses: Responses) -> None:
        for kind, by_language in responses.texts.items():
            assert set(by_language) == set(LANGUAGES), kind
            assert len(set(by_language.values())) == len(LANGUAGES), kind

    def test_another_language_gets_english(self, responses: Responses) -> None:
        assert responses.text("harassment", "sw") == responses.text("harassment", "en")

    def test_nothing_is_served_without_them(self, tmp_path: Path) -> None:
        for missing in ("responses.yaml", "crisis.yaml"):
            folder = tmp_path / missing
            shutil.copytree(TRIAGE, folder / "triage")
            (folder / "triage" / missing).unlink()
            with pytest.raises(UserMistake, match="restore it"):
                read_responses(folder, "")

    def test_a_folder_from_before_there_were_words_is_served(self, tmp_path: Path) -> None:
        shutil.copytree(TRIAGE, tmp_path / "triage")
        (tmp_path / "triage" / "words.yaml").unlink()
        words = read_responses(tmp_path, "").words
        assert words.asked("hello") is None
        assert not words.dismiss("You are fired.")


class TestTellingCrisesApart:
    def test_the_wrong_text_is_never_given_where_a_situation_is_known(
        self, responses: Responses
    ) -> None:
        known = [
            one
            for one in EXAMPLES
            if one["risk"] == "crisis" and situation(one["id"]) != "ambiguous"
        ]
        given: Counter[tuple[bool, str]] = Counter(
            (situation(one["id"]) in VIOLENCE, responses.signs.kind(one["text"])) for one in known
        )
        assert given[True, "crisis_self_harm"] == 0
        assert given[False, "crisis_violence"] <= len(known) // 100
        assert given[True, "crisis_violence"] > 40
        assert given[False, "crisis_self_harm"] > 80

    @pytest.mark.parametrize(
        "text",
        [
            "I just want to die.",
            "I want to kill myself",
            "Ich will nicht mehr leben.",
            "Je n'ai plus envie de vivre.",
            "No quiero seguir viviendo.",
            "もう生きていたくありません。",
        ],
    )
    def test_who_speaks_of_themselves_is_heard(self, responses: Responses, text: str) -> None:
        assert responses.signs.of_oneself(text)

    def test_signs_have_every_language(self) -> None:
        signs = yaml.safe_load((TRIAGE / "crisis.yaml").read_text())
        assert set(signs) == {"violence", "self_harm", "oneself"}
        assert all(set(one) == set(LANGUAGES) for one in signs.values())
        for by_language in signs.values():
            for expressions in by_language.values():
                assert all(re.compile(one) for one in expressions)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("thanks, that helped a lot!", "en"),
        ("Super, vielen Dank, das hilft mir sehr.", "de"),
        ("merci, c'est très clair", "fr"),
        ("¡Muchas gracias, me ha servido!", "es"),
        ("ありがとうございます、助かりました。", "ja"),
    ],
)
def test_a_word_of_thanks_gets_a_sentence(said: str, language: str, responses: Responses) -> None:
    assert responses.words.asked(said) == ("thanks", language)


@pytest.mark.parametrize(
    "said",
    [
        "Thanks, but she still refuses to come.",
        "Danke, aber was mache ich, wenn er nein sagt?",
        "Merci, et comment je le lui dis ?",
        "Gracias, pero no quiso escucharme.",
        "ありがとうございます。でも断られたらどうすればいいですか。",
        "はい",
    ],
)
def test_thanks_that_go_on_are_heard_to_the_end(said: str, responses: Responses) -> None:
    assert responses.words.asked(said) is None
