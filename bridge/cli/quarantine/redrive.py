"""``stream-bridge redrive``: batches that were given up go through the walk again."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.diff_view import visible
from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EndpointOption,
    EnvFileOption,
    OutputOption,
    RegionOption,
    read_configuration,
)
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.relay.accounts import Account

if TYPE_CHECKING:
    from bridge.redrive import Hole, Redriven
    from bridge.settings import Settings

RateOption = Annotated[
    float | None,
    typer.Option("--rate", help="At most so many records a second; no limit by default.", min=0.1),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", help="At most so many; all by default.", min=1, metavar="N")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show how it would end; send, settle and remove nothing.")
]


def redrive(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    queue: Annotated[str, typer.Option("--queue", help="URL of the on-failure queue.", metavar="URL")] = "",
    bucket: Annotated[str, typer.Option("--bucket", help="Name of the on-failure bucket.")] = "",
    folder: Annotated[
        Path | None, typer.Option("--folder", help="The on-failure folder of `run`.", metavar="DIR")
    ] = None,
    rate: RateOption = None,
    limit: LimitOption = None,
    accept_trimmed: Annotated[
        bool,
        typer.Option(
            "--accept-trimmed",
            help="Remove messages whose records the stream has trimmed, once their range is told.",
        ),
    ] = False,
    dry_run: DryRunOption = False,
    env_file: EnvFileOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish what is in batches that were given up, marked `redriven`, without what was settled already.

    Takes them from mapping.on_failure of the configuration unless another place is named. A message, object
    or file is removed once all of its records have ended. With --output json a line for each on stdout. Exit
    code 0 when everything found is settled, 4 when something stays.
    """
    from bridge.cli.console.live import ConsoleLines, Live
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.redrive import redrive as redrive_all
    from bridge.wiring.clients import client_factory
    from bridge.wiring.redrive import build_redriver, build_source

    console: Console = context.obj
    quiet_libraries()
    configuration = read_configuration(console, config, env_file)
    settings = configuration.settings
    telemetry = LineTelemetry(ConsoleLines(console), level=settings.telemetry.level or "warning")
    client = client_factory(endpoint_url=endpoint_url, region=region)
    source = build_source(settings, client, queue=queue, bucket=bucket, folder=folder)
    redriver = build_redriver(configuration, client, telemetry, rate=rate, dry=dry_run)
    warn_of_ledger(console, settings)
    states: Counter[str] = Counter()
    removed = 0
    with (
        closing(redrive_all(source, redriver, accept_trimmed=accept_trimmed, dry=dry_run)) as batches,
        Live(console) as live,
    ):
        for done in islice(batches, limit):
            states[done.state] += 1
            removed += done.removed
            if output is Output.JSON:
                console.write_json(_as_dict(done), indent=False)
            _report(console, done)
            live.report(Account.of(telemetry.counts), f"{states.total()} batches")
    _sum_up(console, states, removed, Account.of(telemetry.counts), dry=dry_run)
    stays = states["left"] or (states["trimmed"] and not accept_trimmed)
    return ExitCode.PARTLY if stays else ExitCode.OK


def warn_of_ledger(console: Console, settings: Settings) -> None:
    """Without a ledger that lasts nothing tells a redriven change from one that was settled."""
    if settings.ledger.kind != "dynamodb":
        console.say(
            f"warning: ledger.kind is {settings.ledger.kind}: changes that were settled beside the failed "
            "ones are told again, with the same ids",
            style="yellow",
        )


def _report(console: Console, done: Redriven) -> None:
    if done.hole is not None:
        console.say(visible(f"{done.name}: trimmed: {_range(done.hole)}"), style="red")
    elif done.state == "left":
        text = f"{done.name}: stays: {done.why}" + (f" - {done.hint}" if done.hint else "")
        console.say(visible(text), style="yellow")


def _range(hole: Hole) -> str:
    since = f" --since {hole.first_time}" if hole.first_time else ""
    return (
        f"{hole.records} records of {hole.stream_arn}, {hole.shard_id} from {hole.first} to {hole.last}, "
        f"written {hole.first_time or '?'} to {hole.last_time or '?'}, are gone and their keys unknown; "
        f"`stream-bridge reconcile run{since}` finds what they changed"
    )


def _as_dict(done: Redriven) -> dict[str, Any]:
    reported = asdict(done)
    reported["counts"] = {name: done.counts[name] for name in ("received", *_ENDS)}
    return reported


_ENDS = ("published", "without_event", "quarantined", "returned")


def _sum_up(console: Console, states: Counter[str], removed: int, account: Account, *, dry: bool) -> None:
    from bridge.cli.console.live import progress_line

    batches = ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing is parked"
    console.say(f"batches: {batches}; {removed} removed" + (" (dry run: nothing was sent)" if dry else ""))
    if account.received:
        console.say(progress_line(account))
