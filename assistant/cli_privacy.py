"""`tightrope export|erase|audit`: an operator acts on a person's request, and it is recorded.

`tightrope rekey|backup`: what was written stays readable, for whom it is, as long as it may.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import UserMistake

if TYPE_CHECKING:
    from assistant.build import Parts

LATEST = 20


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and where to."""
    parser.add_argument("person", help="the name that somebody signs in with, or the id")
    parser.add_argument("--to", type=Path, default=Path("export"), help="a new folder (export)")


def add_erase_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and whether it is meant."""
    parser.add_argument("person", help="the name that somebody signs in with, or the id")
    parser.add_argument("--yes", action="store_true", help="it cannot be undone, and is meant")


def run_export(
    options: argparse.Namespace, parts: Parts, readable: Callable[[dict[str, Any], str], str]
) -> tuple[dict[str, str], str]:
    """Write everything that is kept of a person, as JSON and as Markdown, for that person alone;
    `readable` puts it into the language that they chose, English where they chose none.

    Raises `UserMistake` where nothing is kept or the folder cannot be written.
    """
    owner = _owner(parts, options.person)
    export = parts.export(owner, "operator")
    written = {
        "tightrope.json": json.dumps(export, ensure_ascii=False, indent=2) + "\n",
        "tightrope.md": readable(export, export["preferences"]["language"]),
    }
    try:
        options.to.mkdir(parents=True, exist_ok=False, mode=0o700)
        for name, text in written.items():
            (options.to / name).write_text(text, "utf-8")
    except OSError as error:
        raise UserMistake(
            f"{str(options.to)!r} cannot be written ({error.strerror}). Name a new folder "
            "with --to."
        ) from error
    paths = {name: str(options.to / name) for name in written}
    advice = "Give both to the person and delete them here: nobody else may read them."
    return paths, "\n".join([*paths.values(), advice])


def run_erase(options: argparse.Namespace, parts: Parts) -> tuple[dict[str, str], str]:
    """Erase everything of a person, the account too. Raises `UserMistake` without `--yes`."""
    if not options.yes:
        raise UserMistake(
            f"This erases everything of {options.person!r} for good. If that is meant: "
            f"tightrope erase {options.person} --yes"
        )
    owner = _owner(parts, options.person)
    parts.erase(owner, "operator")
    return {"erased": owner}, f"Everything of {options.person!r} is erased."


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and for how long."""
    parser.add_argument("folder", type=Path, help="the folder of all copies")
    parser.add_argument(
        "--keep", type=int, default=30, metavar="DAYS", help="days until a copy is deleted (30)"
    )


def run_backup(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """Make a copy and let go those whose days are over. Raises `UserMistake`."""
    from assistant.build import back_up
    from assistant.settings import load_settings

    if options.keep < 1:
        raise UserMistake("A copy is kept for a day at least: --keep 30.")
    done = back_up(load_settings(), options.folder, options.keep)
    told = {"made": str(done.made), "deleted": [str(path) for path in done.gone]}
    return told, f"{done.made}\n{len(done.gone)} of more than {options.keep} days deleted."


def add_rekey_arguments(parser: argparse.ArgumentParser) -> None:
    """To which key."""
    parser.add_argument("key_file", type=Path, help="the file that holds the new key")


def run_rekey(options: argparse.Namespace) -> tuple[dict[str, bool], str]:
    """Change the key, from that of the settings to that of the file. Raises `UserMistake`."""
    from assistant.build import change_key
    from assistant.settings import load_settings

    try:
        new = options.key_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(
            f"The key file {str(options.key_file)!r} cannot be read. Make one with: "
            f"openssl rand -base64 32 > {options.key_file}"
        ) from error
    changed = change_key(load_settings(), new)
    done = "Everything is encrypted with the new key." if changed else "It is the key already."
    return {"changed": changed}, (
        f"{done} Set TIGHTROPE_PRIVACY__KEY_FILE={options.key_file}, leave "
        "TIGHTROPE_PRIVACY__KEY empty, and keep the old key for as long as backups need it."
    )


def run_audit(_: argparse.Namespace, parts: Parts) -> tuple[dict[str, Any], str, bool]:
    """The audit log, its latest entries as text, and whether it is whole."""
    from datetime import UTC, datetime

    entries, broken = parts.audit.entries(), parts.audit.broken()
    lines = [
        f"{one.number:>6}  {datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M:%S}  "
        f"{one.event:<18} {one.who} {one.about}".rstrip()
        for one in entries[-LATEST:]
    ]
    lines.append(broken or f"{len(entries)} entries; the chain holds.")
    found = {"broken": broken, "entries": [vars(one) for one in entries]}
    return found, "\n".join(lines), broken is None


def _owner(parts: Parts, person: str) -> str:
    """The id that somebody's data is kept under: of an account, or the name as it stands.

    Raises `UserMistake` where nothing is kept of such a person: the name may be misspelt.
    """
    from assistant.accounts import clean_name
    from assistant.privacy import export_of

    by_id = parts.accounts.get(person)
    named = [by_id] if by_id else parts.accounts.named(clean_name(person))
    if len(named) > 1:
        ids = ", ".join(one.id for one in named)
        raise UserMistake(f"Several people are called {person!r}. Give one's id: {ids}.")
    if named:
        return named[0].id
    nobody = export_of(parts.kept, "")
    if export_of(parts.kept, person) == {**nobody, "person": person}:
        raise UserMistake(
            f"Nothing is kept of {person!r}. Check the spelling; 'tightrope account list' shows "
            "who signs in."
        )
    return person
