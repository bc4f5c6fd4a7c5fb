"""Checks of a running installation; each finding that is not well names its fix."""

from __future__ import annotations

import shlex
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assistant.adapters.corrected_labeller import CorrectedLabeller
from assistant.adapters.model_faults import Fault, ModelFailed
from assistant.adapters.served_labeller import ServedLabeller
from assistant.adapters.sql_spending import KEPT_DAYS
from assistant.build import Parts, build, embedded_outside
from assistant.check import check
from assistant.counts import PEOPLE_AT_LEAST
from assistant.domain import Risk
from assistant.errors import AdvisorFailed, TightropeError
from assistant.prompts import Filled
from assistant.settings import Settings

FIX_OUTSIDE = (
    "Take TIGHTROPE_EMBEDDER__KIND=e5, which needs no server, or one inside; if that host is "
    "yours, list it in TIGHTROPE_ADVISOR__INTERNAL_HOSTS."
)
ROOM_NEEDED = 500_000_000
ANSWERS = (Fault.CUT, Fault.EMPTY)
"""What is no fault here: a model that thinks for longer than it may speak is there, too."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
ENVIRONMENT = Path(".env")
"""Where settings are read from, passwords and keys among them."""
RECALL_NEEDED = 0.95
"""Share of the truly nearest passages, by exact search, that the index has to find."""


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is well, what was seen, and the fix if not."""

    what: str
    well: bool
    says: str
    fix: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which things depend on each other; none raises."""
    findings = [
        _seen("disk", lambda: _disk(settings)),
        _seen("privacy", lambda: _privacy(settings)),
        _seen("contacts", lambda: _contacts(settings)),
        _seen("sign-in", lambda: _signin(settings)),
        _seen("notes", lambda: _notes(settings)),
    ]
    try:
        parts = build(settings)
    except TightropeError as error:
        return [*findings, Finding("settings", False, str(error))]
    findings += [_seen(what, partial(look, parts)) for what, look in _LOOKS.items()]
    return findings


def _seen(what: str, look: Callable[[], tuple[bool, str, str]]) -> Finding:
    try:
        return Finding(what, *look())
    except TightropeError as error:
        return Finding(what, False, str(error))


def _disk(settings: Settings) -> tuple[bool, str, str]:
    at = next(path for path in (settings.data, *settings.data.absolute().parents) if path.exists())
    free = shutil.disk_usage(at).free
    return (
        free > ROOM_NEEDED,
        f"{free / 1e9:.1f} GB free for {str(settings.data)!r}.",
        "" if free > ROOM_NEEDED else "Free some space: an index needs 0.5 GB to be rebuilt.",
    )


def _privacy(settings: Settings) -> tuple[bool, str, str]:
    """Whether other users of this machine can look into the data folder, or read a secret."""
    for secret in filter(None, (settings.privacy.key_file, ENVIRONMENT)):
        if secret.is_file() and secret.stat().st_mode & stat.S_IRWXO:
            says = f"All users of this machine can read {str(secret)!r}, which holds secrets."
            return False, says, f"Run: chmod o-rwx {shlex.quote(str(secret))}"
    data = str(settings.data)
    if not settings.data.exists():
        return True, f"{data!r} is not there yet; it is made for you alone.", ""
    if settings.data.stat().st_mode & OTHERS:
        fix = f"Run: chmod -R go-rwx {shlex.quote(data)}"
        return False, f"Other users of this machine can look into {data!r}.", fix
    return True, f"{data!r} opens to one user alone.", ""


def _contacts(settings: Settings) -> tuple[bool, str, str]:
    if settings.contacts.strip():
        return True, "In a crisis managers are told whom you named.", ""
    says = "None are named: in a crisis managers read 'a crisis line in your country'."
    fix = "Set TIGHTROPE_CONTACTS to your own: names, numbers, hours."
    return settings.signin.mode == "none", says, fix  # on one's own machine nobody else reads it


def _signin(settings: Settings) -> tuple[bool, str, str]:
    """Whether wrong passwords can be told apart by where they come from."""
    chosen = settings.signin
    if chosen.mode == "none":
        return True, "Nobody signs in: it is served to this machine alone.", ""
    behind_a_proxy = chosen.public_url.startswith("https:")
    if chosen.mode != "password" or chosen.proxy_addresses or not behind_a_proxy:
        return True, f"People sign in by {chosen.mode}.", ""
    return (
        False,
        "All wrong passwords seem to come from your proxy: five of them lock a name for everyone.",
        "List it in TIGHTROPE_SIGNIN__PROXY_ADDRESSES and let it set X-Forwarded-For.",
    )


def _notes(settings: Settings) -> tuple[bool, str, str]:
    problems = check(settings.knowledge)
    errors = sum(problem.severity == "error" for problem in problems)
    return (
        not errors,
        f"{errors} errors, {len(problems) - errors} warnings.",
        "Run 'tightrope check' and mend what it lists." if errors else "",
    )


def _embedder(parts: Parts) -> tuple[bool, str, str]:
    began = time.perf_counter()
    vector = parts.embedder.embed_query("Nobody speaks in my meetings.")
    took = 1_000 * (time.perf_counter() - began)
    says = f"{parts.embedder.fingerprint}, {len(vector)} numbers, {took:.0f} ms."
    if host := embedded_outside(parts.settings):
        says += f" Every question goes to {host}, a crisis too; names are replaced by patterns."
        return False, says, FIX_OUTSIDE
    return True, says, ""


def _index(parts: Parts) -> tuple[bool, str, str]:
    extras = parts.index.extras()
    if extras["fingerprint"] != parts.embedder.fingerprint:
        return False, "It was made by another embedder.", "Run 'tightrope ingest'."
    found = list(_canaries(parts))
    share = sum(found) / len(found)
    recall = parts.index.recall(questions=100, nearest=10)
    well = share == 1.0 and recall >= RECALL_NEEDED
    return (
        well,
        (
            f"{len(extras['notes'])} notes; {share:.0%} of {len(found)} passages find their own "
            f"note; {recall:.1%} of the nearest ten are found."
        ),
        "" if well else "Delete the folder 'index' in the data folder and run 'tightrope ingest'.",
    )


def _canaries(parts: Parts) -> Iterator[bool]:
    """Whether each of some notes is found again by the essence that it was embedded with."""
    notes = list(parts.coach.knowledge().notes.values())
    for note in notes[:: max(1, len(notes) // 10)]:
        text = f"{note.title}. {note.essence}"
        vector = np.asarray(parts.embedder.embed_documents([text])[0], dtype=np.float32)
        found = parts.index.search(text, vector, 5)
        yield any(one.passage.note_id == note.id for one in found)


def _advisor(parts: Parts) -> tuple[bool, str, str]:
    if parts.model is None:
        return True, "No language model is set; notes are quoted word for word.", ""
    began = time.perf_counter()
    try:
        parts.model.text(Filled("Answer with one word.", "Are you there?"))
    except ModelFailed as failed:
        if failed.fault not in ANSWERS:
            return False, f"{parts.model.model}: {failed.fault}.", _fix(failed.fault, "ADVISOR")
    took = time.perf_counter() - began
    return True, f"{parts.model.model} writes the answers; it answered after {took:.1f} s.", ""


def _labeller(parts: Parts) -> tuple[bool, str, str]:
    """Whether a labelling server is there: where it fails, nobody else would notice."""
    kind = parts.settings.labeller.kind
    labeller = parts.labeller
    if isinstance(labeller, CorrectedLabeller):
        labeller = labeller.beneath
    if not isinstance(labeller, ServedLabeller):
        return True, "What a model writes is labelled in this process.", ""
    began = time.perf_counter()
    try:
        (one,) = labeller.served.label(["Ask her what she needs from you."])
    except AdvisorFailed as failed:
        says = f"{kind}: {failed.reason}; the classifier of this process labels."
        return False, says, _fix(failed.reason, "LABELLER")
    if not one.confidence:
        fix = "Set TIGHTROPE_LABELLER__MODEL to a model that keeps to a JSON schema."
        return False, f"{kind}: the server answers, and not with a label.", fix
    return True, f"{kind} labels; it answered after {time.perf_counter() - began:.1f} s.", ""


def _fix(fault: str, part: str) -> str:
    """What to do about a server that fails, by the fault."""
    names = f"TIGHTROPE_{part}__"
    fixes = {
        Fault.UNREACHABLE: f"Start that server, or mend the address in {names}BASE_URL.",
        Fault.REFUSED: f"Check {names}API_KEY and {names}MODEL: one of them is not known there.",
        Fault.QUOTA: "Raise the quota or the budget with whoever runs that server.",
        Fault.BUSY: "Ask again in a few minutes; if it stays busy, it needs more room.",
        Fault.GARBLED: f"{names}BASE_URL must be an OpenAI-compatible address ending in /v1.",
    }
    other = f"Check {names}BASE_URL, {names}API_KEY and {names}MODEL, and that server's log."
    return fixes.get(Fault(fault), other)


def _tokens(parts: Parts) -> tuple[bool, str, str]:
    """What days cost that are over, and on which five people or more asked something ordinary."""
    of_five = {
        one.day
        for one in parts.counts.counted()
        if one.risk is Risk.NONE and one.people >= PEOPLE_AT_LEAST
    }
    spent = parts.spending.days()
    if not spent:
        return True, "The language model has cost nothing yet.", ""
    days = [one for one in spent if one.day in of_five]
    if not days:
        return True, "No day to tell of: fewer than five people asked, or it is not over yet.", ""
    turns = sum(one.turns for one in days)
    latest = days[0]
    return (
        True,
        (
            f"{latest.day}: {latest.turns} turns, {latest.tokens_in:,} tokens in, "
            f"{latest.tokens_out:,} out, {latest.seconds / latest.turns:.1f} s a turn. "
            f"{len(days)} days of five people or more within {KEPT_DAYS}: {turns} turns, "
            f"{sum(one.tokens_in for one in days):,} tokens in, "
            f"{sum(one.tokens_out for one in days):,} out, "
            f"{sum(one.seconds for one in days) / turns:.1f} s a turn."
        ),
        "",
    )


def _address(parts: Parts) -> tuple[bool, str, str]:
    server = parts.settings.server
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((server.host, server.port)) == 0
    where = f"{server.host}:{server.port}"
    return True, f"{where} is {'in use (a running Tightrope?)' if taken else 'free'}.", ""


_LOOKS: dict[str, Callable[[Parts], tuple[bool, str, str]]] = {
    "embedder": _embedder,
    "index": _index,
    "advisor": _advisor,
    "labeller": _labeller,
    "tokens": _tokens,
    "address": _address,
}
