"""``schema check OLD NEW``: two schemas, wherever they stand."""

from __future__ import annotations

from pathlib import Path

from bridge.cli.console.output import Console
from bridge.cli.schema.options import Format
from bridge.cli.schema.pair import Named, name_pair
from bridge.cli.schema.report import Case, Report, write_report
from bridge.cli.schema.verdict import break_lines, exit_code, unproven_lines
from bridge.schemas.compatibility.compare import compare
from bridge.schemas.compatibility.verdict import Comparison, Mode, Policy, Verdict
from bridge.schemas.documents.places import with_places
from bridge.schemas.evolution.pairs import comparison_json
from bridge.schemas.finding import Finding


def check_two(
    console: Console,
    texts: tuple[str, str],
    schemas: Path | None,
    mode: Mode | None,
    policy: Policy | None,
    limit_s: float,
    output: Format,
) -> int:
    """The verdict on one pair; a pair of one type of the folder is judged by that type's mode and policy."""
    old, new, documents, defaults = name_pair(texts, schemas)
    mode, policy = mode or defaults[0], policy or defaults[1]
    found = compare(
        old.document, new.document, mode=mode, policy=policy, documents=documents, limit_s=limit_s
    )
    findings = with_places(_findings(old, new, found))
    name = f"{old.name} → {new.name}"
    document = {
        "old": old.name, "new": new.name, "mode": str(mode), "policy": str(policy), **comparison_json(found),
    }  # fmt: skip
    details = [line for each in found.breaks for line in break_lines(each)]
    details += [line for each in found.unproven for line in unproven_lines(each)]
    case = Case(f"{mode} {policy}", name, tuple(findings), "\n".join(details))
    write_report(console, Report("check", (case,), document), output)
    if output is Format.TEXT:
        least = "" if found.verdict is Verdict.INVALID else f", at least a {found.bump} version"
        if found.verdict is Verdict.COMPATIBLE and found.bump == "none":
            least = ", they say the same"
        console.show(f"{found.verdict}: {name} ({mode}, {policy}){least}")
    return exit_code(found.verdict)


def _findings(old: Named, new: Named, found: Comparison) -> list[Finding]:
    if found.verdict is Verdict.INVALID:
        # which of the two it is stands before the problem: "old: /type: …"
        wrong = old if found.problem.startswith("old: ") else new
        return [Finding(wrong.file, 0, 0, "", found.problem, rule="invalid")]
    findings = [
        Finding(new.file, 0, 0, each.new_pointer or "", each.message, each.hint, rule=each.rule)
        for each in found.breaks
    ]
    return findings + [
        Finding(new.file, 0, 0, each.new_pointer or "", each.message, rule="unproven")
        for each in found.unproven
    ]
