"""Planted gaps: are the situations that no note covers found among ordinary questions?

Ten situations that the library hardly treats, six questions each, asked by two people each who say
that the answer did not help, among all questions that notes were written for.
`python -m bench.gaps` prints which of them the report names among its first ten.
"""

from __future__ import annotations

from datetime import date

from assistant.build import build, build_vectors
from assistant.domain import Asked, Coverage
from assistant.examples import read_lines
from assistant.gaps import find_gaps, lack_of, read_situations
from assistant.passages import passages_of
from assistant.settings import load_settings

PLANTED: dict[str, tuple[str, ...]] = {
    "AI tools": (
        "Half my analysts paste client data into a chatbot and I only found out by accident.",
        "My copywriters are afraid the new AI will replace them by Christmas, what do I say?",
        "Should the team use AI for reports? Some do already and the others call it cheating.",
        "The junior hands in texts that a machine wrote and cannot explain a single sentence.",
        "Head office wants every team to adopt the AI assistant, and nobody here has been trained.",
        "How do I check work that was done with artificial intelligence?",
    ),
    "freelancers": (
        "A third of my team are freelancers and they are never told anything, it feels wrong.",
        "Our contractors earn double and my employees found out.",
        "How much may I direct a freelance developer day to day?",
        "The agency temps eat lunch on their own and leave after two weeks.",
        "My best contractor gives priority to another client and I have no hold over him.",
        "I have to end the contracts of four external people and keep the permanent staff.",
    ),
    "religion": (
        "Two of my nurses want time and a room to pray during the shift, others grumble.",
        "During Ramadan the night crew is exhausted and I do not know how to plan around it.",
        "One colleague preaches at lunch and it makes people uncomfortable.",
        "Somebody refuses to shake hands with women for reasons of faith.",
        "Who gets Christmas off and who gets Eid off? It is a fight every year.",
        "A new employee wears a headscarf and a customer complained to me.",
    ),
    "pregnancy and parents": (
        "She told me she is pregnant and I have no idea how to plan the next nine months.",
        "A father wants to leave at three each day to fetch his kids and the others resent it.",
        "My deputy comes back from maternity leave next month to a job that has changed.",
        "People without children say they always get the late shift because of the parents.",
        "She is pumping milk in the toilet because we have no room, I am ashamed.",
        "He asked for half a year of parental leave in our busiest season.",
    ),
    "romance": (
        "Two people in my team have become a couple and everyone knows.",
        "They broke up and now they cannot stand being on the same shift.",
        "My team lead is dating one of his direct reports.",
        "I think I have feelings for someone who reports to me.",
        "The office affair has ended in tears and the sides are drawn.",
        "A married couple works in my kitchen and they bring their quarrels along.",
    ),
    "theft": (
        "Money is missing from the till for the third time.",
        "I suspect my storeman of selling our copper on the side.",
        "Expense claims of one salesman show dinners that never happened.",
        "Tools vanish from the van every week and nobody saw anything.",
        "A volunteer took cash from the donation box, she says she meant to put it back.",
        "Someone is taking medicines from the ward cupboard.",
    ),
    "office move": (
        "We are moving to another building and nobody wants the window seats to go by rank.",
        "The open-plan office is so noisy that my accountants wear ear protectors.",
        "Hot desking has made people come at six to get their favourite place.",
        "The heating war: half the room freezes, half opens windows.",
        "Our new premises are forty minutes further out and five people may quit.",
        "They are taking away our own desks and the team feels homeless.",
    ),
    "alcohol": (
        "He smells of beer at eight in the morning and drives the forklift.",
        "Our sales dinners always end with too much wine and something embarrassing.",
        "She came back from rehab and I do not know whether to mention it.",
        "I found empty bottles behind the machine.",
        "The lads smoke weed in the break and think I cannot smell it.",
        "A colleague drinks, everybody covers for him, and I am the last to know.",
    ),
    "angry customers": (
        "A customer threw a plate at my waitress and she was sent home crying.",
        "Callers swear at my agents all day, they are worn out by it.",
        "A parent threatens my teachers by e-mail every week.",
        "The patient's family films my nurses and posts it.",
        "One client is worth a million and treats my people like dirt.",
        "How do I protect the front desk from people who shout?",
    ),
    "merger": (
        "We have been bought and my team will be merged with our old rivals.",
        "Two payrolls, two cultures, one team since Monday, and everyone says 'us' and 'them'.",
        "After the takeover there are two people for each job and everyone is counting.",
        "The new owners use other tools and call our way of working amateurish.",
        "My department is being folded into another company and I may not tell anyone yet.",
        "How do I make one team of the two that were merged in spring?",
    ),
}
IN_THE_FIRST = 10
ASKERS = 2
"""People who ask each planted question."""
SAID = {
    "AI tools": {"using AI tools at work", "artificial intelligence and people's jobs"},
    "freelancers": {"freelancers and contractors in the team", "agency and temporary staff"},
    "religion": {"religion and prayer at work", "holidays and holy days"},
    "pregnancy and parents": {
        "pregnancy in the team", "parents of small children", "returning after parental leave",
    },
    "romance": {"romance between colleagues", "a relationship with a subordinate"},
    "theft": {"theft in the team", "fraud and false expenses", "a shop and its tills"},
    "office move": {
        "moving to another office", "hot desks and seating", "an open-plan office and noise",
    },
    "alcohol": {"alcohol at work", "drugs and dependence"},
    "angry customers": {
        "angry customers and patients", "abusive clients", "threats and violence",
        "complaints by customers",
    },
    "merger": {"a merger of two teams", "a company takeover"},
}  # fmt: skip
"""Names under which a coach would recognise each planted gap."""


def main() -> None:
    settings = load_settings()
    parts = build(settings)
    parts.ingest()
    knowledge = parts.coach.knowledge()
    vectors = build_vectors(settings, parts.embedder)
    notes = dict(knowledge.notes)
    passages = [passage.embedded_as for note in notes.values() for passage in passages_of(note)]
    rows = vectors.passages(passages)
    ordinary = [
        one["text"]
        for one in read_lines(settings.knowledge / "golden" / "tune.jsonl")
        if one.get("risk") == "none" and one.get("lang") == "en"
    ]
    planted = [text for texts in PLANTED.values() for text in texts]
    embedded = vectors.questions([*ordinary, *planted])
    nearest = (embedded @ rows.T).max(axis=1)
    floor = knowledge.learned.floor
    asked = [
        Asked(
            parts.embedder.fingerprint,
            tuple(map(float, row)),
            Coverage.NOT_COVERED if near < floor.covered
            else Coverage.PARTIAL if near < floor.partial
            else Coverage.GROUNDED,
            float(near),
            # Of the planted ones every asker says that the answer did not help, of the others 3 %.
            helpful=False if at >= len(ordinary) or at % 33 == 7 else None,
            asker=f"person {at} {again}",
        )
        for at, (row, near) in enumerate(zip(embedded, nearest, strict=True))
        for again in range(ASKERS if at >= len(ordinary) else 1)
    ]  # fmt: skip
    lacking = sum(1 for one in asked[: len(ordinary)] if lack_of(one) > 0)
    print(f"{len(ordinary)} ordinary questions ({lacking} of them lacking), {len(planted)} planted")
    report = find_gaps(asked, notes, read_situations(settings.knowledge), vectors, date.today())
    shown = [set(gap.names[:1]) for gap in report.gaps[:IN_THE_FIRST]]
    for at, gap in enumerate(report.gaps, start=1):
        print(at, gap.demand, gap.questions, gap.people, gap.names, [id for id, _ in gap.near])
    found = [name for name, words in SAID.items() if any(words & names for names in shown)]
    print(f"planted gaps among the first {IN_THE_FIRST}: {len(found)} of {len(PLANTED)}: {found}")


if __name__ == "__main__":
    main()
