"""``stream-bridge schema lint`` and ``schema check``: what is wrong, and whom a version breaks."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console.options import StrictOption
from bridge.cli.console.output import Console, ExitCode, plural
from bridge.cli.schema.options import LIMIT_S, Format, FormatOption, SchemasOption, schemas_folder
from bridge.errors import ConfigurationError, Problem
from bridge.schemas.compatibility.verdict import Mode, Policy


def lint(
    console: Console,
    schemas: SchemasOption = None,
    strict: StrictOption = False,
    output: FormatOption = Format.TEXT,
) -> int:
    """Check every schema, meta.yaml and example: form, names, docs, sunsets, limits of registries.

    Exits 0 when all is fine, 3 when something is wrong; warnings count only with --strict.
    """
    from bridge.cli.schema.forms import write_report
    from bridge.cli.schema.report import Report, cases_by_file
    from bridge.schemas.evolution.lint import lint as find
    from bridge.schemas.finding import counts

    folder = schemas_folder(schemas)
    found, findings = find(folder, datetime.now(UTC).date())
    wrong = [f for f in findings if counts(f, strict=strict)]
    files: list[str] = []
    if found is not None:
        files = [schema.file for schema in (*found, *found.shared.values())] + [
            meta.file for meta in found.metas.values()
        ]
    warnings = len(findings) - len(wrong)
    document = {"fine": not wrong, "counts": {"error": len(wrong), "warning": warnings}}
    report = Report("lint", cases_by_file(str(folder), sorted(files), findings), document, strict)
    write_report(console, report, output)
    reported = [f"{len(wrong)} wrong"] if wrong else []
    reported += [plural(warnings, "warning")] if warnings else []
    seen = plural(len(found), "version") if found is not None else "the folder cannot be used"
    console.say(f"{folder}: {seen}: {', '.join(reported) or 'fine'}")
    return ExitCode.CONFIGURATION if wrong else ExitCode.OK


def check(
    console: Console,
    old: Annotated[
        str | None, typer.Argument(metavar="OLD", help="A file, or TYPE@VERSION of the folder.")
    ] = None,
    new: Annotated[str | None, typer.Argument(metavar="NEW", help="The same, for the newer schema.")] = None,
    schemas: SchemasOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Also compare with git:REF, dir:PATH, glue://REGISTRY or eventbridge://REGISTRY.",
            metavar="WHERE",
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            help='Read lines of {"id", "old", "new", "mode", "policy"} and answer each with a line.',
            metavar="FILE|-",
        ),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            help="For two schemas and pairs: BACKWARD, FORWARD, FULL, each also _TRANSITIVE, or NONE.",
            case_sensitive=False,
            metavar="MODE",
        ),
    ] = None,
    policy: Annotated[
        Policy | None,
        typer.Option(help="For two schemas and pairs: how both are interpreted.", case_sensitive=False),
    ] = None,
    limit: Annotated[
        float, typer.Option(min=0.01, help="Maximum seconds for one pair, after which it is unproven.")
    ] = LIMIT_S,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check the folder again whenever a file changes, until Ctrl-C.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Compare every pair again; read and write no cache.")
    ] = False,
    output: FormatOption = Format.TEXT,
) -> int:
    """Prove that versions are compatible, or show an event that would break a consumer.

    Without OLD and NEW, checks all versions of every type of the folder, by the modes of registry.yaml and
    meta.yaml. Also refuses edits of published versions, and version numbers that understate the change.

    Exits 0 when compatible, 2 when not compatible, 4 when not proven, 3 when the input cannot be used. With
    --pairs: 0 when every line was answered. With --watch: the code of the last check.
    """
    if watch and (pairs is not None or old is not None):
        raise typer.BadParameter("--watch is for a whole folder")
    if pairs is not None:
        if old is not None or against is not None:
            raise typer.BadParameter("--pairs reads everything from its lines")
        return _check_pairs(console, pairs, mode, policy, limit)
    if old is not None:
        if new is None:
            raise typer.BadParameter("give two schemas, the older one first")
        if against is not None:
            raise typer.BadParameter("--against is for a whole folder")
        return _check_two(console, (old, new), schemas, mode, policy, limit, output)
    if mode is not None or policy is not None:
        where = "registry.yaml and meta.yaml say how a folder is checked"
        raise typer.BadParameter(f"{where}; --mode and --policy are for two schemas, and for pairs")
    if watch and output not in (Format.TEXT, Format.JSON):
        raise typer.BadParameter("--watch writes text or JSON")
    return _check_folder(console, schemas_folder(schemas), against, limit, output, watch, no_cache)


def _check_folder(
    console: Console,
    folder: Path,
    against: str | None,
    limit_s: float,
    output: Format,
    watched: bool,
    no_cache: bool,
) -> int:
    from bridge.cli.schema.folder import check_folder
    from bridge.cli.schema.verdicts import known_verdicts

    verdicts = known_verdicts(console, folder, cached=not no_cache)
    check = partial(check_folder, console, folder, against, limit_s, output, verdicts)
    if not watched:
        return check()
    from bridge.cli.schema.watch import watch
    from bridge.edges.local.clock import SystemClock
    from bridge.edges.local.folder_watch import changes, look

    rounds = changes(partial(look, folder), SystemClock())
    return watch(console, check, rounds, quiet=output is Format.JSON)


def _check_two(
    console: Console,
    texts: tuple[str, str],
    schemas: Path | None,
    mode: Mode | None,
    policy: Policy | None,
    limit_s: float,
    output: Format,
) -> int:
    """The verdict on one pair. A pair of one type of the folder is checked by that type's mode and policy."""
    from bridge.cli.schema.forms import write_report
    from bridge.cli.schema.pair import compare_pair
    from bridge.cli.schema.report import (
        Case,
        Report,
        break_lines,
        exit_code,
        least_bump,
        unproven_lines,
    )
    from bridge.schemas.documents.places import with_places
    from bridge.schemas.evolution.pairs import comparison_json

    pair = compare_pair(texts, schemas, mode, policy, limit_s)
    found, mode, policy = pair.found, pair.found.mode, pair.found.policy
    name = f"{pair.old.name} → {pair.new.name}"
    document = {
        "old": pair.old.name, "new": pair.new.name, "mode": str(mode), "policy": str(policy),
        **comparison_json(found),
    }  # fmt: skip
    details = [line for each in found.breaks for line in break_lines(each)]
    details += [line for each in found.unproven for line in unproven_lines(each)]
    case = Case(f"{mode} {policy}", name, tuple(with_places(pair.findings())), "\n".join(details))
    write_report(console, Report("check", (case,), document), output)
    if output is Format.TEXT:
        console.show(f"{found.verdict}: {name} ({mode}, {policy}){least_bump(found)}")
    return exit_code(found.verdict)


def _check_pairs(
    console: Console, source: str, mode: Mode | None, policy: Policy | None, limit_s: float
) -> int:
    """Answer every line of a file, or of stdin for ``-``, in order; blank lines are skipped.

    Each answer is flushed: a program may write a line, read the answer, and write the next line.
    """
    from bridge.cli.console.live import calm_collector
    from bridge.schemas.compatibility.compare import Comparer
    from bridge.schemas.evolution.pairs import answer_line

    mode, policy = mode or Mode.FULL_TRANSITIVE, policy or Policy.VIEWS
    try:
        stream = nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        message = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ConfigurationError([Problem(source, 0, 0, "", message)]) from error
    compare = Comparer(limit_s=limit_s).compare
    answered = 0
    with stream as lines, calm_collector():
        for line in lines:
            if line.strip():
                console.write(answer_line(line, compare, mode=mode, policy=policy))
                console.flush()
                answered += 1
    if not answered:
        console.say("the input has no pairs: write one JSON object per line")
    return ExitCode.OK
