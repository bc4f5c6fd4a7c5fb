"""Settings to a working whole: the only place that chooses which adapter fills a port.

Heavy libraries are imported inside the functions, so that `tightrope --help` answers at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Signal
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import finalize

from assistant import privacy
from assistant.accounts import Account, Accounts, Sessions
from assistant.allowance import Allowance
from assistant.audit import Audit, Event, by_chance
from assistant.coach import Coach
from assistant.comparing import Comparing
from assistant.domain import Answer, Note, to_json
from assistant.errors import SettingsError, StorageUnavailable, TightropeError, TooMuch
from assistant.exchanges import Exchanges
from assistant.faithfulness import CentreOfMoves, Gate
from assistant.gaps import GapReport, lacking, read_situations, with_moves
from assistant.importing import Reads
from assistant.ingest import Report, ingest
from assistant.learning import Learned, with_labels
from assistant.notes import refuse_missing
from assistant.pace import Pace
from assistant.passages import passages_of
from assistant.ports import (
    Advisor,
    Choices,
    Citations,
    Commitments,
    Conversations,
    Counts,
    Demand,
    Embedder,
    Feedback,
    Forgotten,
    Labeller,
    PassageIndex,
    Progress,
    Roster,
    Spending,
    Vector,
    Vectors,
)
from assistant.privacy import InMemory, Kept
from assistant.rehearsal import Player
from assistant.settings import AdvisorSettings, EmbedderSettings, LabellerSettings, Settings
from assistant.studio import Studio

if TYPE_CHECKING:
    from assistant.adapters.backup import BackedUp
    from assistant.adapters.database import Database
    from assistant.adapters.model_client import Limits, ModelClient
    from assistant.adapters.taught import Taught
    from assistant.evaluation.run import Evaluated


PROJECT = Path(__file__).resolve().parents[1]
LEFT_SECONDS = 3_600.0
"""Longer than a file is read."""


@dataclass(frozen=True)
class Stores:
    """What is kept of people, all in the one database."""

    conversations: Conversations
    commitments: Commitments
    roster: Roster
    feedback: Feedback
    choices: Choices
    demand: Demand
    spending: Spending
    counts: Counts
    citations: Citations
    forgotten: Forgotten

    @property
    def kept(self) -> tuple[Kept, ...]:
        """Those that hold, together, everything that is kept of a person."""
        own = (self.conversations, self.commitments, self.roster, self.feedback, self.choices)
        return *own, self.spending


@dataclass(frozen=True, kw_only=True)
class Parts(Stores):
    """Everything that is wired, for those who need more than the coach."""

    settings: Settings
    embedder: Embedder
    index: PassageIndex
    labeller: Labeller
    coach: Coach
    audit: Audit
    accounts: Accounts
    sessions: Sessions
    pace: Pace
    allowance: Allowance
    gate: Gate
    """What lets the advice of a language model through, or drops and counts it."""
    model: ModelClient | None
    """The language model, one for all that ask it, so that all know when it is not well."""
    settled: Signal
    """Cleared by who will run the first ingest while others ask already: they wait for it, where
    there is no index yet."""
    taught: Taught
    """What trains the classifiers, and remembers what it came to while the process lives."""
    in_memory: list[InMemory] = field(default_factory=list)
    """Whoever else holds something of a person, in memory alone, adds itself here."""
    ingesting: Lock = field(default_factory=Lock, repr=False)
    """Held by the one run that builds the index; a second waits, and finds it done."""

    def export(self, owner: str, by: str) -> dict[str, Any]:
        """Everything that is kept of a person, as plain JSON; who asked for it is recorded.

        Raises `TooMuch` where it was asked for all day long.
        """
        self.audit.add(by, Event.EXPORTED, owner)
        account = self.accounts.get(owner)
        own = {"account": {"name": account.name, "roles": sorted(account.roles)}} if account else {}
        return {**privacy.export_of(self.kept, owner), **own}

    def erase(self, owner: str, by: str) -> None:
        """Forget a person: what they wrote and chose, and their account; in the files too.

        What is still being answered is not kept when it is done. Somebody whom another vouches
        for may come in again as new, but not where they were shut out: of them the hash of their
        id stays, so that the door stays shut. However often that is asked for, it is done.
        """
        self.sessions.end_all(owner)  # first, so that no page of theirs writes anything meanwhile
        privacy.erase(self.kept, owner)
        self.demand.erase(owner)
        for memory in (self.citations, *self.in_memory):
            memory.erase(owner)
        account = self.accounts.get(owner)
        self.accounts.remove(owner)
        if account and account.disabled and self.settings.signin.mode in ("proxy", "oidc"):
            self.accounts.keep(Account(owner, "", disabled=True))
        with suppress(TooMuch):  # recorded so often already: that it is done matters more
            self.audit.add(by, Event.ERASED, owner)

    def forget_erased(self) -> None:
        """Forget in memory, too, whom another process erased: an operator at the command line."""
        for memory in (self.citations, *self.in_memory):
            for owner, since in memory.held().items():
                if self.forgotten.since(owner, since):
                    memory.erase(owner)

    def change(self, account: Account, by: str) -> None:
        """Keep an account as it is from now on; whoever it is shows anew who they are. Recorded."""
        self.audit.room(by, Event.PERSON_CHANGED)
        self.accounts.change(account)
        self.sessions.end_all(account.id)
        self.audit.add(by, Event.PERSON_CHANGED, account.id)

    def sign_out(self, account: str, by: str) -> None:
        """End every session of an account, which is recorded."""
        self.audit.add(by, Event.SESSIONS_REVOKED, account)
        self.sessions.end_all(account)

    def delete(self, owner: str, conversation: str) -> None:
        """Forget one conversation of a person, who asked for it, and what they said of its answers:
        they would never find that again. Where there was one, it is recorded."""
        if turns := self.conversations.delete(owner, conversation):
            self.feedback.withdraw(owner, *turns)
            with suppress(TooMuch):
                self.audit.add(owner, Event.DELETED, by_chance(conversation))

    def forget_old(self, now: float) -> int:
        """Delete what is older than it may be; how much that was."""
        ageing = (self.conversations, self.commitments, self.feedback)
        limit = self.settings.privacy.keep_days
        gone = privacy.forget_old(ageing, self.choices, limit, now)
        numbers = (self.demand, self.spending, self.counts, self.citations)
        gone += sum(one.forget_old() for one in numbers)
        if gone:
            self.audit.add("system", Event.FORGOTTEN, str(gone))
        _sweep(self.settings.data, now)
        days = self.settings.privacy.audit_days
        cut = self.audit.forget_before(now - days * privacy.DAY) if days else 0
        if cut:
            self.audit.add("system", Event.FORGOTTEN, f"audit:{cut}")
        return gone

    def ingest(self, progress: Progress | None = None) -> Report:
        """One ingest run with these parts."""
        try:
            with self.ingesting:  # what a coach publishes is seen by the watcher of the folder, too
                report = ingest(
                    self.settings.knowledge,
                    self.index,
                    build_vectors(self.settings, self.embedder),
                    self.taught,
                    self.embedder.fingerprint,
                    progress,
                )
        finally:
            self.settled.set()  # where it failed, too: nobody waits for what does not come
        if report.changed:
            self.audit.add("system", Event.KNOWLEDGE_CHANGED, self.index.stamp())
        return report

    def gaps(self, today: date) -> GapReport:
        """What managers ask that no note answers, and which notes need a coach."""
        vectors = build_vectors(self.settings, self.embedder)
        return with_moves(self.lacking(today), self.coach.knowledge().notes, vectors)

    def lacking(self, today: date) -> GapReport:
        """The same without what takes its time: the moves are not compared."""
        return lacking(
            self.demand.asked(self.embedder.fingerprint),
            self.coach.knowledge().notes,
            read_situations(self.settings.knowledge),
            build_vectors(self.settings, self.embedder),
            today,
        )


def build(settings: Settings) -> Parts:
    """Wire everything. Nothing heavy is loaded yet, and nothing is written but the data folder.

    Raises `SettingsError`, `StorageUnavailable` or `UserMistake` with the way out in the sentence.
    """
    from assistant.adapters.chroma_index import ChromaIndex
    from assistant.adapters.corrected_labeller import CorrectedLabeller
    from assistant.adapters.data_lock import hold
    from assistant.adapters.embedding_labeller import EmbeddingLabeller
    from assistant.adapters.language import language_of
    from assistant.adapters.quoting_advisor import QuotingAdvisor
    from assistant.adapters.sealed import derived
    from assistant.adapters.sql_accounts import SqlAccounts, SqlSessions
    from assistant.adapters.sql_audit import SqlAudit
    from assistant.adapters.taught import Taught
    from assistant.triage import read_patterns, read_responses

    refuse_missing(settings.knowledge)
    _prepare(settings.data)
    embedder = build_embedder(settings)
    reader = _masked(embedder) if embedded_outside(settings) else embedder
    index = ChromaIndex(settings.data / "index")
    quoting = QuotingAdvisor()
    key = privacy_key(settings)
    in_use = hold(settings.data) if key else None
    try:
        database, stores = _stores(f"sqlite:///{settings.data / 'tightrope.sqlite'}", key)
    except TightropeError:
        if in_use:
            in_use.close()
        raise
    if in_use:
        finalize(database, in_use.close)
    learned: Callable[[], Learned] = lambda: coach.knowledge().learned  # noqa: E731
    allowance = Allowance(stores.spending, settings.advisor.tokens_per_day)
    model = build_model(settings) if settings.uses_a_model else None

    def labelling(vector_of: Callable[[str], Sequence[float] | Vector]) -> Labeller:
        embedding = EmbeddingLabeller(vector_of, learned)
        return CorrectedLabeller(_labeller(settings, model, embedding), learned)

    labeller = labelling(reader.embed_query)
    notes: Callable[[], Mapping[str, Note]] = lambda: coach.knowledge().notes  # noqa: E731
    of_advice = labelling(lambda text: gate.vector(text))  # noqa: PLW0108 - it is made here
    gate = Gate(reader, of_advice, CentreOfMoves(embedder, notes))
    settled = Signal()
    settled.set()
    coach = Coach(
        embedder=reader,
        index=index,
        advisor=_advisor(settings, model, gate) if model else quoting,
        fallback=quoting,
        conversations=stores.conversations,
        language_of=language_of,
        patterns=read_patterns(settings.knowledge),
        responses=read_responses(settings.knowledge, settings.contacts),
        demand=stores.demand,
        people_of=stores.roster.people,
        allowance=allowance,
        counts=stores.counts,
        citations=stores.citations,
        settled=settled,
    )
    audit = SqlAudit(database, settings.data / "audit.seal", derived(key, "audit") if key else b"")
    audit.settings_are(settings.fingerprint)
    return Parts(
        settings=settings,
        embedder=embedder,
        index=index,
        labeller=labeller,
        coach=coach,
        audit=audit,
        accounts=SqlAccounts(database),
        sessions=SqlSessions(
            database, settings.signin.idle_minutes * 60, settings.signin.absolute_minutes * 60
        ),
        pace=Pace(settings.signin.questions_per_minute),
        allowance=allowance,
        gate=gate,
        model=model,
        settled=settled,
        taught=Taught(shipped(settings.knowledge, f"{settings.embedder.kind}-taught")),
        **vars(stores),
    )


def preview(parts: Parts, note: Note, question: str) -> Answer:
    """What a manager would be answered if this note were published; nothing of it is kept."""
    from assistant.adapters.chroma_index import ChromaIndex

    knowledge = parts.coach.knowledge()
    notes = {**knowledge.notes, note.id: note}
    passages = [passage for one in notes.values() for passage in passages_of(one)]
    vectors = build_vectors(parts.settings, parts.embedder)
    rows = vectors.passages([passage.embedded_as for passage in passages])
    with TemporaryDirectory(prefix="preview-", dir=parts.settings.data) as folder:
        index = ChromaIndex(Path(folder))
        labelled = with_labels(passages, notes, knowledge.learned, vectors)
        index.replace(labelled, rows, {**parts.index.extras(), "notes": to_json(notes)})
        *_, answer = parts.coach.over(index).answer(question)
        index.close()
    return answer


def measure(parts: Parts, progress: Progress) -> Evaluated:
    """The figures on the golden sets of the knowledge folder."""
    from assistant.evaluation.run import evaluate
    from assistant.evaluation.sets import read_sets

    golden = parts.settings.knowledge / "golden"
    sets = read_sets(golden / "test.jsonl", golden / "statements.jsonl")
    return evaluate(parts.coach, parts.labeller, parts.settings.knowledge, sets, progress=progress)


def build_studio(settings: Settings) -> Studio:
    """The coaches' desk on the knowledge folder."""
    return Studio(
        settings.knowledge, settings.data / "studio", two_people=settings.studio.two_people
    )


def build_comparing(parts: Parts) -> Comparing:
    """What compares the moves of the notes; what names gaps is read along for the gap report."""
    return Comparing(
        parts.embedder,
        lambda: build_vectors(parts.settings, parts.embedder),
        lambda: read_situations(parts.settings.knowledge),
    )


def build_reader() -> Reads:
    """Who reads files of strangers: other processes, with limits."""
    from assistant.adapters.documents import DocumentReader

    return DocumentReader()


def back_up(settings: Settings, to: Path, keep_days: int) -> BackedUp:
    """Copy what people wrote, and let go the copies whose days are over."""
    from assistant.adapters import backup

    return backup.back_up(settings.data, to, keep_days, datetime.now(UTC))


def build_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name."""
    chosen = settings.embedder
    if chosen.kind == "e5":
        from assistant.adapters.e5 import E5Embeddings

        return E5Embeddings(settings.data / "cache")
    if chosen.kind == "minilm":
        from assistant.adapters.minilm import MiniLMEmbeddings

        return MiniLMEmbeddings()
    from assistant.adapters.openai_embedder import OpenAIEmbedder

    return OpenAIEmbedder(*_endpoint(settings, chosen), chosen.model, settings.data / "cache")


def embedded_outside(settings: Settings) -> str:
    """The host outside the network that reads every question to embed it; empty without one."""
    if settings.embedder.kind != "openai":
        return ""
    from assistant.adapters.model_client import OPENAI
    from assistant.masking import internal

    address = _endpoint(settings, settings.embedder)[0] or OPENAI
    inside = internal(address, settings.advisor.internal_hosts)
    return "" if inside else urlsplit(address).hostname or address


def _masked(embedder: Embedder) -> Embedder:
    """The same for what people write: notes hold no names of theirs, and go as they are."""
    from assistant.adapters.masked_embedder import MaskedEmbedder

    return MaskedEmbedder(embedder)


def build_vectors(settings: Settings, embedder: Embedder | None = None) -> Vectors:
    """The vectors of many texts by the embedder that the settings name, each embedded once."""
    from assistant.adapters.vector_cache import CachedVectors

    return CachedVectors(
        embedder or build_embedder(settings),
        settings.data / "cache",
        shipped(settings.knowledge, settings.embedder.kind),
    )


def shipped(knowledge: Path, name: str) -> Path:
    """A file that `make vectors` wrote for these notes, or else for those of the project: whoever
    has notes of their own has the texts of triage from there, and these are the most by far."""
    own = knowledge / "vectors" / f"{name}.npz"
    return own if own.is_file() else PROJECT / "knowledge" / "vectors" / f"{name}.npz"


def privacy_key(settings: Settings) -> bytes | None:
    """The key that encrypts what people wrote; None where the operator gave none.

    Raises `SettingsError` where it cannot be read or is no key.
    """
    from assistant.adapters.sealed import key_from

    chosen = settings.privacy
    if chosen.key:
        return key_from(chosen.key.get_secret_value())
    if chosen.key_file is None:
        return None
    try:
        return key_from(chosen.key_file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The key file {str(chosen.key_file)!r} cannot be read. Check the path in "
            "TIGHTROPE_PRIVACY__KEY_FILE and its permissions."
        ) from error


def change_key(settings: Settings, new: str) -> bool:
    """Encrypt what people wrote with another key; False where that was done already.

    Raises `SettingsError`, `UserMistake` or `StorageUnavailable`; then the old key still holds.
    """
    from assistant.adapters.change_key import change
    from assistant.adapters.sealed import key_from

    old = privacy_key(settings)
    if old is None:
        raise SettingsError(
            "There is no key to change. Set TIGHTROPE_PRIVACY__KEY_FILE: the next start encrypts."
        )
    return change(settings.data, old, key_from(new))


def _stores(url: str, key: bytes | None) -> tuple[Database, Stores]:
    """The database and what is kept in it: a table is made only where its file was imported."""
    from assistant.adapters.database import open_database
    from assistant.adapters.sql_choices import SqlChoices
    from assistant.adapters.sql_citations import SqlCitations
    from assistant.adapters.sql_commitments import SqlCommitments
    from assistant.adapters.sql_conversations import SqlConversations
    from assistant.adapters.sql_counts import SqlCounts
    from assistant.adapters.sql_demand import SqlDemand
    from assistant.adapters.sql_feedback import SqlFeedback
    from assistant.adapters.sql_forgotten import SqlForgotten
    from assistant.adapters.sql_roster import SqlRoster
    from assistant.adapters.sql_spending import SqlSpending

    database = open_database(url, key)
    return database, Stores(
        SqlConversations(database),
        SqlCommitments(database),
        SqlRoster(database),
        SqlFeedback(database),
        SqlChoices(database),
        SqlDemand(database),
        SqlSpending(database),
        SqlCounts(database),
        SqlCitations(database),
        SqlForgotten(database),
    )


def _advisor(settings: Settings, model: ModelClient, gate: Gate) -> Advisor:
    from assistant.adapters.chain_advisor import ChainAdvisor

    return ChainAdvisor(
        client=model,
        prompts=settings.prompts,
        gate=gate,
        internal_hosts=settings.advisor.internal_hosts,
        labelled_at=_labelled_at(settings),
    )


def _labeller(settings: Settings, model: ModelClient | None, embedding: Labeller) -> Labeller:
    """The labeller that the settings name; where it is a server, this process stands in for it."""
    from assistant.adapters.served_labeller import ServedLabeller
    from assistant.masking import internal

    chosen = settings.labeller
    if chosen.kind == "embedding":
        return embedding
    served = _structured(settings, model) if chosen.kind == "structured" else _decisions(settings)
    inside = settings.advisor.internal_hosts
    masks = not all(internal(address, inside) for address in _labelled_at(settings))
    return ServedLabeller(served, embedding, masks=masks)


def _structured(settings: Settings, model: ModelClient | None) -> Labeller:
    from assistant.adapters.model_client import ModelClient
    from assistant.adapters.structured_labeller import StructuredLabeller

    chosen = settings.labeller
    if model and not (chosen.base_url or chosen.api_key or chosen.model):
        return StructuredLabeller(model, settings.prompts)  # one client: one circuit breaker
    address, key = _labeller_endpoint(settings)
    name = chosen.model or settings.advisor.model
    return StructuredLabeller(ModelClient(address, key, name, limits(settings)), settings.prompts)


def _decisions(settings: Settings) -> Labeller:
    from assistant.adapters.decisions_labeller import DecisionsLabeller

    address, key = _labeller_endpoint(settings)
    return DecisionsLabeller(address, key, settings.labeller.model or settings.advisor.model)


def _endpoint(
    settings: Settings, chosen: AdvisorSettings | EmbedderSettings | LabellerSettings
) -> tuple[str | None, str | None]:
    """Address and key; the key in OPENAI_API_KEY goes to no address that was set apart from it."""
    key = chosen.api_key or (None if chosen.base_url else settings.openai_api_key)
    return chosen.base_url or settings.openai_base_url, key.get_secret_value() if key else None


def _labeller_endpoint(settings: Settings) -> tuple[str | None, str | None]:
    """Address and key; the key of the answers goes to no address but theirs."""
    own = settings.labeller
    if own.base_url:
        return _endpoint(settings, own)
    address, key = _endpoint(settings, settings.advisor)
    return address, own.api_key.get_secret_value() if own.api_key else key


def _labelled_at(settings: Settings) -> tuple[str, ...]:
    """Where texts go to be labelled, so that names are masked for that host, too."""
    if settings.labeller.kind == "embedding":
        return ()
    from assistant.adapters.model_client import OPENAI

    return (_labeller_endpoint(settings)[0] or OPENAI,)


def build_model(settings: Settings) -> ModelClient:
    """The chat model that the settings name."""
    from assistant.adapters.model_client import ModelClient

    chosen = settings.advisor
    return ModelClient(*_endpoint(settings, chosen), chosen.model, limits(settings))


def limits(settings: Settings) -> Limits:
    """After how much time and text a model has failed."""
    from assistant.adapters.model_client import Limits

    chosen = settings.advisor
    return Limits(
        connect=chosen.connect_seconds,
        first_token=chosen.first_token_seconds,
        gap=chosen.gap_seconds,
        total=chosen.total_seconds,
        tokens=chosen.answer_tokens,
    )


def build_player(parts: Parts, owner: str, exchanges: Exchanges) -> Player | None:
    """Who plays the other person in this manager's rehearsal; None without a language model.

    What is said to the model, and what it costs, is added to `exchanges`.
    """
    if parts.model is None:
        return None
    from assistant.adapters.chain_player import ChainPlayer

    settings = parts.settings
    people = parts.roster.people(owner)
    inside = settings.advisor.internal_hosts
    return ChainPlayer(parts.model, settings.prompts, inside, people, exchanges)


def _sweep(data: Path, now: float) -> None:
    """Remove what a server that was killed left of files that it was reading."""
    for name in ("import-*", "preview-*"):
        for left in data.glob(name):
            if now - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _prepare(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageUnavailable(
            f"The data folder {str(data)!r} cannot be made ({error.strerror}). Name another one "
            "with TIGHTROPE_DATA."
        ) from error
