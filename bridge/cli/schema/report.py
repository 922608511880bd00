"""Findings and verdicts in the forms that people, programs and build servers read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from rich.text import Text

from bridge.cli.console.output import ExitCode
from bridge.errors import Problem
from bridge.schemas.compatibility.verdict import Break, Bump, Comparison, Unproven, Verdict
from bridge.schemas.evolution.promises import BREAKS_WHOM, EXAMPLE_CHARS
from bridge.schemas.finding import Finding, counts, rule_of

# XML 1.0, section 2.2: characters that no document may hold, escaped or not
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_EXIT_CODES: Final = {
    Verdict.COMPATIBLE: ExitCode.OK,
    Verdict.INCOMPATIBLE: ExitCode.DIFFERENCES,
    Verdict.UNPROVEN: ExitCode.PARTLY,
    Verdict.INVALID: ExitCode.CONFIGURATION,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was checked, and its findings. ``detail`` is shown below them."""

    suite: str
    name: str
    findings: tuple[Problem, ...] = ()
    detail: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a verb found. ``document`` holds the members of its JSON besides the findings."""

    verb: str
    cases: tuple[Case, ...]
    document: dict[str, Any]
    strict: bool = False

    @property
    def findings(self) -> list[Problem]:
        return [finding for case in self.cases for finding in case.findings]

    def counts(self, problem: Problem) -> bool:
        return counts(problem, strict=self.strict)


def line_of(finding: Problem) -> Text:
    """``severity file:line:column pointer: message [rule] — suggestion``."""
    where = f"{finding.file}:{finding.line}:{finding.column}" if finding.line else finding.file
    line = Text(f"{finding.severity:<7}", style="yellow" if finding.severity == "warning" else "red")
    line.append(f" {where} ", style="not bold default")
    line.append(f"{finding.path}: {finding.message}" if finding.path else finding.message, style="default")
    line.append(f" [{rule_of(finding)}]", style="dim")
    return line.append(f" — {finding.suggestion}", style="default") if finding.suggestion else line


def as_document(finding: Problem) -> dict[str, Any]:
    return {
        "rule": rule_of(finding),
        "severity": finding.severity,
        "file": finding.file,
        "line": finding.line or None,
        "column": finding.column or None,
        "path": finding.path,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }


def annotation(finding: Problem, *, strict: bool = False) -> str:
    """A workflow command of GitHub Actions (docs: Workflow commands, "Setting an error message")."""
    level = "error" if counts(finding, strict=strict) else "warning"
    places = {"file": shown_path(finding.file), "title": f"schema {rule_of(finding)}"}
    if finding.line:
        places |= {"line": str(finding.line), "col": str(finding.column)}
    properties = ",".join(f"{name}={_property(value)}" for name, value in places.items())
    message = f"{finding.path}: {finding.message}" if finding.path else finding.message
    lines = [message, *example_lines(finding), finding.suggestion]
    return f"::{level} {properties}::" + _data("\n".join(filter(None, lines)))


def example_lines(finding: Problem) -> list[str]:
    """What the example of a finding shows, and the example."""
    has_example = isinstance(finding, Finding) and finding.example
    return [finding.shows, finding.example] if has_example and isinstance(finding, Finding) else []


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def shown_path(file: str) -> str:
    """Annotations need paths relative to the root of the checkout, where such steps run."""
    path = Path(file)
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    absolute = path if path.is_absolute() else Path.cwd() / path
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else path.as_posix()


def junit(report: Report) -> bytes:
    """JUnit's XML as Jenkins, GitLab and GitHub's reporters read it: a suite for each group of cases."""
    suites: dict[str, list[Case]] = {}
    for case in report.cases:
        suites.setdefault(case.suite, []).append(case)
    root = ET.Element("testsuites", _totals(report, report.cases, f"schema {report.verb}"))
    for name, cases in suites.items():
        suite = ET.SubElement(root, "testsuite", _totals(report, cases, name))
        for case in cases:
            _case(report, suite, case)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _totals(report: Report, cases: Sequence[Case], name: str) -> dict[str, str]:
    failures = sum(any(map(report.counts, case.findings)) for case in cases)
    skipped = sum(bool(case.skipped) for case in cases)
    counts = {"tests": len(cases), "failures": failures, "errors": 0, "skipped": skipped}
    return {"name": _xml(name), **{key: str(count) for key, count in counts.items()}, "time": "0"}


def _case(report: Report, suite: ET.Element, case: Case) -> None:
    attributes = {"classname": _xml(case.suite), "name": _xml(case.name), "time": "0"}
    element = ET.SubElement(suite, "testcase", attributes)
    if case.skipped:
        ET.SubElement(element, "skipped", {"message": _xml(case.skipped)})
    failed = [finding for finding in case.findings if report.counts(finding)]
    if failed:
        attributes = {"message": _xml(failed[0].message), "type": rule_of(failed[0])}
        failure = ET.SubElement(element, "failure", attributes)
        failure.text = _xml("\n".join([*map(_plain, failed), case.detail]).strip())
    reported = [finding for finding in case.findings if not report.counts(finding)]
    if reported:
        ET.SubElement(element, "system-out").text = _xml("\n".join(map(_plain, reported)))


def _plain(finding: Problem) -> str:
    return line_of(finding).plain


def _xml(text: str) -> str:
    return _NO_XML.sub("�", text)


def cases_by_file(suite: str, files: Iterable[str], findings: Iterable[Problem]) -> tuple[Case, ...]:
    """A case for each file that was checked, and for each file with a finding."""
    found: dict[str, list[Problem]] = {file: [] for file in files}
    for finding in findings:
        found.setdefault(finding.file, []).append(finding)
    return tuple(Case(suite, file, tuple(each)) for file, each in found.items())


# --- verdicts --------------------------------------------------------------------------------------


def exit_code(*verdicts: Verdict) -> ExitCode:
    """The worst verdict decides: unusable input, then a break, then an unproven question."""
    for verdict in (Verdict.INVALID, Verdict.INCOMPATIBLE, Verdict.UNPROVEN):
        if verdict in verdicts:
            return _EXIT_CODES[verdict]
    return ExitCode.OK


def break_lines(found: Break) -> list[str]:
    """The lines below the first line of a break."""
    refused_by = "new" if found.produced_by == "old" else "old"
    return [
        f"        {BREAKS_WHOM[found.direction]} ({found.direction})",
        f"        valid by the {found.produced_by} schema, refused by the {refused_by}: {_example(found)}",
        f"        where: {_place(found.old_pointer)} in the old, {_place(found.new_pointer)} in the new",
    ]


def unproven_lines(found: Unproven) -> list[str]:
    whom = BREAKS_WHOM[found.direction].replace(" break ", " against ")
    return [f"        not decided: {whom} ({found.reason})"]


def least_bump(found: Comparison) -> str:
    """What to add to a verdict: the smallest version that the mode allows."""
    if found.verdict is Verdict.INVALID:
        return ""
    if found.verdict is Verdict.COMPATIBLE and found.bump is Bump.NONE:
        return ", no difference"
    other = f" ({found.bump} in a mode of both directions)" if found.needed is not found.bump else ""
    return f", at least a {found.needed} version{other}"


def _place(pointer: str | None) -> str:
    return "nowhere" if pointer is None else pointer or "the whole"


def _example(found: Break) -> str:
    text = json.dumps(found.example, ensure_ascii=False)
    return text if len(text) <= EXAMPLE_CHARS else f"{text[:EXAMPLE_CHARS]}… ({len(text)} characters)"
