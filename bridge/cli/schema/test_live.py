"""``stream-bridge schema test-live``: validate recent real events by a proposed version."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from bridge.cli.console.options import Aws, ForceOption, OutputOption, moment, seconds
from bridge.cli.console.output import Console, ExitCode, Output, plural, visible
from bridge.cli.events.tail import existing_queue, remove
from bridge.cli.schema.options import NewVersion, schemas_folder
from bridge.errors import BridgeError, Unavailable

if TYPE_CHECKING:
    from bridge.edges.eventbridge.archive import ArchiveReplay
    from bridge.edges.sqs.tail_queue import TailQueue
    from bridge.ports.clock import Clock
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.evolution.live_trial import FailureKind, Trial

_QUIET_S: Final = 3.0  # longer than a message that is only read stays hidden
_REST_S: Final = 1.0
_VALUE_CHARS: Final = 200


def try_events(
    console: Console,
    aws: Aws,
    wanted: NewVersion,
    queue: Annotated[str | None, typer.Option(help="Read events from this SQS queue.", metavar="URL")] = None,
    archive: Annotated[
        str | None, typer.Option(help="Read events from this EventBridge archive.", metavar="NAME")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="Read events from a file, or - for standard input.", metavar="F")
    ] = None,
    since: Annotated[
        str, typer.Option(help="With --archive: start time, such as 6h or 2026-01-31T12:00:00Z.")
    ] = "24h",
    until: Annotated[str, typer.Option(help="With --archive: end time.")] = "0s",
    type_name: Annotated[
        str | None,
        typer.Option(
            "--type",
            help="Only events of this type, of every major; by default the schema's type.",
            metavar="TYPE",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Stop after this number of events.")] = 1000,
    duration: Annotated[
        str, typer.Option("--for", help="Maximum time to read a queue or an archive.", metavar="TIME")
    ] = "5m",
    rule_wait: Annotated[
        str, typer.Option(help="With --archive: how long AWS may take to apply a new rule.", metavar="TIME")
    ] = "30s",
    reveal: Annotated[bool, typer.Option(help="Show the first value of each kind of failure.")] = False,
    force: ForceOption = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Count the recent events that would fail a proposed version, and show the first of each kind of failure.

    --queue only reads, as `tail` does: messages stay, each hidden from other consumers for two seconds at a
    time, and their receive count rises. --archive replays into a temporary rule and queue, which are removed
    at the end; the replay names this rule, so no other rule gets its events.

    Exits 0 when no event would fail, 2 when some would, 4 when there was no event to check.
    """
    from bridge.cli.console.live import stopped_by_signals
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.evolution.live_trial import Trial

    if [queue, archive, file].count(None) != 2:
        raise BridgeError("there are no events to read", hint="give one of --queue, --archive and --file")
    clock = SystemClock()
    from_s = moment("--since", since, clock.now).timestamp()
    to_s = moment("--until", until, clock.now).timestamp()
    if from_s >= to_s:
        raise BridgeError("--since is not before --until")
    for_s, wait_s = seconds("--for", duration), seconds("--rule-wait", rule_wait)
    proposed = wanted.read(_known(wanted))
    trial = Trial(proposed, proposed.type if type_name is None else type_name, keep_values=reveal)
    looking = _Looking(console, trial, clock, limit, clock.monotonic() + for_s)
    stopped = stopped_by_signals(looking.stop.set, console, finished="ending")
    with stopped as signals, ExitStack() as closing:
        if file is not None:
            looking.read(file)
        elif queue is not None:
            instead = "read an archive of the bus instead (--archive)"
            source = existing_queue(console, aws.clients(), queue, instead, force=force)
            looking.watch(source, delete=False, over=lambda: True)
        else:
            assert archive is not None  # noqa: S101 - checked above
            source, replay = _replayed(looking, aws.clients(), archive, (from_s, to_s), wait_s, closing)
            looking.watch(source, delete=True, over=lambda: replay.state() != "running")
            if looking.stop.is_set():
                console.say("stopped early: not every event of that time was checked", style="yellow")
            elif replay.state() == "failed":
                console.say(f"the replay {replay.name} failed: there may be more events", style="yellow")
    if output is Output.JSON:
        console.write_json(_as_json(trial, looking.strange, reveal))
    else:
        _show(console, trial, looking.strange, reveal)
    if signals:
        return 128 + signals[0]
    if not trial.looked:
        return ExitCode.PARTLY
    return ExitCode.DIFFERENCES if trial.failed else ExitCode.OK


def _known(wanted: NewVersion) -> SchemaSet | None:
    """The folder, which a schema file does not need."""
    from bridge.errors import ConfigurationError
    from bridge.schemas.documents.schema_set import SchemaSet

    try:
        return SchemaSet.load(schemas_folder(wanted.schemas))
    except ConfigurationError:
        if wanted.schema is None and wanted.schemas is None:
            return None
        raise


def _replayed(
    looking: _Looking,
    client: Callable[[str], Any],
    archive: str,
    between_s: tuple[float, float],
    wait_s: float,
    closing: ExitStack,
) -> tuple[TailQueue, ArchiveReplay]:
    """A queue that receives the archive's events, and the replay that sends them."""
    from bridge.edges.eventbridge.archive import ArchiveReplay
    from bridge.edges.eventbridge.temporary_rule import TemporaryRule
    from bridge.edges.sqs.tail_queue import TailQueue

    console, events, sqs = looking.console, client("events"), client("sqs")
    token = secrets.token_hex(6)
    replay = ArchiveReplay(events, archive, f"stream-bridge-trial-{token}")
    rule = TemporaryRule(events, sqs, replay.find_bus(), token)
    closing.callback(remove, console, rule.remove, rule.name, "`tail --clean-up` removes it")
    # Only the replayed events, not what is published meanwhile.
    pattern: dict[str, Any] = {"replay-name": [replay.name]}
    if looking.trial.type_name:
        pattern["detail-type"] = [{"prefix": looking.trial.type_name}]
    source = TailQueue(sqs, rule.make(pattern, looking.clock.now()), take=True)
    looking.renew = rule.renew
    console.say(f"replaying {archive} through rule and queue {rule.name}, which Ctrl-C removes", style="dim")
    if not looking.stop.wait(wait_s):
        closing.callback(remove, console, replay.cancel, f"replay {replay.name}")
        replay.start(*between_s, rule.arn)
    return source, replay


@dataclass(slots=True)
class _Looking:
    """Puts events through a trial until ``stop`` is set, ``limit`` events were checked or ``end_s``
    (monotonic) has passed."""

    console: Console
    trial: Trial
    clock: Clock
    limit: int
    end_s: float
    stop: threading.Event = field(default_factory=threading.Event)
    strange: int = 0
    """Number of messages or records that hold no CloudEvent."""
    renew: Callable[[float], None] | None = None
    _renewed_s: float = 0.0

    def read(self, file: str) -> None:
        from bridge.cli.records.files import opened, read_all

        with opened(file) as stream:
            for record in read_all(stream, file):
                self._take(json.dumps(record))
                if self.trial.looked >= self.limit or self.stop.is_set():
                    return

    def watch(self, source: TailQueue, *, delete: bool, over: Callable[[], bool]) -> None:
        """Read until nothing new has arrived for a while and ``over`` is true."""
        known: set[str] = set()
        fresh_s = self.clock.monotonic()
        while not (self.stop.is_set() or self.trial.looked >= self.limit):
            now_s = self.clock.monotonic()
            if now_s >= self.end_s:
                self.console.say("the time is up: not every event was checked", style="yellow")
                return
            try:
                self._keep_alive(now_s)
                messages = source.receive(1)
                new = [message for message in messages if message.id not in known]
                if new:
                    fresh_s = self.clock.monotonic()
                elif self.clock.monotonic() - fresh_s >= _QUIET_S and over():
                    return
                for message in new:
                    known.add(message.id)
                    if self.trial.looked < self.limit:
                        self._take(message.body)
                if delete:
                    source.delete(messages)
            except Unavailable as error:
                self.console.say(f"{error.message}; trying again", style="yellow")
                self.stop.wait(_REST_S)
                continue
            if messages and not new:
                self.stop.wait(_REST_S)

    def _take(self, body: str) -> None:
        from bridge.core.event import cloud_event

        event = cloud_event(body)
        if event is None:
            self.strange += 1
        else:
            self.trial.take(event)

    def _keep_alive(self, now_s: float) -> None:
        from bridge.edges.eventbridge.temporary_rule import RENEW_S

        if self.renew is not None and now_s - self._renewed_s >= RENEW_S:
            self._renewed_s = now_s
            self.renew(self.clock.now())


# --- the report -------------------------------------------------------------------------------------


def _as_json(trial: Trial, strange: int, reveal: bool) -> dict[str, Any]:
    return {
        "schema": trial.proposed.id,
        "looked_at": trial.looked,
        "would_fail": trial.failed,
        "other_types": trial.other_types,
        "without_data": trial.without_data,
        "no_cloud_event": strange,
        "kinds": [_kind_json(kind, reveal) for kind in trial.worst_first()],
    }


def _kind_json(kind: FailureKind, reveal: bool) -> dict[str, Any]:
    first = {"id": kind.event_id, "type": kind.event_type, "time": kind.event_time}
    shown = {
        "rule": kind.rule,
        "path": kind.path,
        "message": kind.what,
        "events": kind.events,
        "first": first,
    }
    return shown | ({"value": kind.value} if reveal else {})


def _show(console: Console, trial: Trial, strange: int, reveal: bool) -> None:
    for kind in trial.worst_first():
        console.show(
            Text.assemble(
                (f"{kind.events:>6} ", "bold red"),
                (visible(kind.path or "data"), "bold"),
                f" {visible(kind.what)} ",
                (f"({kind.rule})", "dim"),
            )
        )
        said = f"first: {kind.event_id}  {kind.event_type}  {kind.event_time}"
        console.show(Text(f"       {visible(said)}", "dim"))
        if reveal:
            value = json.dumps(kind.value, ensure_ascii=False, default=str)
            cut = value if len(value) <= _VALUE_CHARS else value[:_VALUE_CHARS] + "…"
            console.show(Text(f"       value: {visible(cut)}", "yellow"))
    if trial.more_kinds:
        console.show("       and more kinds")
    line = f"{plural(trial.looked, 'event')} checked, {trial.failed} would fail"
    for count, what in (
        (trial.other_types, "of other types"),
        (trial.without_data, "without data"),
        (strange, "not a CloudEvent"),
    ):
        line += f"; {count} {what}" if count else ""
    console.say(f"{line} {trial.proposed}")
