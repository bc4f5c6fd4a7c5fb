"""How many names that no list of a manager holds are found, on names and sentences of their own.

These were written apart from the word lists and rules of the code, before them, and are not for
tuning: who mends a rule tries it on other sentences. Half of the names are common where the
language is spoken, half come from elsewhere; so it is among those who work somewhere.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from assistant.masking import Masking

FOLDER = Path(__file__).resolve().parents[1] / "masking"
FROM_ELSEWHERE = """Ngozi Folasade Tendai Kwabena Thandiwe Abiodun Farzaneh Shirin Bahram Tariq
Sumaya Harpreet Gurleen Venkat Lakshmi Anjali Xiuying Haoran Minseo Jihoon Thuy Rizal Siti Nurul
Zsuzsanna Bogdan Milica Vesna Katarzyna Wojciech Liisa Aleksi Eirik Solveig Anneke Joost""".split()
COMMON = {
    "en": """Tom Sarah James Emily Jessica Ben Karen Steve Olivia Nathan Rachel Gary Megan Ian
        Claire Mark Grace Will""",
    "de": """Thomas Sabine Lena Jürgen Petra Uwe Moritz Heike Anja Florian Katrin Dieter Svenja Jens
        Ulrike Tobias""",
    "fr": """Pierre Camille Mathieu Aurélie Julien Sandrine Benoît Nathalie Thibault Manon Romain
        Chloé Sylvie Olivier Inès""",
    "es": """Javier Lucía Pablo Carmen Raúl Marta Álvaro Rocío Sergio Begoña Iván Nuria Diego Pilar
        Gonzalo""",
}
FRAMES = {
    "en": """{n} cancelled our one-on-one again.
        {n} brings a status update to every meeting.
        I gave {n} feedback last week and nothing changed.
        I picked Lena over {n} for the lead role.
        Yesterday {n} cried in my office.
        Our best engineer, {n}, handed in her notice.
        How do I tell my team lead {n} that the project is cancelled?
        {n}'s reports are always late.
        I promoted {n} in March; now the others sulk.
        Since the merger {n} and I hardly speak.
        My deputy {n} rolls his eyes whenever I talk.
        Should I let {n} go?
        I think it is unfair to blame {n} for this.
        The customers love {n}, the colleagues do not.
        Every Monday {n} arrives at ten.
        {n} and the new hire argue about everything.""",
    "de": """Ich habe {n} befördert und jetzt schmollen die anderen.
        {n} kommt jeden Montag zu spät.
        Gestern hat {n} in meinem Büro geweint.
        Soll ich {n} das Projekt wegnehmen?
        Mein bester Entwickler {n} hat gekündigt.
        Wie sage ich {n}, dass die Stelle wegfällt?
        Ich arbeite seit zwei Jahren mit {n} zusammen.
        {n} und ich reden kaum noch miteinander.
        Die Kunden mögen {n}, die Kollegen nicht.
        Im Team-Meeting unterbricht {n} alle.
        Ich finde, dass {n} zu viel arbeitet.
        Letzte Woche gab ich {n} Feedback, aber nichts hat sich geändert.
        {n}s Berichte sind immer unvollständig.
        Unsere Schichtleiterin {n} verdreht die Augen.""",
    "fr": """{n} annule encore notre entretien.
        J'ai promu {n} et les autres boudent.
        Hier, {n} a pleuré dans mon bureau.
        Dois-je retirer le projet à {n} ?
        Ma meilleure développeuse, {n}, a démissionné.
        Comment dire à {n} que le poste est supprimé ?
        Je travaille avec {n} depuis deux ans.
        {n} et moi ne nous parlons presque plus.
        Les clients adorent {n}, pas les collègues.
        Je trouve que {n} travaille trop.
        La semaine dernière j'ai fait un retour à {n}, mais rien n'a changé.
        Les rapports de {n} arrivent toujours en retard.
        En réunion {n} coupe la parole à tout le monde.
        Mon adjoint {n} lève les yeux au ciel.""",
    "es": """{n} volvió a cancelar nuestra reunión.
        He ascendido a {n} y los demás están molestos.
        Ayer {n} lloró en mi despacho.
        ¿Debo quitarle el proyecto a {n}?
        Mi mejor programador, {n}, ha renunciado.
        ¿Cómo le digo a {n} que su puesto desaparece?
        Trabajo con {n} desde hace dos años.
        {n} y yo apenas nos hablamos.
        Los clientes adoran a {n}, los compañeros no.
        Creo que {n} trabaja demasiado.
        La semana pasada le di feedback a {n}, pero nada cambió.
        Los informes de {n} siempre llegan tarde.
        En las reuniones {n} interrumpe a todos.
        Mi adjunta {n} pone los ojos en blanco.""",
}
JAPANESE_NAMES = """田中 佐々木 高橋 小林 渡辺 五十嵐 長谷川 東山 久保田 村上 健太 美咲
    翔太 マリア グエン アニタ ラジェシュ チャン""".split()
JAPANESE_FRAMES = """{n}さんがまた遅刻しました。
    昨日、{n}が会議で泣きました。
    {n}さんに仕事を任せました。でも{n}は何もしません。
    部下の{n}は報告をしません。
    私は{n}を昇進させました。
    {n}と話すのが怖いです。
    新人の{n}君にどう伝えればいいですか。
    {n}課長の資料はいつも遅れます。""".split()
REACHED = {"en": 0.95, "fr": 0.95, "es": 0.95, "de": 0.90, "ja": 0.90}


def recall(names: list[str], frames: list[str]) -> float:
    """How many of the sentences leave without the name in them."""
    sentences = [(name, frame.format(n=name)) for name, frame in itertools.product(names, frames)]
    return sum(name not in Masking((), [one]).hide(one) for name, one in sentences) / len(sentences)


def names_in(language: str) -> list[str]:
    return [*COMMON[language].split(), *FROM_ELSEWHERE]


def frames_in(language: str) -> list[str]:
    return [frame.strip() for frame in FRAMES[language].splitlines()]


@pytest.mark.parametrize("language", FRAMES)
def test_most_names_on_no_list_are_found(language: str) -> None:
    assert recall(names_in(language), frames_in(language)) >= REACHED[language]


def test_german_names_are_found_and_german_nouns_stay() -> None:
    """On sentences by a manager's ear, written before the rules that hold here: see the file."""
    lines = (FOLDER / "german.txt").read_text("utf-8").splitlines()
    pairs = [line.split(" | ", 1) for line in lines if not line.startswith("#")]
    named = [(name, text) for name, text in pairs if name != "-"]
    plain = [text for name, text in pairs if name == "-"]
    found = sum(name not in Masking((), [text]).hide(text) for name, text in named)
    hidden = [text for text in plain if Masking((), [text]).hide(text) != text]
    assert (len(named), len(plain)) == (60, 60)
    assert found / len(named) >= 0.95
    assert len(hidden) <= 1, hidden


def test_most_japanese_names_on_no_list_are_found() -> None:
    assert recall(JAPANESE_NAMES, JAPANESE_FRAMES) >= REACHED["ja"]
