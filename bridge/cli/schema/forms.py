"""One report in the form that ``--output`` asks for."""

from __future__ import annotations

from rich.text import Text

from bridge.cli.console.output import Console
from bridge.cli.schema.options import Format
from bridge.cli.schema.report import Report, annotation, as_document, junit, line_of
from bridge.cli.schema.review import markdown, sarif
from bridge.schemas.evolution.merged import merge_findings


def write_report(console: Console, report: Report, output: Format, *, one_line: bool = False) -> None:
    """Write the whole report to stdout, in one of its forms. ``one_line``: JSON as one of many documents."""
    if output is Format.JSON:
        findings = [as_document(each) for each in report.findings]
        console.write_json({**report.document, "findings": findings}, indent=not one_line)
    elif output is Format.JUNIT:
        console.write(junit(report))
    elif output is Format.GITHUB:
        for finding in merge_findings(report.findings):
            console.write(annotation(finding, strict=report.strict).encode())
    elif output in (Format.MARKDOWN, Format.SARIF):
        write = markdown if output is Format.MARKDOWN else sarif
        console.write(write(report).encode())
    else:
        for case in report.cases:
            console.show(*map(line_of, case.findings))
            if case.detail:
                console.show(Text(case.detail))
