"""``stream-bridge tail``: events as they arrive, from a queue or from a bus."""

from __future__ import annotations

import math
import re
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.console import diff_view
from bridge.cli.console.options import EndpointOption, OutputOption, RegionOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.events.tail_filter import TailFilter
from bridge.cli.events.watch import Takes, Watch
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.edges.sqs.tail_queue import TailQueue
    from bridge.ports.clock import Clock

_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


def tail(
    context: typer.Context,
    bus: Annotated[
        str | None,
        typer.Option("--bus", help="Watch a bus, by a rule and a queue made for it.", metavar="NAME"),
    ] = None,
    queue: Annotated[
        str | None, typer.Option("--queue", help="Watch an SQS queue that is there.", metavar="URL")
    ] = None,
    type_glob: Annotated[
        str, typer.Option("--type", help="Only these types, such as 'com.example.user.*'.", metavar="GLOB")
    ] = "",
    subject: Annotated[
        str, typer.Option("--subject", help="Only these subjects, such as 'user/*'.", metavar="GLOB")
    ] = "",
    pattern: Annotated[
        str | None,
        typer.Option(
            "--pattern",
            help="Only what this EventBridge pattern over the CloudEvent matches.",
            metavar="JSON",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="End after so many events.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="End after this time, such as 30s or 5m.", metavar="TIME")
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="With --queue: take what is shown out of the queue.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --queue: even if it gives up what is received often.")
    ] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="Remove what killed tails left behind, and end.")
    ] = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show events as they arrive, with what changed; one JSON line each with --output json.

    --bus makes a rule and a queue of its own (stream-bridge-tail-...) and removes them when it ends; AWS may
    take a minute until a new rule lets anything through. What a killed tail left is removed by the next
    start, or by --clean-up, three minutes later.

    --queue only looks: messages stay, but each is hidden from other consumers for two seconds at a time and
    its receive count rises; a queue with a dead-letter queue is refused for that. --delete takes what is
    shown, so that other consumers never see it; what is not shown is hidden from them for half a minute.

    Ends with Ctrl-C. Exit code 4: the time was up before --limit was reached.
    """
    from bridge.cli.console.live import stopped_by_signals
    from bridge.edges.local.clock import SystemClock
    from bridge.wiring.clients import client_factory

    console: Console = context.obj
    if not clean_up and (bus is None) == (queue is None):
        raise BridgeError("tell what to watch", hint="give either --bus NAME or --queue URL")
    wanted = TailFilter(type_glob, subject, None if pattern is None else _pattern(pattern))
    for_s = math.inf if duration is None else seconds(duration)
    client = client_factory(endpoint_url=endpoint_url, region=region)
    clock = SystemClock()
    if clean_up:
        return _clean_up(console, client, clock)
    stop = threading.Event()
    takes: Takes = "all" if queue is None else "shown" if delete else "nothing"
    end_s = clock.monotonic() + for_s
    watch = Watch(console, wanted, stop, clock, limit, end_s, output is Output.JSON, takes)
    with stopped_by_signals(stop.set, console, finished="ending"), ExitStack() as closing:
        if queue is not None:
            source, renew = _existing_queue(console, client, queue, delete, force), _nothing
        else:
            assert bus is not None  # noqa: S101 - looked at above
            source, renew = _own_queue(console, client, bus, wanted, clock, closing)
        watch.run(source, renew)
    watch.sum_up()
    reached = limit is None or watch.shown >= limit
    return ExitCode.OK if reached or stop.is_set() else ExitCode.PARTLY


def seconds(text: str) -> float:
    """``30s``, ``5m``, ``1h`` or a number of seconds."""
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smh]?)", text)
    if match is None:
        raise BridgeError(f"--for {diff_view.visible(text)} is no time", hint="write 30s, 5m or 1h")
    return float(match[1]) * _UNITS_S[match[2] or "s"]


def _pattern(argument: str) -> dict[str, Any]:
    from bridge.cli.events.pattern import read_json, valid_pattern

    return valid_pattern(read_json(argument, "the pattern"))


def _nothing() -> None:
    """A queue that somebody else keeps needs no renewal."""


# --- where events come from ----------------------------------------------------------------------


def _existing_queue(
    console: Console, client: Callable[[str], Any], url: str, delete: bool, force: bool
) -> TailQueue:
    from bridge.edges.sqs.tail_queue import LOOK_S, TailQueue

    source = TailQueue(client("sqs"), url, take=delete)
    if delete:
        console.say("every event that is shown is taken out of the queue", style="yellow")
        return source
    if source.has_dead_letters() and not force:
        raise BridgeError(
            "the queue gives messages up that are received too often, and looking at them receives them",
            hint="watch the bus instead (--bus), take what is shown (--delete), or insist with --force",
        )
    text = f"only looking: messages stay in the queue, hidden from others for {LOOK_S} s at a time"
    console.say(text, style="yellow")
    return source


def _own_queue(
    console: Console,
    client: Callable[[str], Any],
    bus: str,
    wanted: TailFilter,
    clock: Clock,
    closing: ExitStack,
) -> tuple[TailQueue, Callable[[], None]]:
    from bridge.edges.eventbridge.temporary_rule import RENEW_S, TemporaryRule, remove_stale
    from bridge.edges.sqs.tail_queue import TailQueue

    events, sqs = client("events"), client("sqs")
    try:
        for name in remove_stale(events, sqs, clock.now()):
            console.say(f"removed {name}, which a killed tail had left", style="dim")
    except BridgeError as error:  # somebody else's remains must not keep anybody from watching
        console.say(f"cannot look for what killed tails left: {error.message}", style="yellow")
    rule = TemporaryRule(events, sqs, bus, secrets.token_hex(6))
    closing.callback(_remove, console, rule.remove, rule.name)
    source = TailQueue(sqs, rule.make(wanted.rule_pattern(), clock.now()), take=True)
    console.say(f"watching {bus} by rule and queue {rule.name}; Ctrl-C ends and removes them", style="dim")
    renewed_s = clock.monotonic()

    def renew() -> None:
        nonlocal renewed_s
        if clock.monotonic() - renewed_s >= RENEW_S:
            rule.renew(clock.now())
            renewed_s = clock.monotonic()

    return source, renew


def _remove(console: Console, remove: Callable[[], None], name: str) -> None:
    try:
        remove()
    except BridgeError as error:
        text = f"{name} could not be removed: {error.message}; `tail --clean-up` does it in three minutes"
        console.say(text, style="red")


def _clean_up(console: Console, client: Callable[[str], Any], clock: Clock) -> int:
    from bridge.edges.eventbridge.temporary_rule import remove_stale

    removed = remove_stale(client("events"), client("sqs"), clock.now())
    for name in removed:
        console.show(name)
    console.say(f"removed {len(removed)} rule{'' if len(removed) == 1 else 's'} with their queues")
    return ExitCode.OK
