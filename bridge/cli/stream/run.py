"""``stream-bridge run``: an event source mapping on this machine, until it is stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import (
    STATE_FOLDER,
    Aws,
    CheckpointsOption,
    OutputOption,
    Project,
    seconds,
)
from bridge.cli.console.output import Console, ExitCode, Output, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.edges.cloudwatch.telemetry import LineTelemetry
    from bridge.relay.accounts import Account
    from bridge.stream.mapping.stats import BatchReport, RunnerStats
    from bridge.stream.runners import Runners

_WAIT_S = 0.2
STOP_S = 23.0
"""How long after a signal the process lives at most. Kubernetes kills after 30 s by default."""


def run(
    console: Console,
    project: Project,
    aws: Aws,
    state: CheckpointsOption = None,
    until_caught_up: Annotated[
        bool, typer.Option(help="Stop once every shard has been read to its end.")
    ] = False,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table. Repeatable.", metavar="NAME")
    ] = None,
    wait: Annotated[
        str,
        typer.Option(help="How long to wait for another run that uses the state folder.", metavar="D"),
    ] = "30s",
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish the changes of the configured tables as events, until stopped.

    Follows Lambda's rules for an event source mapping. SIGTERM or Ctrl-C finishes the current batch and
    exits 0, within 25 seconds: what has not answered by then comes again. The next start continues at the
    checkpoint, also after kill -9. Exits 4 when records were given up, or had left the stream before they
    were read.

    One run at a time uses a state folder. During a rolling restart the new one waits for the old one to end;
    with --wait 0s it is refused at once.
    """
    from bridge.cli.console.live import ConsoleLines
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.relay.accounts import Account
    from bridge.wiring.bridge import build_sinks
    from bridge.wiring.run import build_runners, hold_state

    quiet_libraries()
    configuration = project.load(console, warn=True)
    telemetry = LineTelemetry(
        ConsoleLines(console), level=configuration.settings.telemetry.level or "warning"
    )
    client = aws.clients(telemetry)
    sinks = build_sinks(configuration.settings, client, telemetry)
    folder = state or project.config.parent / STATE_FOLDER
    wait_s = seconds("--wait", wait)
    ages_ms: dict[str, int] = {}

    def on_batch(name: str, report: BatchReport) -> None:
        ages_ms[name] = report.iterator_age_ms

    def on_wait(holder: str) -> None:
        console.say(f"waiting up to {wait_s:g} s for {holder}, which uses {folder}", style="dim")

    with hold_state(folder, wait_s, on_wait):
        runners = build_runners(
            configuration, sinks, client, telemetry, state=folder, tables=table or (), on_batch=on_batch
        )
        try:
            console.say(
                f"running {', '.join(runners.names)} to {', '.join(sinks)}; checkpoints in {folder}",
                style="dim",
            )
            _until_stopped(runners, console, telemetry, ages_ms, caught_up=until_caught_up)
            stats = runners.stats()
        finally:
            runners.close()
    account = Account.of(telemetry.counts)
    _sum_up(console, account, stats, output)
    lost = any(each.given_up or each.positions_trimmed for each in stats.values())
    return ExitCode.PARTLY if lost else ExitCode.OK


def _until_stopped(
    runners: Runners,
    console: Console,
    telemetry: LineTelemetry,
    ages_ms: Mapping[str, int],
    *,
    caught_up: bool,
) -> None:
    from bridge.cli.console.live import Live, stopped_by_signals
    from bridge.relay.accounts import Account

    with stopped_by_signals(runners.stop, console, within_s=STOP_S), Live(console) as live:
        runners.start(until="caught_up" if caught_up else "stopped")
        while not runners.wait(_WAIT_S):
            age_ms = max(list(ages_ms.values()), default=0)
            live.report(Account.of(telemetry.counts), f"iterator age {age_ms / 1000:.1f} s")


def _sum_up(console: Console, account: Account, stats: Mapping[str, RunnerStats], output: Output) -> None:
    from bridge.cli.console.live import progress_line

    if output is Output.JSON:
        tables: dict[str, Any] = {name: asdict(each) for name, each in stats.items()}
        console.write_json({**asdict(account), "tables": tables})
        return
    console.say(progress_line(account))
    for name, each in stats.items():
        if each.given_up:
            console.say(
                f"{name}: {plural(each.given_up, 'record was', 'records were')} given up", style="red"
            )
        if each.positions_trimmed:
            positions = plural(each.positions_trimmed, "position was", "positions were")
            text = "records had left the stream before they were read; reconcile the table"
            console.say(f"{name}: {positions} trimmed: {text}", style="red")
