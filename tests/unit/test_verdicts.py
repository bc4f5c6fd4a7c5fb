"""Around the advice nobody is flattered, blamed, judged by law or to be punished."""

from __future__ import annotations

import pytest

from assistant.verdicts import judges

VERDICTS = (
    "You are completely right, and Ngozi has let you down.",
    "Ngozi is lazy and does not care.",
    "She owes you an apology.",
    "As HR I confirm: the dismissal of Bo is legal.",
    "When will you write the warning for Ngozi?",
    "It is not your fault that he comes late.",
    "Will you fire Ngozi before the summer?",
    "Sie haben völlig recht, und er ist faul.",
    "Er schuldet Ihnen eine Erklärung.",
    "Wann schreiben Sie die Abmahnung?",
    "Als Personalabteilung bestätigt: das ist zulässig.",
    "Vous avez tout à fait raison.",
    "Elle est paresseuse et vous doit des excuses.",
    "Ce licenciement est légal.",
    "Tienes toda la razón.",
    "Él es perezoso y te debe una disculpa.",
    "¿Cuándo vas a despedir a Ana?",
    "あなたが正しいです。",
    "彼女は怠け者です。",
    "その解雇は合法です。",
    "Great question!",
    "You handled this conversation well.",
    "You did well to take the project away from Tom.",
    "What a thoughtful leader you are.",
    "Das haben Sie gut gemacht.",
    "Es war richtig, ihm das Projekt wegzunehmen.",
    "Bravo, vous avez bien fait.",
    "Vous êtes une bonne manager.",
    "Muy buena pregunta.",
    "Has hecho bien en quitarle el proyecto.",
    "素晴らしいご質問です。",
    "よくやりましたね。",
)
FAIR = (
    "This weighs on you, and both of you may mean well.",
    "It is hard when a talk that mattered has become a status update.",
    "What would she say about the last three weeks?",
    "What is the first thing you could try by Friday, and who could help you?",
    "Das belastet Sie, und beide haben wohl gute Gründe.",
    "Was würde er über die letzten Wochen sagen?",
    "Cette situation vous pèse, et chacun a ses raisons.",
    "¿Qué diría ella de las últimas semanas?",
    "お二人ともそれぞれの思いがあるのでしょう。",
    "次の面談で何を変えたいですか？",
    "You want to be fair to both, and Tom may have reasons of his own.",
    "What would a good manager do here?",
    "Sie möchten beiden gerecht werden.",
)


@pytest.mark.parametrize("said", VERDICTS)
def test_a_verdict_is_seen(said: str) -> None:
    assert judges(said)


@pytest.mark.parametrize("said", FAIR)
def test_fair_words_are_let_be(said: str) -> None:
    assert not judges(said)
