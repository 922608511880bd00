"""``schema check`` of a whole folder, also compared with what is published elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.cli.console.output import Console, ExitCode, plural
from bridge.cli.schema.forms import write_report
from bridge.cli.schema.options import Format
from bridge.cli.schema.report import (
    Case,
    Report,
    break_lines,
    cases_by_file,
    exit_code,
    unproven_lines,
)
from bridge.cli.schema.verdicts import KnownVerdicts
from bridge.errors import BridgeError, ConfigurationError, Problem
from bridge.ports.registry import RegistryAddress
from bridge.schemas.compatibility.verdict import Verdict
from bridge.schemas.documents.lock_problems import find_unlocked
from bridge.schemas.documents.places import with_places
from bridge.schemas.documents.schema_set import SchemaSet, Validators
from bridge.schemas.documents.source import SchemaSource
from bridge.schemas.evolution.against import Delta, FilesSource, files_in, find_delta
from bridge.schemas.evolution.pairs import comparison_json
from bridge.schemas.evolution.promises import Judged, TypeReport, check_types, expired_waivers
from bridge.schemas.evolution.sunsets import find_sunsets
from bridge.schemas.evolution.upcasts import find_upcast_problems
from bridge.schemas.evolution.usable import find_unusable
from bridge.schemas.semver import Version


def check_folder(
    console: Console,
    folder: Path,
    against: str | None,
    limit_s: float,
    output: Format,
    verdicts: KnownVerdicts,
    shown: Callable[[str], bool] | None = None,
) -> int:
    """Check every type. ``against`` names where else to compare with. With ``shown``, the check is one of
    many: types about which nothing is new and wrong are left out unless they are to be shown, and JSON is one
    line."""
    today = datetime.now(UTC).date()
    try:
        found = SchemaSet.load(folder, Validators.ON_USE)
    except ConfigurationError as error:
        return _unusable(console, folder, error.problems, output, one_line=shown is not None)
    if not found:  # "fine" would hide a mistyped path in CI
        return _unusable(console, folder, found.warnings, output, one_line=shown is not None)
    delta = find_delta(found, open_source(against, folder)) if against is not None else None
    comparing = verdicts.comparing(found.documents, limit_s)
    reports = list(check_types(found, comparing.compare, today=today))
    unusable = list(find_unusable(found, reports))
    if unusable:
        problems = [*unusable, *found.warnings]
        return _unusable(console, folder, problems, output, one_line=shown is not None)
    verdicts.store(comparing)
    lines = {report.type: _type_line(report) for report in reports}
    news = verdicts.news(lines)
    listed = [
        each for each in reports if shown is None or shown(each.type) or not each.fine or each.type in news
    ]
    cases = [case for report in listed for case in _cases(report)]
    if delta is not None:
        cases += cases_by_file(delta.source, (), with_places(delta.findings))
    cases += cases_by_file("lock", (), _unlocked(found))
    cases += cases_by_file("sunset", (), find_sunsets(found, today))
    cases += cases_by_file("waiver", (), expired_waivers(found, today, _unproven(reports)))
    cases += cases_by_file("upcast", (), with_places(find_upcast_problems(found)))
    cases += cases_by_file("folder", (), with_places(found.warnings))
    wrong = [finding for case in cases for finding in case.findings if finding.severity == "error"]
    code = _code(reports, delta, wrong)
    document = {
        "fine": code is ExitCode.OK,
        "types": [_type_json(report) for report in listed],
        **({"against": delta.source, "added": _names(delta)} if delta is not None else {}),
    }
    write_report(console, Report("check", tuple(cases), document), output, one_line=shown is not None)
    if output is Format.TEXT:
        for report in listed:
            console.show(lines[report.type])
        for name in _names(delta) if delta is not None else ():
            console.show(f"new since {against}: {name}")
    count = sum(len(report.pairs) for report in reports)
    summary = (
        f"{plural(len(found), 'version')} of {plural(len(found.types), 'type')}, {plural(count, 'pair')}"
    )
    console.say(f"{folder}: {summary}: {plural(len(wrong), 'finding') if wrong else 'fine'}")
    return code


def _unlocked(found: SchemaSet) -> Iterator[Problem]:
    every = {**found.schemas, **found.shared}
    files = {name: each.file for name, each in every.items()}
    return find_unlocked(found.lock, found.lockable, files, found.folder or Path())


def _unusable(
    console: Console, folder: Path, problems: Sequence[Problem], output: Format, *, one_line: bool
) -> int:
    document: dict[str, Any] = {"fine": False, "types": []}
    report = Report("check", cases_by_file(str(folder), (), with_places(problems)), document)
    write_report(console, report, output, one_line=one_line)
    console.say(f"{folder}: cannot be used: {plural(len(problems), 'finding')}")
    return ExitCode.CONFIGURATION


def _code(reports: Sequence[TypeReport], delta: Delta | None, wrong: Sequence[Problem]) -> ExitCode:
    code = exit_code(*(judged.verdict for report in reports for judged in report.pairs))
    if code is ExitCode.OK or code is ExitCode.PARTLY:
        left = [f for f in wrong if getattr(f, "rule", "") not in ("unproven", "waiver")]
        changed = delta is not None and any(f.severity == "error" for f in delta.findings)
        return ExitCode.DIFFERENCES if left or changed else code
    return code


def _unproven(reports: Sequence[TypeReport]) -> set[tuple[str, Version, Version]]:
    """The pairs that nobody proved, and for which nobody vouches."""
    judged = [judged for report in reports for judged in report.pairs if judged.verdict is Verdict.UNPROVEN]
    return {(each.new.type, each.old.version, each.new.version) for each in judged}


def _cases(report: TypeReport) -> list[Case]:
    if report.skipped:
        return [Case(report.type, report.type, skipped=report.skipped)]
    if not report.pairs:
        return [Case(report.type, "one version of each major")]
    return [_case(report.type, judged) for judged in report.pairs]


def _case(type_name: str, judged: Judged) -> Case:
    lines = [line for each in judged.comparison.breaks for line in break_lines(each)]
    waived = {id(unproven) for unproven, _ in judged.waived}
    for unproven in judged.comparison.unproven:
        lines += [] if id(unproven) in waived else unproven_lines(unproven)
    name = f"{judged.old.version} → {judged.new.version}"
    if judged.promise is not None:
        name += f", as {judged.old.version} was published: {judged.promise[0]}, {judged.promise[1]}"
    return Case(type_name, name, tuple(with_places(judged.findings)), "\n".join(lines))


def _type_line(report: TypeReport) -> str:
    by = f"({report.mode}, {report.policy})"
    if report.skipped:
        return f"skipped       {report.type}: {report.skipped}"
    if not report.pairs:
        return f"compatible    {report.type}: one version of each major, nothing to compare"
    verdicts = [judged.verdict for judged in report.pairs]
    worst = next((v for v in reversed(Verdict) if v in verdicts), Verdict.COMPATIBLE)
    waived = [waiver for judged in report.pairs for _, waiver in judged.waived]
    vouched = "".join(f"; {waiver.who} vouches until {waiver.until}" for waiver in dict.fromkeys(waived))
    summary = "vouched for" if waived and worst is Verdict.COMPATIBLE else worst  # nobody proved it
    return f"{summary:<13} {report.type}: {plural(len(report.pairs), 'pair')} {by}{vouched}"


def _type_json(report: TypeReport) -> dict[str, Any]:
    return {
        "type": report.type,
        "mode": str(report.mode),
        "policy": str(report.policy),
        "skipped": report.skipped or None,
        "pairs": [
            {
                "old": str(judged.old.version),
                "new": str(judged.new.version),
                **({"promise": [str(each) for each in judged.promise]} if judged.promise is not None else {}),
                **comparison_json(judged.comparison),
                "waived": [
                    {"direction": unproven.direction, "who": waiver.who, "why": waiver.why,
                     "until": waiver.until.isoformat()}
                    for unproven, waiver in judged.waived
                ],
            }
            for judged in report.pairs
        ],
    }  # fmt: skip


def _names(delta: Delta) -> list[str]:
    return [f"{type_name} {version}" for type_name, version in delta.added]


# --- what to compare with ------------------------------------------------------------------------


class SourceNotUnderstood(BridgeError):
    """``--against`` does not name a place that can be read."""


def open_source(text: str, folder: Path) -> SchemaSource:
    """The source that ``--against`` names. Raises :class:`SourceNotUnderstood`, ``GitRefused`` or
    ``ConfigurationError``."""
    kind, colon, rest = text.partition(":")
    if text.startswith(("glue://", "eventbridge://")):
        return _open_registry(text, folder)
    if kind == "git" and colon:
        from bridge.edges.local.git import list_revision, parted, read_revision

        files = read_revision(folder, rest)
        fork = parted(folder, rest)
        return FilesSource(text, files, None if fork is None else list_revision(folder, fork))
    if kind == "dir" and colon:
        there = Path(rest)
        if not rest or not there.is_dir():
            raise SourceNotUnderstood(f"'{rest}' is not a folder", hint="write dir:../main/event_schemas")
        files = files_in(there)
        if not files:
            raise SourceNotUnderstood(
                f"{rest} contains no schemas", hint="name the folder that holds the folders of the types"
            )
        return FilesSource(text, files)
    raise SourceNotUnderstood(
        f"'{text}' is not a place to compare with",
        hint="use git:REF, dir:PATH, glue://REGISTRY or eventbridge://REGISTRY",
    )


def _open_registry(text: str, folder: Path) -> SchemaSource:
    from bridge.edges.local.clock import SystemClock
    from bridge.wiring.clients import client_factory
    from bridge.wiring.registries import open_registry_source

    try:
        address = RegistryAddress.parse(text)
    except ValueError as error:
        raise SourceNotUnderstood(f"'{text}' is {error}") from error
    client = client_factory(region=address.region)
    return open_registry_source(address, client, SchemaSet.load(folder), SystemClock())
