"""What every `Advisor` promises, proven on the one that quotes and on one with a real model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from assistant.adapters.chain_advisor import ChainAdvisor
from assistant.adapters.model_client import Limits, ModelClient
from assistant.adapters.model_faults import Fault
from assistant.adapters.quoting_advisor import QuotingAdvisor
from assistant.domain import Advice, Answer, Label, Telling, Turn, answer_from_json, to_json
from assistant.errors import AdvisorFailed
from assistant.faithfulness import Gate
from assistant.phrases import phrase
from assistant.ports import Advisor, Embedder
from assistant.wording import every_sentence
from tests.servers.briefs import QUESTION, brief
from tests.servers.fake_model import Call, advice, answer, fake_model
from tests.servers.small_library import CoachsLabels, WordCounts
from tests.servers.small_model import KEY, small_model

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
WORD_COUNTS = WordCounts()
PATIENT = Limits(connect=5, first_token=90, gap=60, total=100, tokens=32, retries=0)


def chain(
    url: str,
    limits: Limits,
    key: str = "key",
    passages: int = 3,
    embedder: Embedder = WORD_COUNTS,
) -> ChainAdvisor:
    labels = CoachsLabels([one.passage for one in brief().found])
    return ChainAdvisor(
        client=ModelClient(url, key, "model", limits),
        prompts=PROMPTS,
        gate=Gate(embedder, labels),
        passages=passages,
    )


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    with small_model() as url:
        yield url


@pytest.fixture(params=["quoting", "a model that writes well", "a real small model"])
def advisor(request: pytest.FixtureRequest) -> Iterator[Advisor]:
    """Each advisor; the well-writing model says the first two moves word for word."""
    if request.param == "quoting":
        yield QuotingAdvisor()
    elif request.param == "a real small model":
        yield chain(request.getfixturevalue("model_url"), PATIENT, KEY, passages=1)
    else:
        first, second, *_ = (one.passage.text for one in brief().found)
        said = answer(advice(first), advice(second, "P2"), script="Which two things would help?")
        with fake_model(lambda call: call.stream(said)) as model:
            yield chain(model.url, Limits())


class TestAdvisor:
    """An answer rests on the brief alone, grows by whole pieces, or fails with `AdvisorFailed`."""

    @pytest.mark.timeout(240)
    def test_a_draft_keeps_every_promise(self, advisor: Advisor) -> None:
        asked = brief()
        try:
            pieces = list(advisor.draft(asked))
        except AdvisorFailed as failed:  # a small model gives nothing that can be used
            assert_told(failed)
            return
        last = pieces[-1]
        assert last.complete
        assert not any(one.complete for one in pieces[:-1])
        assert_grows(pieces)
        assert_grounded(last)
        assert answer_from_json(to_json(last)) == last
        assert last.question == asked.question
        assert last.language == asked.language

    def test_a_question_alone_stays_as_it_is(self, advisor: Advisor) -> None:
        assert advisor.reword(QUESTION, ()) == QUESTION

    @pytest.mark.timeout(240)
    def test_a_follow_up_becomes_a_question(self, advisor: Advisor) -> None:
        last = list(QuotingAdvisor().draft(brief()))[-1]
        earlier = [Turn("1", "c", QUESTION, last, 0.0)]
        assert advisor.reword("And if she says no?", earlier).strip()


def assert_told(failed: AdvisorFailed) -> None:
    assert failed.notice == "model_unusable"
    assert str(failed) in set(Fault)


def assert_grows(pieces: list[Answer]) -> None:
    for before, after in pairwise(pieces):
        assert after.advice[: len(before.advice)] == before.advice


def assert_grounded(last: Answer) -> None:
    asked = brief()
    given = {one.passage.id: one.passage for one in asked.found}
    for one in last.advice:
        assert one.sources
        assert one.label in set(Label)
        assert 0 <= one.confidence <= 1
        for source in one.sources:
            assert source.quote == given[source.passage].quote
            assert source.note in asked.notes


def test_the_first_advice_shows_before_the_last_is_written() -> None:
    first, second, *_ = (one.passage.text for one in brief().found)
    said = answer(advice(first), advice(second, "P2"))
    with fake_model(lambda call: call.stream(said, step=20)) as model:
        counts = [len(one.advice) for one in chain(model.url, Limits()).draft(brief())]
    assert counts == [0, 1, 2, 2]


def test_words_for_the_balance_are_looked_for_while_the_model_thinks() -> None:
    first = brief().found[0].passage.text
    asked = Event()

    def telling() -> Telling:
        assert asked.wait(5), "they are looked for before the model is asked"
        return Telling({Label.LEADERSHIP: "we both look at the clock"})

    def reply(call: Call) -> None:
        asked.set()
        call.stream(answer(advice(first)))

    with fake_model(reply) as model:
        told = replace(brief(), situation=0.9, telling=telling)
        *_, last = chain(model.url, Limits()).draft(told)
    assert "we both look at the clock" in last.balance.sentence


def test_sentences_are_read_while_the_model_writes_the_next() -> None:
    first = brief().found[0].passage.text
    sentence, _ = every_sentence(first)[:2]
    read = Event()
    in_time: list[bool] = []

    class Noticing(WordCounts):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if sentence in texts:
                read.set()
            return super().embed_documents(texts)

    def reply(call: Call) -> None:
        said = answer(advice(first))
        written = said.index(json.dumps(sentence)[1:-1]) + len(json.dumps(sentence)) + 5
        call.begin()
        call.delta(said[:written])
        in_time.append(read.wait(5))
        call.delta(said[written:], "stop")
        call.line("data: [DONE]")

    with fake_model(reply) as model:
        *_, last = chain(model.url, Limits(), embedder=Noticing()).draft(brief())
    assert in_time == [True]
    assert last.advice


def test_an_answer_names_who_wrote_it_and_by_which_prompt() -> None:
    first = brief().found[0].passage.text
    with fake_model(lambda call: call.stream(answer(advice(first)))) as model:
        *_, last = chain(model.url, Limits()).draft(brief())
    written_by = last.written_by
    assert (written_by.advisor, written_by.model, written_by.prompt) == ("model", "model", "answer")
    assert written_by.prompt_version


def test_a_thin_story_is_asked_about_once() -> None:
    asking = answer(question_back="What would you like to be different?")
    thin = replace(brief("My team is difficult."))
    with fake_model(lambda call: call.stream(asking)) as model:
        advisor = chain(model.url, Limits())
        *_, asked = advisor.draft(thin)
        assert (asked.advice, asked.question_back) == ((), "What would you like to be different?")
        again = replace(thin, earlier=(Turn("1", "c", thin.question, asked, 0.0),))
        with pytest.raises(AdvisorFailed):
            list(advisor.draft(again))
        assert "advise now" in model.prompts[-1]


def test_a_long_story_may_be_asked_about_too_three_times_in_a_conversation() -> None:
    asking = answer(question_back="What would you like to be different?")
    with fake_model(lambda call: call.stream(asking)) as model:
        advisor = chain(model.url, Limits())
        *_, asked = advisor.draft(brief())
        assert (asked.advice, asked.question_back) == ((), "What would you like to be different?")
        *_, advised = QuotingAdvisor().draft(brief())
        turns = [Turn("1", "c", QUESTION, one, 0.0) for one in (asked, advised) * 3]
        *_, third = advisor.draft(replace(brief(), earlier=tuple(turns[:4])))
        assert third.advice == ()
        with pytest.raises(AdvisorFailed):
            list(advisor.draft(replace(brief(), earlier=tuple(turns))))
        assert "advise now" in model.prompts[-1]


GERMAN = "Unsere wöchentlichen Gespräche sind eingeschlafen: sie berichtet, und ich nicke nur."
ITALIAN = "I nostri colloqui settimanali sono diventati inutili: lei racconta e io annuisco."


@pytest.mark.parametrize(("question", "language"), [(GERMAN, "de"), (ITALIAN, "it")])
def test_an_answer_in_another_language_than_the_question_is_not_passed_off(
    question: str, language: str
) -> None:
    first = brief().found[0].passage.text
    with fake_model(lambda call: call.stream(answer(advice(first)))) as model:
        advisor = chain(model.url, Limits())
        with pytest.raises(AdvisorFailed, match="another language") as failed:
            list(advisor.draft(brief(question, language=language)))
    assert failed.value.notice == "model_unusable"
    named = {"de": "German", "it": "the language of the question"}[language]
    assert f"Language of your answer: {named}" in model.prompts[0]


def test_where_words_of_the_notes_are_in_another_language_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    german = "Gib ihr die Tagesordnung in die Hand, dann gehört das Gespräch wieder ihr."
    opening = "Ihr beide scheint in diesen Gesprächen nur noch auf die Uhr zu sehen."
    said = answer(advice(german), opening=opening)
    monkeypatch.setattr(Gate, "judge", lambda *_: advice_of(german))
    monkeypatch.setattr(Gate, "opens", lambda *_: True)
    with fake_model(lambda call: call.stream(said)) as model:
        *_, last = chain(model.url, Limits()).draft(brief(GERMAN, language="de"))
        model.reply = lambda call: call.stream(said[: said.index('"script')], finish="length")
        *_, cut = chain(model.url, Limits()).draft(brief(GERMAN, language="de"))
    note = brief().notes["stale-one-on-ones"]
    assert cut.cautions
    assert cut.notice == f"{phrase('de', 'cut_short')} {phrase('de', 'english_notes')}"
    assert (last.opening, last.advice[0].text) == (opening, german)
    assert last.question_back == note.questions[0]
    assert last.notice == phrase("de", "english_notes")


def advice_of(text: str) -> Advice:
    """What the gate makes of a well translated advice."""
    *_, last = QuotingAdvisor().draft(brief())
    return replace(last.advice[0], text=text)


def test_names_do_not_leave_for_a_server_that_is_not_listed() -> None:
    question = "I told Ngozi that her one-on-ones have gone stale and she looked at the clock."
    advisor = chain("https://model.test/v1", Limits())
    sent = advisor.sent(brief(question))
    assert "Ngozi" not in sent.user
    assert "Person A" in sent.user
    inside = chain("http://127.0.0.1:9/v1", Limits()).sent(brief(question))
    assert "Ngozi" in inside.user
