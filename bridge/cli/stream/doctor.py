"""``stream-bridge doctor``: check that the live setup can keep the promises, and show how to fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from bridge.cli.console.options import (
    STATE_FOLDER,
    Aws,
    CheckpointsOption,
    OutputOption,
    Project,
    StateOption,
)
from bridge.cli.console.output import Console, ExitCode, Output

if TYPE_CHECKING:
    from bridge.doctor import Finding, Severity

_STYLES: Final[dict[Severity, str]] = {
    "ok": "green",
    "warning": "yellow",
    "problem": "red",
    "unknown": "magenta",
}


def doctor(
    console: Console,
    project: Project,
    aws: Aws,
    function: Annotated[
        str | None,
        typer.Option(help="The bridge's Lambda function, if several read a stream.", metavar="NAME"),
    ] = None,
    checkpoints: CheckpointsOption = None,
    state: StateOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Check streams, mappings, sinks, ledger and quarantine in AWS, and show how to fix what is wrong.

    Changes nothing. Exits 0 when all is fine, 2 when something was found or could not be checked, 1 when
    nothing could be checked.
    """
    from bridge.doctor import verdict_of
    from bridge.wiring.doctor import Doctor

    config = project.config
    configuration = project.load(console, warn=True)
    folder = state or config.parent / STATE_FOLDER
    runner = checkpoints or config.parent / STATE_FOLDER
    findings = Doctor(configuration, config, aws.clients(), folder, function, runner).examine()
    verdict = verdict_of(findings)
    counts = {name: sum(each.severity == name for each in findings) for name in _STYLES}
    if output is Output.JSON:
        console.write_json(
            {"fine": verdict == "fine", "counts": counts, "findings": [_document(each) for each in findings]}
        )
    else:
        console.show(*map(_line, findings))
        summary = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        console.say(f"{config}: {summary}")
    if verdict == "blind":
        console.fail("nothing could be checked", "each finding names the missing permission or connection")
        return ExitCode.ERROR
    return ExitCode.OK if verdict == "fine" else ExitCode.DIFFERENCES


def _line(finding: Finding) -> Text:
    line = Text(f"{finding.severity:<7}", style=_STYLES[finding.severity])
    line.append(f" {finding.check} {finding.about}: {finding.message}", style="not bold default")
    return line.append(f" — {finding.fix}", style="default") if finding.fix else line


def _document(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "about": finding.about,
        "severity": finding.severity,
        "message": finding.message,
        "fix": finding.fix,
    }
