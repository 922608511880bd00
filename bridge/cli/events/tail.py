"""``stream-bridge tail``: show events as they arrive, from a queue or from a bus."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import Aws, ForceOption, OutputOption, seconds
from bridge.cli.console.output import Console, ExitCode, Output, plural
from bridge.cli.events.watch import TailFilter, Takes, Watch
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.edges.sqs.tail_queue import TailQueue
    from bridge.ports.clock import Clock


def tail(
    console: Console,
    aws: Aws,
    bus: Annotated[
        str | None, typer.Option(help="Watch a bus, through a temporary rule and queue.", metavar="NAME")
    ] = None,
    queue: Annotated[str | None, typer.Option(help="Watch an existing SQS queue.", metavar="URL")] = None,
    type_glob: Annotated[
        str, typer.Option("--type", help="Only these types, such as 'com.example.user.*'.", metavar="GLOB")
    ] = "",
    subject: Annotated[str, typer.Option(help="Only these subjects, such as 'user/*'.", metavar="GLOB")] = "",
    pattern: Annotated[
        str | None,
        typer.Option(
            help="Only events that this EventBridge pattern over the CloudEvent matches.", metavar="JSON"
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after this number of events.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="Stop after this time, such as 30s or 5m.", metavar="TIME")
    ] = None,
    delete: Annotated[
        bool, typer.Option(help="With --queue: remove the events that are shown from the queue.")
    ] = False,
    force: ForceOption = False,
    clean_up: Annotated[bool, typer.Option(help="Remove what killed tails left behind, and exit.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show events as they arrive, with their changes. With --output json, prints one JSON line per event.

    --bus creates a temporary rule and queue (stream-bridge-tail-...) and removes them at the end. A new rule
    may need a minute before AWS applies it. What a killed tail left is removed by the next start, or by
    --clean-up, three minutes later.

    --queue only reads: messages stay, but each is hidden from other consumers for two seconds at a time and
    its receive count rises, so a queue with a dead-letter queue is refused. --delete removes what is shown,
    so that other consumers never see it; what is not shown is hidden from them for half a minute.

    Ctrl-C stops it. Exits 4 when the time was up before --limit was reached.
    """
    from bridge.cli.console.live import stopped_by_signals
    from bridge.edges.local.clock import SystemClock

    if not clean_up and (bus is None) == (queue is None):
        raise BridgeError("there is nothing to watch", hint="give either --bus NAME or --queue URL")
    wanted = TailFilter(type_glob, subject, None if pattern is None else _pattern(pattern))
    for_s = math.inf if duration is None else seconds("--for", duration)
    client = aws.clients()
    clock = SystemClock()
    if clean_up:
        return _clean_up(console, client, clock)
    stop = threading.Event()
    takes: Takes = "all" if queue is None else "shown" if delete else "nothing"
    end_s = clock.monotonic() + for_s
    watch = Watch(console, wanted, stop, clock, limit, end_s, output is Output.JSON, takes)
    with stopped_by_signals(stop.set, console, finished="ending"), ExitStack() as closing:
        if queue is not None:
            instead = "watch the bus (--bus), remove what is shown (--delete)"
            source, renew = (
                existing_queue(console, client, queue, instead, delete=delete, force=force),
                _nothing,
            )
        else:
            assert bus is not None  # noqa: S101 - checked above
            source, renew = _own_queue(console, client, bus, wanted, clock, closing)
        watch.run(source, renew)
    watch.sum_up()
    reached = limit is None or watch.shown >= limit
    return ExitCode.OK if reached or stop.is_set() else ExitCode.PARTLY


def _pattern(argument: str) -> dict[str, Any]:
    from bridge.cli.events.pattern import read_json, valid_pattern

    return valid_pattern(read_json(argument, "the pattern"))


def _nothing() -> None:
    """An existing queue needs no renewal."""


# --- where events come from ----------------------------------------------------------------------


def existing_queue(
    console: Console,
    client: Callable[[str], Any],
    url: str,
    instead: str,
    *,
    delete: bool = False,
    force: bool = False,
) -> TailQueue:
    """A queue that others read too. ``instead`` says what else to do if reading would lose messages."""
    from bridge.edges.sqs.tail_queue import LOOK_S, TailQueue

    source = TailQueue(client("sqs"), url, take=delete)
    if delete:
        console.say("every event that is shown is removed from the queue", style="yellow")
        return source
    if source.has_dead_letters() and not force:
        raise BridgeError(
            "the queue moves messages that are received too often to a dead-letter queue, and watching counts"
            " as receiving",
            hint=f"{instead}, or insist with --force",
        )
    text = f"only reading: messages stay in the queue, hidden from others for {LOOK_S} s at a time"
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
    except BridgeError as error:  # what others left must not prevent watching
        console.say(f"cannot search for what killed tails left: {error.message}", style="yellow")
    rule = TemporaryRule(events, sqs, bus, secrets.token_hex(6))
    advice = "`tail --clean-up` removes it in three minutes"
    closing.callback(remove, console, rule.remove, rule.name, advice)
    source = TailQueue(sqs, rule.make(wanted.rule_pattern(), clock.now()), take=True)
    console.say(
        f"watching {bus} through rule and queue {rule.name}; Ctrl-C stops and removes them", style="dim"
    )
    renewed_s = clock.monotonic()

    def renew() -> None:
        nonlocal renewed_s
        if clock.monotonic() - renewed_s >= RENEW_S:
            rule.renew(clock.now())
            renewed_s = clock.monotonic()

    return source, renew


def remove(console: Console, remove_it: Callable[[], None], name: str, advice: str = "") -> None:
    """Remove something temporary at the end. If that fails, say so: nothing else depends on it."""
    try:
        remove_it()
    except BridgeError as error:
        text = f"{name} could not be removed: {error.message}" + (f"; {advice}" if advice else "")
        console.say(text, style="red")


def _clean_up(console: Console, client: Callable[[str], Any], clock: Clock) -> int:
    from bridge.edges.eventbridge.temporary_rule import remove_stale

    removed = remove_stale(client("events"), client("sqs"), clock.now())
    for name in removed:
        console.show(name)
    console.say(f"removed {plural(len(removed), 'rule with its queue', 'rules with their queues')}")
    return ExitCode.OK
