"""``stream-bridge invoke``: the response of the Lambda function, without Lambda and without a bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.errors import BridgeError
from bridge.metrics import METRICS

if TYPE_CHECKING:
    from bridge.core.records.dialect import Dialect

TIMEOUT_MS = 60_000
_REQUEST_ID = "00000000-0000-4000-8000-000000000000"
_FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:stream-bridge"


def invoke(
    console: Console,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A Lambda event, or - for standard input.")],
    project: Project,
    timeout_ms: Annotated[
        int, typer.Option(min=1, help="The function's timeout in milliseconds.", metavar="N")
    ] = TIMEOUT_MS,
    output: OutputOption = Output.TEXT,
) -> int:
    """Run the Lambda handler on FILE, with memory in place of every bus and store, and print its response.

    FILE holds the JSON of one invocation: {"Records": [...]}, or only the list. The handler's log and the
    counts go to stderr.

    Exits 0 when every record was published or settled without an event, 4 when some were returned for retry
    or quarantined, 1 when the batch failed as a whole or FILE cannot be read, 3 when the configuration is
    wrong.
    """
    from bridge.cli.console.live import ConsoleLines, sum_up
    from bridge.edges.cloudwatch.telemetry import LineTelemetry
    from bridge.edges.local.clock import SystemClock
    from bridge.lambdas.stream import StreamHandler
    from bridge.ports.clock import Deadline
    from bridge.stream.mapping.invocation import InvocationContext
    from bridge.wiring.bridge import build_dry_relay

    configuration = project.load(console)
    event = _read_event(file)
    clock = SystemClock()
    as_json = output is Output.JSON
    # With text output the counts follow on a separate line.
    telemetry = LineTelemetry(ConsoleLines(console), as_json=as_json, level="info" if as_json else "warning")
    relay = build_dry_relay(configuration, telemetry, clock)
    answer = StreamHandler(relay, clock, dialect=_dialect(event)).handle(
        event, InvocationContext(_REQUEST_ID, _FUNCTION_ARN, Deadline.after(clock, timeout_ms / 1000))
    )
    console.write_json(answer, indent=False)
    counts = {name: int(telemetry.counts.get(metric, 0)) for name, metric in _COUNTS.items()}
    if not as_json:
        console.say(sum_up(counts))
    return ExitCode.PARTLY if counts["quarantined"] or counts["returned"] else ExitCode.OK


_COUNTS = {
    "received": METRICS["RecordsReceived"].name,
    "published": METRICS["RecordsPublished"].name,
    "without_event": METRICS["RecordsWithoutEvent"].name,
    "quarantined": METRICS["RecordsQuarantined"].name,
    "returned": METRICS["RecordsReturned"].name,
    "events": METRICS["EventsPublished"].name,
}


def _dialect(event: Any) -> Dialect:
    """A batch comes from one stream: its first record shows the kind."""
    from bridge.core.records.kinesis import dialect_of

    records = event.get("Records") if isinstance(event, Mapping) else None
    return dialect_of(records[0] if isinstance(records, list) and records else None)


def _read_event(file: str) -> Any:
    """The event in ``file``. Raises ``BridgeError`` with the position where it is not JSON."""
    from bridge.cli.records.files import Unreadable, opened, parse, shown_name

    with opened(file) as stream:
        event = parse(stream.read(), shown_name(file), 1)
    if isinstance(event, Unreadable):
        raise BridgeError(str(event.problem), stage="read")
    return {"Records": event} if isinstance(event, list) else event
