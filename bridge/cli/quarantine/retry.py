"""``stream-bridge quarantine retry``: process quarantined records again after a fix."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import Aws, OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output, visible
from bridge.cli.quarantine.redrive import Pace, warn_of_ledger
from bridge.cli.quarantine.verbs import Wanted
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.redrive import Retried, Retry


def retry(
    console: Console,
    project: Project,
    wanted: Wanted,
    pace: Pace,
    aws: Aws,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="The ids that list prints, or the records' own ids."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Retry every entry.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish the events of quarantined records that are valid now, marked `redriven`.

    Removes an entry once its record has ended. An entry that fails again stays unchanged, with its first
    reason. With --output json, prints one line per entry on stdout.

    Exits 0 when every selected entry has ended, 4 when some stay.
    """
    from bridge.cli.console.live import ConsoleLines
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.wiring.redrive import Redriving

    quiet_libraries()
    filtered = wanted != Wanted()
    if bool(names) + filtered + everything != 1:
        raise BridgeError(
            "choose the entries: by ids, by --reason, --type, --entity, --since and --until, or by --all",
            hint="`stream-bridge quarantine list` lists the entries",
        )
    configuration = project.load(console)
    # Warnings on single records would repeat what is printed for each entry below.
    telemetry = LineTelemetry(ConsoleLines(console), level="error")
    work = Redriving(configuration, aws.clients(telemetry), telemetry, pace.rate, pace.dry_run).retry()
    warn_of_ledger(console, configuration.settings)
    counts: Counter[str] = Counter()
    selection = wanted.selection()
    with closing(_entries(work, names) if names else work.selected(selection)) as entries:
        for done in islice(entries, pace.limit):
            counts[done.end or "not an entry"] += 1
            if output is Output.JSON:
                console.write(json.dumps(_as_dict(done)).encode())
            else:
                _report(console, done)
    text = ", ".join(f"{count} {end.replace('_', ' ')}" for end, count in counts.items())
    console.say((text or "no entry was selected") + pace.note)
    stays = counts.total() - counts["published"] - counts["without_event"]
    return ExitCode.PARTLY if stays else ExitCode.OK


def _entries(work: Retry, names: list[str]) -> Generator[Retried]:
    for name in names:
        yield from work.named(name)


def _report(console: Console, done: Retried) -> None:
    if done.end in ("published", "without_event"):
        return
    why = done.why.replace("_", " ")
    if done.again is not None:
        why = f"{done.again.reason}: {done.again.message}" + (
            f" - {done.again.hint}" if done.again.hint else ""
        )
    elif done.found is not None and done.found.error is not None:
        why = done.found.error.message
    console.say(visible(f"{done.record_id or done.name}: stays: {why}"), style="yellow")


def _as_dict(done: Retried) -> dict[str, Any]:
    again = done.again
    failed = {} if again is None else {"reason": again.reason, "message": again.message, "hint": again.hint}
    error = done.found.error if done.found is not None else None
    return {
        "id": done.name,
        "record_id": done.record_id,
        "end": done.end,
        "why": done.why if error is None else error.message,
        "removed": done.removed,
        **failed,
    }
