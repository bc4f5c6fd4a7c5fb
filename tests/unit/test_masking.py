"""Names stay inside the network: the manager's own list first, then what patterns find."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from assistant.domain import Person
from assistant.masking import Masking, internal
from assistant.notes import read_folder

ROOT = Path(__file__).resolve().parents[2]
NAMES = """Priya Dave Will Mark Grace May Ngozi Oluwaseun Chidi Amara Fatima Khalid Yusuf Leila
Mehmet Ayşe Dmitri Svetlana Oksana Zsófia Łukasz Agnieszka Jiří Željko Ioana Giorgos Søren Åsa Björn
Siobhán Rhys Jean-Luc Élodie José Lucía João Thiago Wei Xiaoming Minh""".split()
FRAMES = (
    "{n} keeps missing deadlines and I avoid the talk.",
    "I told {n} about the reorg and it went badly.",
    "The night shift says {n}'s handover notes are useless.",
    "What do I do when {n} is late again and everybody waits?",
    "My boss asked me to work with {n} on the plan by Friday.",
)
SENTENCES = [(name, frame.format(n=name)) for frame, name in itertools.product(FRAMES, NAMES)]
ORDINARY = (
    "On Monday the Sales team meets in London to plan the budget for March.",
    "My team uses Jira and Slack, and HR wants the forms in Excel by Friday.",
    "We had a reorg in October and since then nobody talks in meetings.",
    "I'm a new manager in a hospital ward and I can't sleep before the rounds.",
    "The CEO announced a new strategy and my people roll their eyes.",
    "How do I say no to my boss? I've tried it twice, and it went wrong.",
    "The Head of Product wants OKRs by May, and our PowerPoint slides for 2026 cost 45000 euros.",
    "Mit dem neuen Urlaubsplan gibt es Streit, und ich habe keine Zeit für Gespräche.",
    "Meine Kollegin ist oft krank. Das Team macht Überstunden, die Stimmung ist schlecht.",
    "L'équipe de Paris n'a pas rendu le rapport lundi. Comment le dire sans blesser ?",
    "El lunes el equipo de Madrid no entregó el informe. ¿Cómo se lo digo a mi jefe?",
    "部下が会議で何も言いません。お客様からの苦情も増え、皆さん疲れています。",
)


@pytest.mark.parametrize("written", [str.lower, str.upper, str])
def test_names_on_the_managers_list_never_leave(written: type[str]) -> None:
    people = [Person(name) for name in NAMES]
    for name, sentence in SENTENCES:
        hidden = Masking(people).hide(written(sentence))
        assert name.casefold() not in hidden.casefold().split(), sentence


def test_names_that_no_list_holds_are_mostly_found() -> None:
    kept = [
        sentence for name, sentence in SENTENCES if name in Masking((), [sentence]).hide(sentence)
    ]
    assert len(kept) / len(SENTENCES) <= 0.10, kept[:10]


def test_ordinary_words_stay() -> None:
    masked = [one for one in ORDINARY if Masking((), [one]).hide(one) != one]
    assert masked == []


def test_hardly_a_word_that_managers_say_is_taken_for_a_name() -> None:
    notes = [one.note for one in read_folder(ROOT / "knowledge") if one.note]
    said = [sign for note in notes for sign in note.signs]
    said += (ROOT / "knowledge" / "situations.txt").read_text("utf-8").splitlines()
    masked = [one for one in said if Masking((), [one]).hide(one) != one]
    assert len(said) > 500
    assert len(masked) / len(said) <= 0.03, masked


@pytest.mark.parametrize(("name", "sentence"), SENTENCES[::7])
def test_what_was_hidden_comes_back_exactly(name: str, sentence: str) -> None:
    mask = Masking([Person(name)], [sentence])
    assert mask.show(mask.hide(sentence)) == sentence


@pytest.mark.parametrize(
    "kept_in",
    ["jo.doe@corp.example", "+49 170 1234567", "E-1234567", "https://intranet.corp.example/x?id=7"],
)
def test_addresses_and_numbers_never_leave(kept_in: str) -> None:
    mask = Masking()
    hidden = mask.hide(f"Write to her: {kept_in}, today.")
    assert kept_in not in hidden
    assert mask.show(hidden) == f"Write to her: {kept_in}, today."


def test_nicknames_and_possessives_are_the_same_person() -> None:
    mask = Masking([Person("Katharina Meier", ("Kathi",))])
    hidden = mask.hide("kathi's plan, Katharina Meier's plan, KATHARINA and Kathi")
    assert hidden == "Person A's plan, Person A's plan, Person A and Person A"


def test_two_people_stay_two() -> None:
    mask = Masking([Person("Ann"), Person("Anna")])
    assert mask.hide("Ann told Anna.") == "Person A told Person B."


def test_a_stand_in_in_the_answer_becomes_the_name() -> None:
    mask = Masking([Person("Ann"), *[Person(f"Name{n}") for n in range(30)]])
    assert mask.show("Ask Person A, not Person AA. Person A's plan.") == (
        "Ask Ann, not Name25. Ann's plan."
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Parlez à Personne A, puis à Person B.", "Parlez à Ngozi, puis à Bo."),
        (
            "Habla con Persona B. La persona a la que temes.",
            "Habla con Bo. La persona a la que temes.",
        ),
        ("Person Aの話を聞き、人物Bにも。", "Ngoziの話を聞き、Boにも。"),
        ("Ask the person A about it, ask any person a question.", None),
    ],
)
def test_stand_ins_come_back_from_an_answer_in_another_language(
    said: str, shown: str | None
) -> None:
    mask = Masking([Person("Ngozi"), Person("Bo")])
    assert mask.show(said) == (shown or "Ask the person A about it, ask any person a question.")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("I told Ngozi. Ngozi left, NGOZI too.", "I told Person A. Person A left, Person A too."),
        ("I met Anna Meier. Then Anna cried.", "I met Person A. Then Person A cried."),
        ("田中さんに話し、昨日田中が泣いた。", "Person Aさんに話し、昨日Person Aが泣いた。"),
        ("Ich mag Lena. Lenas Berichte fehlen.", "Ich mag Person A. Person As Berichte fehlen."),
    ],
)
def test_a_name_found_once_is_hidden_wherever_it_stands(text: str, hidden: str) -> None:
    mask = Masking((), [text])
    assert mask.hide(text) == hidden
    assert "Person" not in mask.show(hidden)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Dobrilas Berichte sind immer falsch.", "Person As Berichte sind immer falsch."),
        ("Ich lese Dobrilas Berichte nicht.", "Ich lese Person As Berichte nicht."),
        ("Sunnive meint, sie sei bereit.", "Person A meint, sie sei bereit."),
        ("Gutes Feedback fehlt. Montags Besprechung, dann Ruhe.", None),
        ("Seit Wochen schweigt das Team. Kritik hört er nicht.", None),
        ("Es fehlt etwas Neues, und der Papierkram kostet Euro um Euro.", None),
    ],
)
def test_in_german_a_name_is_who_does_what_people_do_or_whose_something_is(
    text: str, hidden: str | None
) -> None:
    assert Masking((), [text]).hide(text) == (hidden or text)


@pytest.mark.parametrize(
    "text",
    [
        "Her number 48213 is wrong.",
        "Personalnummer: 4821 fehlt.",
        "Staff no. 731 left.",
        "社員番号 4821",
    ],
)
def test_staff_numbers_of_digits_alone_are_hidden(text: str) -> None:
    mask = Masking((), [text])
    assert not any(letter.isdigit() for letter in mask.hide(text))
    assert mask.show(mask.hide(text)) == text


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434/v1", True),
        ("https://llm.corp.example/v1", True),
        ("https://corp.example.evil.test/v1", False),
        ("https://notcorp.example/v1", False),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.7:8000/v1", False),
    ],
)
def test_only_what_the_operator_listed_is_internal(url: str, inside: bool) -> None:
    assert internal(url, ["corp.example"]) is inside
