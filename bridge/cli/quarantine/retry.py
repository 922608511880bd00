"""``stream-bridge quarantine retry``: quarantined records go through the walk again after a fix."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from itertools import islice
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
from bridge.cli.quarantine.redrive import DryRunOption, LimitOption, RateOption, warn_of_ledger
from bridge.cli.quarantine.verbs import ReasonOption, SinceOption, TypeOption, UntilOption, selection_of
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.redrive import Retried, Retry


def retry(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As list names them; or the records' own ids."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    reason: ReasonOption = "",
    event_type: TypeOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every entry there is.")] = False,
    rate: RateOption = None,
    limit: LimitOption = None,
    dry_run: DryRunOption = False,
    env_file: EnvFileOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish what was quarantined and now becomes its events, marked `redriven`.

    An entry is removed once its record has ended; one that fails again stays as it is, with its old reason.
    With --output json a line an entry on stdout. Exit code 0 when every one selected has ended, 4 when some
    stay.
    """
    from bridge.cli.console.live import ConsoleLines
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.wiring.clients import client_factory
    from bridge.wiring.redrive import build_retry

    console: Console = context.obj
    quiet_libraries()
    filtered = any((reason, event_type, since, until))
    if bool(names) + filtered + everything != 1:
        raise BridgeError(
            "say which entries: ids, or --reason, --type, --since and --until, or --all",
            hint="`stream-bridge quarantine list` names what there is",
        )
    configuration = read_configuration(console, config, env_file)
    # What it would say of each record is told below, once.
    telemetry = LineTelemetry(ConsoleLines(console), level="error")
    client = client_factory(endpoint_url=endpoint_url, region=region)
    work = build_retry(configuration, client, telemetry, rate=rate, dry=dry_run)
    warn_of_ledger(console, configuration.settings)
    counts: Counter[str] = Counter()
    selection = selection_of(reason, event_type, since, until)
    with closing(_entries(work, names) if names else work.selected(selection)) as entries:
        for done in islice(entries, limit):
            counts[done.end or "no entry"] += 1
            if output is Output.JSON:
                console.write(json.dumps(_as_dict(done)).encode())
            else:
                _report(console, done)
    text = ", ".join(f"{count} {end.replace('_', ' ')}" for end, count in counts.items())
    console.say((text or "nothing selected") + (" (dry run: nothing was sent)" if dry_run else ""))
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
