"""``stream-bridge doctor``: is the live set-up as the promises need it? One line a finding, with the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EnvFileOption,
    OutputOption,
    read_configuration,
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
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    function: Annotated[
        str | None,
        typer.Option("--function", help="The Lambda function, where several read a stream.", metavar="NAME"),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            help="Where runs are kept: a folder, .stream-bridge by default; or s3://bucket/prefix.",
            metavar="WHERE",
        ),
    ] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region.")] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Look at streams, mappings, sinks, ledger and quarantine in AWS, and say what to mend. Changes nothing.

    Exits 0 when all is fine, 2 when something was found or could not be seen, 1 when nothing could be seen.
    """
    from bridge.cli.stream.run import STATE_FOLDER
    from bridge.doctor import verdict_of
    from bridge.wiring.clients import client_factory
    from bridge.wiring.doctor import Doctor

    console: Console = context.obj
    configuration = read_configuration(console, config, env_file)
    for warning in configuration.settings.warnings:
        console.problem(warning)
    client = client_factory(endpoint_url=endpoint_url, region=region)
    folder = state or config.parent / STATE_FOLDER
    findings = Doctor(configuration, config, client, folder, function).examine()
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
        console.fail("nothing could be seen", "see each finding for the missing permission or connection")
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
        "mend": finding.fix,
    }
