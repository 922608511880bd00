"""``stream-bridge run``: the event source mapping on this machine, until it is stopped."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EnvFileOption,
    OutputOption,
    RegionOption,
    read_configuration,
)
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.relay.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.stream.mapping.stats import BatchReport, RunnerStats

STATE_FOLDER = ".stream-bridge"
_WAIT_S = 0.2


def run(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    endpoint_url: Annotated[
        str | None, typer.Option("--endpoint-url", help="Another endpoint than AWS, for every service.")
    ] = None,
    region: RegionOption = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            help=f"Folder of the checkpoints; {STATE_FOLDER} beside the configuration by default.",
            metavar="DIR",
        ),
    ] = None,
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="End once every shard was read to its end.")
    ] = False,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table; may be given again.", metavar="NAME")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Turn the changes of the configured tables into events, until stopped.

    Keeps Lambda's rules of an event source mapping. SIGTERM or Ctrl-C finishes the batch in hand and exits
    0; the next start goes on at the checkpoint, also after a kill -9. Exits 4 when records were given up or
    had left the stream before they were read.
    """
    from bridge.cli.console.live import ConsoleLines, Live, stopped_by_signals
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.wiring.bridge import build_sinks
    from bridge.wiring.clients import client_factory
    from bridge.wiring.run import build_runners

    console: Console = context.obj
    quiet_libraries()
    configuration = read_configuration(console, config, env_file)
    for warning in configuration.settings.warnings:
        console.problem(warning)
    telemetry = LineTelemetry(
        ConsoleLines(console), level=configuration.settings.telemetry.level or "warning"
    )
    client = client_factory(endpoint_url=endpoint_url, region=region)
    sinks = build_sinks(configuration.settings, client, telemetry)
    folder = state or config.parent / STATE_FOLDER
    ages_ms: dict[str, int] = {}

    def on_batch(name: str, report: BatchReport) -> None:
        ages_ms[name] = report.iterator_age_ms

    runners = build_runners(
        configuration, sinks, client, telemetry, state=folder, tables=table or (), on_batch=on_batch
    )
    try:
        console.say(
            f"running {', '.join(runners.names)} to {', '.join(sinks)}; checkpoints in {folder}", style="dim"
        )
        with stopped_by_signals(runners.stop, console), Live(console) as live:
            runners.start(until="caught_up" if until_caught_up else "stopped")
            while not runners.wait(_WAIT_S):
                age_ms = max(list(ages_ms.values()), default=0)
                live.report(Account.of(telemetry.counts), f"iterator age {age_ms / 1000:.1f} s")
        stats = runners.stats()
    finally:
        runners.close()
    account = Account.of(telemetry.counts)
    _sum_up(console, account, stats, output)
    lost = any(each.given_up or each.positions_trimmed for each in stats.values())
    return ExitCode.PARTLY if lost else ExitCode.OK


def _sum_up(console: Console, account: Account, stats: Mapping[str, RunnerStats], output: Output) -> None:
    from bridge.cli.console.live import progress_line

    if output is Output.JSON:
        tables: dict[str, Any] = {name: asdict(each) for name, each in stats.items()}
        console.write_json({**asdict(account), "tables": tables})
        return
    console.say(progress_line(account))
    for name, each in stats.items():
        if each.given_up:
            console.say(f"{name}: {each.given_up} records were given up", style="red")
        if each.positions_trimmed:
            hint = "records had left the stream before they were read: reconcile the table"
            console.say(f"{name}: {each.positions_trimmed} holes; {hint}", style="red")
