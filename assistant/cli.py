"""The `tightrope` command: parse, call, print. Heavy libraries load only in the command that
needs them, so that `--help` answers at once. Exit codes: 0 done, 1 the machine, 2 the person."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli_accounts import add_arguments, run_account
from assistant.cli_privacy import (
    add_backup_arguments,
    add_erase_arguments,
    add_export_arguments,
    add_rekey_arguments,
    run_audit,
    run_backup,
    run_erase,
    run_export,
    run_rekey,
)
from assistant.errors import TightropeError, UserMistake
from assistant.logs import set_up_logs

if TYPE_CHECKING:
    from assistant.build import Parts
    from assistant.domain import Answer, Brief
    from assistant.gaps import GapReport
    from assistant.rehearsal import Player, Rehearsal


TERMINAL = "terminal"
"""Whose the chats and rehearsals in the terminal are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a person's mistake never shows a traceback."""
    os.umask(0o077)  # what is written here is about people: for whoever runs this alone
    options = _parser().parse_args(arguments)
    set_up_logs()
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except TightropeError as error:
        print(f"tightrope: {error}", file=sys.stderr)
        return 2 if isinstance(error, UserMistake) else 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away: `tightrope ask … | head`
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tightrope",
        description="A coach for managers: labelled advice that rests on what coaches wrote.",
        epilog='Example: tightrope ask "My best engineer has gone quiet since the reorg."',
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    ask = _command(
        commands,
        "ask",
        _ask,
        "answer one question, or a file of them",
        'tightrope ask "Nobody speaks in my meetings." --format json',
    )
    ask.add_argument("question", nargs="?", help="the situation; read from standard input if -")
    ask.add_argument(
        "--batch",
        type=Path,
        metavar="FILE.jsonl",
        help="one {id, text} a line; goes on after a stop",
    )
    ask.add_argument("--out", type=Path, metavar="FILE.jsonl", help="where the answers go")

    _command(commands, "chat", _chat, "talk in the terminal", "tightrope chat")
    rehearse = _command(
        commands,
        "rehearse",
        _rehearse,
        "practise a hard conversation",
        'tightrope rehearse "I must tell Sam that the promotion goes to someone else." --how hard',
    )
    rehearse.add_argument("story", help="what it is about, and with whom")
    rehearse.add_argument("--how", choices=("easy", "medium", "hard"), default="medium")
    serve = _command(commands, "serve", _serve, "serve the page", "tightrope serve --port 8080")
    serve.add_argument("--host", help="address to listen on (TIGHTROPE_SERVER__HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (TIGHTROPE_SERVER__PORT)")
    _command(
        commands, "ingest", _ingest, "bring the index in step with the notes", "tightrope ingest"
    )
    check = _command(
        commands,
        "check",
        _check,
        "find what to mend in the notes",
        "tightrope check knowledge/feedback",
    )
    check.add_argument("paths", nargs="*", type=Path, help="notes or folders; all if none is given")
    check.add_argument("--quick", action="store_true", help="do not look for near-duplicate moves")
    imports = _command(
        commands,
        "import",
        _import,
        "turn Markdown, text, HTML, PDF and Word files into draft notes",
        "tightrope import handbook.pdf notes/",
    )
    imports.add_argument("paths", nargs="+", type=Path, help="files, or folders of them")
    gaps = _command(
        commands,
        "gaps",
        _gaps,
        "show what managers ask that no note answers, and which notes need a coach",
        "tightrope gaps --write-stubs",
    )
    gaps.add_argument("--write-stubs", action="store_true", help="a draft to fill for each gap")
    gaps.add_argument("--limit", type=_positive, default=10, help="how many gaps (10)")
    search = _command(
        commands,
        "search",
        _search,
        "show which notes fit a question",
        'tightrope search "he is always late"',
    )
    search.add_argument("question")
    search.add_argument("--limit", type=_positive, default=5, help="how many notes (5)")
    label = _command(
        commands,
        "label",
        _label,
        "label a piece of advice",
        'tightrope label "Say why the change matters to you."',
    )
    label.add_argument("text", nargs="+")
    add_arguments(
        _command(
            commands,
            "account",
            _account,
            "add, change and shut out those who may sign in",
            "tightrope account add ada@example.com --role coach",
        )
    )
    add_export_arguments(
        _command(
            commands,
            "export",
            _export,
            "write everything that is kept of a person, at their request",
            "tightrope export ada@example.com --to ada",
        )
    )
    add_erase_arguments(
        _command(
            commands,
            "erase",
            _erase,
            "erase everything that is kept of a person, at their request",
            "tightrope erase ada@example.com --yes",
        )
    )
    add_backup_arguments(
        _command(
            commands,
            "backup",
            _backup,
            "copy what people wrote, also while Tightrope runs, and delete copies that are too old",
            "tightrope backup /backup/tightrope --keep 30",
        )
    )
    _command(commands, "audit", _audit, "show and check the audit log", "tightrope audit")
    add_rekey_arguments(
        _command(
            commands,
            "rekey",
            _rekey,
            "encrypt what people wrote with another key; stop Tightrope first",
            "tightrope rekey /etc/tightrope/key-2027",
        )
    )
    _command(
        commands,
        "counts",
        _counts,
        "show how many turns of each kind a day had, of five people or more",
        "tightrope counts",
    )
    evals = _command(
        commands,
        "eval",
        _eval,
        "measure search, triage, balance and labels on golden sets",
        "tightrope eval --questions knowledge/golden/test.jsonl --html report.html",
    )
    evals.add_argument("--questions", type=Path, metavar="FILE.jsonl", help="golden questions")
    evals.add_argument("--labels", type=Path, metavar="FILE.jsonl", help="labelled statements")
    evals.add_argument("--answers", action="store_true", help="check the answers themselves too")
    evals.add_argument("--html", type=Path, metavar="FILE.html", help="write a report with plots")
    evals.add_argument("--save", type=Path, metavar="FILE.json", help="keep the figures")
    evals.add_argument(
        "--baseline", type=Path, metavar="FILE.json", help="kept figures to compare with"
    )
    _command(
        commands,
        "doctor",
        _doctor,
        "check that everything works, with a fix for what does not",
        "tightrope doctor",
    )
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], what: str, example: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=what, description=what[0].upper() + what[1:] + ".", epilog=f"Example: {example}"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=run)
    return command


# --- commands -----------------------------------------------------------------------------------


def _ask(options: argparse.Namespace) -> int:
    if options.batch and options.question is not None:
        raise UserMistake("Give either a question or --batch FILE.jsonl, not both.")
    if options.batch:
        return _ask_batch(options)
    if options.out:
        raise UserMistake("--out belongs to --batch; for one answer: tightrope ask … > FILE.")
    question = sys.stdin.read() if options.question == "-" else options.question
    if question is None:
        raise UserMistake('Say what is going on: tightrope ask "…", or --batch FILE.jsonl.')
    _print_answer(options, _ready().coach.answer(question))
    return 0


def _ask_batch(options: argparse.Namespace) -> int:
    from assistant.cli_batch import Batch

    if not options.out:
        raise UserMistake("Say where the answers go: --out FILE.jsonl.")
    batch = Batch(options.batch, options.out)
    if batch.goes_on:
        print(batch.goes_on, file=sys.stderr)
    coach = _ready().coach
    batch.run(lambda question: list(coach.answer(question))[-1], _progress("answered"))
    return 0


def _chat(options: argparse.Namespace) -> int:
    parts, conversation = _ready(), uuid.uuid4().hex
    days = parts.settings.privacy.keep_days
    kept = f"for {days} days" if days else "until you erase it"
    print("Tell me what is going on. An empty line ends the chat.")
    print(
        f"It is kept on this machine {kept}; this erases every chat of the terminal: "
        f"tightrope erase {TERMINAL} --yes"
    )
    while question := _line("\n> "):
        answers = parts.coach.answer(question, owner=TERMINAL, conversation=conversation)
        _print_answer(options, answers)
    return 0


def _rehearse(options: argparse.Namespace) -> int:
    from assistant.build import build_player
    from assistant.exchanges import Exchanges
    from assistant.phrases import phrase
    from assistant.rehearsal import prepare
    from assistant.triage import DECLINED

    _refuse_wordless(options.story)
    parts = _ready()
    if help_first := parts.coach.urgent(options.story):
        print(help_first)
        return 0
    brief, retrieved = parts.coach.understand(options.story)
    if brief.risk in DECLINED or not parts.coach.covers(retrieved):
        print(phrase(brief.language, "not_covered"))
        return 0
    rehearsal = prepare(brief, options.how)
    exchanges, began = Exchanges(), time.time()
    player = build_player(parts, TERMINAL, exchanges)
    if player is None or options.format == "json":
        _print(options, rehearsal, _rehearsal_text(rehearsal))
        return 0
    try:
        _talk(parts, player, rehearsal, brief)
    finally:  # one that is broken off has cost something, too
        parts.allowance.count(None, exchanges.cost, began)
    return 0


def _talk(parts: Parts, player: Player, rehearsal: Rehearsal, brief: Brief) -> None:
    """The rehearsal line by line, then the look back; what a fault costs is one answer."""
    from assistant.errors import AdvisorFailed
    from assistant.rehearsal import review, say

    print("You begin. An empty line ends the rehearsal.")
    while said := _line("\n> "):
        if help_first := parts.coach.urgent(said):
            print(help_first)
            return
        try:
            rehearsal = say(rehearsal, said, player)
        except AdvisorFailed:
            print("The language model does not answer just now. Say it again, or end here.")
            continue
        print(rehearsal.lines[-1].text)
    if not rehearsal.lines:
        print(_rehearsal_text(rehearsal))
        return
    library = parts.coach.knowledge().notes.values()
    for act in review(rehearsal, brief, library, parts.coach.acts):
        print(f"\n{act.name.replace('_', ' ')} ({act.label}): {act.count}")
        print(f"   {act.advice.text}" if act.advice else "   No note found speaks of it.")


def _rehearsal_text(rehearsal: Rehearsal) -> str:
    lines = ["Words to try:", *(f"   “{script}”" for script in rehearsal.scripts)]
    lines += ["", "In the talk:"]
    lines += [f"   {one.label}: {one.text}" for one in rehearsal.checklist]
    lines += ["", "Afterwards, ask yourself:", *(f"   {one}" for one in rehearsal.questions)]
    return "\n".join(lines)


def _line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        return ""


def _serve(options: argparse.Namespace) -> int:
    from assistant.settings import load_settings

    given = {"host": options.host, "port": options.port}
    server = {name: value for name, value in given.items() if value is not None}
    settings = load_settings(**({"server": server} if server else {}))
    from ui.app import serve

    serve(settings, _progress("embedded"))
    return 0


def _ingest(options: argparse.Namespace) -> int:
    report = _parts().ingest(_progress("embedded"))
    done = "Index built" if report.changed else "Nothing has changed"
    text = [f"{done}: {report.notes} notes, {report.passages} passages."]
    text += [report.rebuilt] if report.rebuilt else []
    text += [f"{path}: has errors; its last good version serves." for path in report.kept_back]
    text += [str(problem) for problem in report.problems]
    _print(options, report, "\n".join(text))
    return 0


def _check(options: argparse.Namespace) -> int:
    from assistant.build import build_vectors
    from assistant.check import check
    from assistant.settings import load_settings

    settings = load_settings()
    vectors = None if options.quick else build_vectors(settings)
    problems = check(
        settings.knowledge, options.paths, vectors=vectors, progress=_progress("compared")
    )
    errors = sum(problem.severity == "error" for problem in problems)
    lines = [f"{problem.severity}: {problem}" for problem in problems]
    lines.append(
        f"{errors} errors, {len(problems) - errors} warnings." if problems else "All well."
    )
    _print(options, problems, "\n".join(lines))
    return 2 if errors else 0


def _import(options: argparse.Namespace) -> int:
    from assistant.build import build_reader
    from assistant.importing import import_files, summary
    from assistant.settings import load_settings

    knowledge = load_settings().knowledge
    table = import_files(options.paths, knowledge, build_reader(), _progress("read"))
    lines = [
        f"{one.verdict:<8}  {one.path}{' -> ' if one.drafts else ''}{', '.join(one.drafts)}"
        + "".join(f"\n          {reason}" for reason in one.reasons)
        for one in table
    ]
    _print(options, table, "\n".join([*lines, summary(table)]))
    return 0 if any(one.verdict != "refused" for one in table) else 2


def _gaps(options: argparse.Namespace) -> int:
    from dataclasses import replace
    from datetime import date

    from assistant.gaps import write_stubs

    parts = _ready()
    report = parts.gaps(date.today())
    report = replace(report, gaps=report.gaps[: options.limit])
    written = write_stubs(report, parts.settings.knowledge) if options.write_stubs else []
    text = [_gaps_text(report), *(f"Wrote {path}." for path in written)]
    _print(options, {"report": report, "written": written}, "\n".join(text))
    return 0


def _search(options: argparse.Namespace) -> int:
    from assistant.triage import DECLINED

    _refuse_wordless(options.question)
    coach = _ready().coach
    brief, retrieved = coach.understand(options.question)
    fits = coach.covers(retrieved) and brief.risk not in DECLINED
    hits = [
        {
            "note": hit.note.id,
            "title": hit.note.title,
            "topics": list(hit.note.topics),
            "score": round(hit.score, 4),
            "passage": hit.found[0].passage.text,
            "similarity": round(hit.found[0].similarity, 4),
        }
        for hit in retrieved.hits[: options.limit]
        if fits
    ]
    near = [f"Near: {hit.note.title} ({hit.note.id})" for hit in retrieved.hits[: options.limit]]
    lines = [
        f"{hit['score']:.3f}  {hit['title']} ({hit['note']})\n       {hit['passage']}"
        for hit in hits
    ]
    _print(options, hits, "\n".join(lines or ["Nothing fits.", *near]))
    return 0


def _label(options: argparse.Namespace) -> int:
    _refuse_wordless(*options.text)
    labelled = _ready().labeller.label(options.text)
    lines = [
        f"{one.label} ({one.confidence:.2f}, {one.theme}): {text}"
        for text, one in zip(options.text, labelled, strict=True)
    ]
    _print(options, labelled, "\n".join(lines))
    return 0


def _account(options: argparse.Namespace) -> int:
    accounts, text = run_account(options, _parts())
    _print(options, accounts, text)
    return 0


def _export(options: argparse.Namespace) -> int:
    from ui.kept import readable

    paths, text = run_export(options, _parts(), readable)
    _print(options, paths, text)
    return 0


def _erase(options: argparse.Namespace) -> int:
    erased, text = run_erase(options, _parts())
    _print(options, erased, text)
    return 0


def _backup(options: argparse.Namespace) -> int:
    done, text = run_backup(options)
    _print(options, done, text)
    return 0


def _audit(options: argparse.Namespace) -> int:
    found, text, whole = run_audit(options, _parts())
    _print(options, found, text)
    return 0 if whole else 1


def _rekey(options: argparse.Namespace) -> int:
    done, text = run_rekey(options)
    _print(options, done, text)
    return 0


def _counts(options: argparse.Namespace) -> int:
    from assistant.counts import readable, told

    found = told(_parts().counts.counted())
    _print(options, found, readable(found))
    return 0


def _eval(options: argparse.Namespace) -> int:
    from assistant.evaluation.baseline import compare, load, other_sets, save
    from assistant.evaluation.report import as_text, can_be_written
    from assistant.evaluation.report_html import write_html
    from assistant.evaluation.run import evaluate
    from assistant.evaluation.sets import read_sets
    from assistant.settings import load_settings

    knowledge = load_settings().knowledge
    questions, labels = options.questions, options.labels
    if questions is None and labels is None:
        golden = knowledge / "golden"
        questions, labels = golden / "test.jsonl", golden / "statements.jsonl"
    if options.answers and questions is None:
        raise UserMistake("There are no answers without questions: add --questions FILE.jsonl.")
    sets = read_sets(questions, labels)
    before = load(options.baseline) if options.baseline else {}
    for path in filter(None, (options.save, options.html)):
        can_be_written(path)
    parts = _ready()
    asks_a_model = options.answers and parts.settings.uses_a_model
    if asks_a_model:
        most = len(sets.questions)
        print(
            f"{parts.settings.advisor.model} is asked about up to {most} questions.",
            file=sys.stderr,
        )
    evaluated = evaluate(
        parts.coach,
        parts.labeller,
        knowledge,
        sets,
        with_answers=options.answers,
        dropped=parts.gate.dropped,
        progress=_progress("measured"),
    )
    figures = evaluated.figures
    changes, others = compare(figures, before), other_sets(figures, before)
    shown = {**figures, **({"changes": changes} if options.baseline else {})}
    _print(options, shown, as_text(figures, changes, others))
    if options.save:
        save(figures, options.save)
    if options.html:
        write_html(evaluated, changes, options.html, others)
    if asks_a_model and not figures["answers"]["written_by_model"]:
        print(
            "tightrope: the language model wrote none of these answers, so the figures say "
            "nothing of it. See `answers.notices` and `answers.advice_dropped` for why.",
            file=sys.stderr,
        )
        return 1
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from assistant.doctor import examine
    from assistant.settings import load_settings

    findings = examine(load_settings())
    lines = [
        f"{'ok  ' if one.well else 'FIX '} {one.what}: {one.says}"
        + (f" {one.fix}" if one.fix else "")
        for one in findings
    ]
    _print(options, findings, "\n".join(lines))
    return 0 if all(one.well for one in findings) else 1


# --- what commands share ------------------------------------------------------------------------


def _parts() -> Parts:
    from assistant.build import build
    from assistant.settings import load_settings

    return build(load_settings())


def _ready() -> Parts:
    """Everything wired, and the index in step with the notes."""
    parts = _parts()
    parts.ingest(_progress("embedded"))
    return parts


def _progress(done: str) -> Callable[[int, int], None]:
    from assistant.progress import bar

    return bar(done)


def _print(options: argparse.Namespace, value: Any, text: str) -> None:
    from assistant.domain import to_json

    if options.format == "json":
        print(json.dumps(to_json(value), ensure_ascii=False, indent=2))
    else:
        print(text)


def _print_answer(options: argparse.Namespace, answers: Iterator[Answer]) -> None:
    """An answer as it comes, piece by piece; as JSON once it is whole."""
    from assistant.cli_answers import answer_pieces
    from ui.texts import texts

    if options.format == "json":
        *_, last = answers
        _print(options, last, "")
        return
    shown: list[str] = []
    for answer in answers:
        pieces = answer_pieces(answer, texts(answer.language))
        if pieces[: len(shown)] != shown:  # the notes speak in place of a model that failed
            print("\n…\n")
            shown = []
        for piece in pieces[len(shown) :]:
            print(piece, flush=True)
        shown = pieces


def _refuse_wordless(*said: str) -> None:
    """Of a text without a letter or a digit anything would be said, and with confidence."""
    if not all(any(letter.isalnum() for letter in text) for text in said):
        raise UserMistake('There is no word in what you gave. Put the text in quotes: "…".')


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _gaps_text(report: GapReport) -> str:
    lines = [
        f"{gap.demand:6.1f}  {', '.join(gap.names)}\n"
        f"        {gap.questions} questions of at least {gap.people} people, "
        f"lack {gap.lack:.2f}; near: " + ", ".join(title for _, title in gap.near)
        for gap in report.gaps
    ]
    lines = lines or ["No gap that at least five people share."]
    lines += [f"{report.too_few} groups of fewer than five people are not shown."]
    lines += [f"Review overdue by {days} days: {path}" for path, days in report.stale]
    lines += [f"Nearly the same ({near}): {one} and {two}" for one, two, near in report.duplicates]
    lines += [f"May contradict ({near}): {one} and {two}" for one, two, near in report.opposed]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
