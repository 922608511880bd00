"""``stream-bridge redrive``: process batches that were given up again."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import Aws, OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output, plural, visible

if TYPE_CHECKING:
    from bridge.redrive import Hole, Redriven
    from bridge.settings import Settings


@dataclass(frozen=True)
class Pace:
    """How fast and how far to redrive, and whether at all."""

    rate: Annotated[
        float | None, typer.Option(help="Maximum records per second; no limit by default.", min=0.1)
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(help="Maximum number of batches or entries; default all.", min=1, metavar="N"),
    ] = None
    dry_run: Annotated[bool, typer.Option(help="Show the result; publish, settle and remove nothing.")] = (
        False
    )

    @property
    def note(self) -> str:
        return " (dry run: nothing was published)" if self.dry_run else ""


def redrive(
    console: Console,
    project: Project,
    pace: Pace,
    aws: Aws,
    queue: Annotated[str, typer.Option(help="URL of the on-failure queue.", metavar="URL")] = "",
    bucket: Annotated[str, typer.Option(help="Name of the on-failure bucket.")] = "",
    folder: Annotated[Path | None, typer.Option(help="On-failure folder of `run`.", metavar="DIR")] = None,
    accept_trimmed: Annotated[
        bool,
        typer.Option(
            help="Remove messages whose records the stream has trimmed, after their range is printed."
        ),
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish the changes in batches that were given up, marked `redriven`. Skips changes already settled.

    Reads mapping.on_failure of the configuration unless an option names another source. Removes a message,
    object or file once all of its records have ended. With --output json, prints one line per batch on
    stdout.

    Exits 0 when everything found is settled, 4 when something stays.
    """
    from bridge.cli.console.live import ConsoleLines, Live, progress_line
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.edges.local.failures import DirectoryFailureSource
    from bridge.redrive import redrive as redrive_all
    from bridge.relay.accounts import Account
    from bridge.wiring.redrive import Redriving, build_source, find_home

    quiet_libraries()
    configuration = project.load(console)
    settings = configuration.settings
    telemetry = LineTelemetry(ConsoleLines(console), level=settings.telemetry.level or "warning")
    client = aws.clients(telemetry)
    source = build_source(settings, client, queue=queue, bucket=bucket, folder=folder)
    home = find_home(settings, client, local=isinstance(source, DirectoryFailureSource))
    redriver = Redriving(configuration, client, telemetry, pace.rate, pace.dry_run).redriver(home)
    warn_of_ledger(console, settings)
    states: Counter[str] = Counter()
    removed = 0
    with (
        closing(redrive_all(source, redriver, accept_trimmed=accept_trimmed, dry=pace.dry_run)) as batches,
        Live(console) as live,
    ):
        for done in islice(batches, pace.limit):
            states[done.state] += 1
            removed += done.removed
            if output is Output.JSON:
                console.write_json(_as_dict(done), indent=False)
            _report(console, done)
            live.report(Account.of(telemetry.counts), plural(states.total(), "batch", "batches"))
    batches_text = ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing to redrive"
    console.say(f"batches: {batches_text}; {removed} removed{pace.note}")
    account = Account.of(telemetry.counts)
    if account.received:
        console.say(progress_line(account))
    stays = states["left"] or (states["trimmed"] and not accept_trimmed)
    return ExitCode.PARTLY if stays else ExitCode.OK


def warn_of_ledger(console: Console, settings: Settings) -> None:
    """Without a lasting ledger, a redriven change cannot be distinguished from one that was settled."""
    if settings.ledger.kind != "dynamodb":
        console.say(
            f"warning: ledger.kind is {settings.ledger.kind}: changes of these batches that were already "
            "published are published again, with the same ids",
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
        f"{plural(hole.records, 'record')} of {hole.stream_arn}, {hole.shard_id} from {hole.first} to "
        f"{hole.last}, written {hole.first_time or '?'} to {hole.last_time or '?'}, left the stream; "
        f"their keys are unknown; `stream-bridge reconcile run{since}` finds what they changed"
    )


def _as_dict(done: Redriven) -> dict[str, Any]:
    reported = asdict(done)
    reported["counts"] = {name: done.counts[name] for name in ("received", *_ENDS)}
    return reported


_ENDS = ("published", "without_event", "quarantined", "returned")
