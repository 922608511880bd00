"""Findings for those who review a change: a comment in Markdown, and SARIF for code scanning."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

import bridge
from bridge.cli.console.output import plural
from bridge.cli.schema.report import Report, example_lines, shown_path
from bridge.errors import Problem
from bridge.schemas.evolution.merged import merge_findings
from bridge.schemas.finding import Finding, rule_of

COMMENT_CHARS: Final = 60_000
"""GitHub takes 65,536 characters in a comment, GitLab more."""
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&@])")


# --- Markdown ---------------------------------------------------------------------------------------


def markdown(report: Report) -> str:
    """A comment for a pull request. Its first line is the same in every run, so that a bot can find its
    earlier comment and replace it. It never exceeds ``COMMENT_CHARS``."""
    findings = merge_findings(report.findings)
    wrong = [finding for finding in findings if report.counts(finding)]
    others = [finding for finding in findings if not report.counts(finding)]
    verdict = f"{len(wrong)} wrong" if wrong else "fine"
    verdict += f", {plural(len(others), 'warning')}" if others else ""
    head = f"<!-- stream-bridge schema {report.verb} -->\n### Schemas, `schema {report.verb}`: {verdict}\n"
    blocks = [_block(finding, wrong=True) for finding in wrong]
    blocks += [_block(finding, wrong=False) for finding in others]
    kept = list(_fitting(blocks, COMMENT_CHARS - len(head) - 200))
    left = len(blocks) - len(kept)
    rest = f"\n{plural(left, 'finding')} more: see the output of `schema {report.verb}`.\n" if left else ""
    return (head + "".join(kept) + rest).rstrip("\n")


def _fitting(blocks: Sequence[str], room: int) -> Iterator[str]:
    for block in blocks:
        room -= len(block)
        if room < 0:
            return
        yield block


def _block(finding: Problem, *, wrong: bool) -> str:
    place = shown_path(finding.file) + (f":{finding.line}" if finding.line else "")
    at = f" {_code(finding.path)}" if finding.path else ""
    lines = [
        "",
        f"**{'Wrong' if wrong else 'Warning'}**: {_escaped(finding.message)} ({_code(rule_of(finding))})  ",
        f"{_code(place)}{at}",
    ]
    if isinstance(finding, Finding) and finding.example:
        lines += ["", f"{_escaped(finding.shows)}:", "", *_fenced(finding.example)]
    if finding.suggestion:
        lines += ["", f"**Fix**: {_escaped(finding.suggestion)}"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line: no link, no HTML, no mention of a person."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("\\@", "@\u200b")


def _code(text: str) -> str:
    text = " ".join(text.split())
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    inside = f" {text} " if "`" in text else text
    return f"{ticks}{inside}{ticks}"


def _fenced(text: str) -> list[str]:
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return [f"{fence}json", " ".join(text.splitlines()), fence]


# --- SARIF ------------------------------------------------------------------------------------------


def sarif(report: Report) -> str:
    """One run in SARIF 2.1.0, as GitHub's code scanning and other viewers read it."""
    findings = merge_findings(report.findings)
    rules = sorted({rule_of(finding) for finding in findings})
    driver = {
        "name": "stream-bridge",
        "semanticVersion": bridge.__version__,
        "rules": [
            {"id": rule, "name": rule, "shortDescription": {"text": f"schema {rule}"}} for rule in rules
        ],
    }
    results = [_result(report, finding, rules.index(rule_of(finding))) for finding in findings]
    run = {"tool": {"driver": driver}, "automationDetails": {"id": f"stream-bridge/schema-{report.verb}/"},
           "columnKind": "unicodeCodePoints", "results": results}  # fmt: skip
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(report: Report, finding: Problem, index: int) -> dict[str, Any]:
    where = f"{finding.path}: " if finding.path else ""
    lines = [where + finding.message, *example_lines(finding), finding.suggestion]
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(shown_path(finding.file), safe="/")}}
    if finding.line:
        location["region"] = {"startLine": finding.line, "startColumn": max(finding.column, 1)}
    same = f"{rule_of(finding)}\0{shown_path(finding.file)}\0{finding.path}\0{finding.message}"
    return {
        "ruleId": rule_of(finding),
        "ruleIndex": index,
        "level": "error" if report.counts(finding) else "warning",
        "message": {"text": "\n".join(filter(None, lines))},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"finding/v1": hashlib.sha256(same.encode()).hexdigest()[:32]},
    }
