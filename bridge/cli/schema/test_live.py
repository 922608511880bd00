"""``stream-bridge schema test-live``: recent real events against a version that is only proposed."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer
from rich.text import Text

from bridge.cli.console.diff_view import visible
from bridge.cli.console.options import EndpointOption, OutputOption, RegionOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.events.tail import seconds
from bridge.cli.schema.options import SchemasOption, schemas_folder
from bridge.errors import BridgeError, Unavailable

if TYPE_CHECKING:
    from bridge.edges.eventbridge.archive import ArchiveReplay
    from bridge.edges.sqs.tail_queue import TailQueue
    from bridge.ports.clock import Clock
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.evolution.live_trial import FailureKind, Trial

_QUIET_S: Final = 3.0  # longer than a message that is only looked at stays hidden
_REST_S: Final = 1.0
_VALUE_CHARS: Final = 200


def try_events(
    context: typer.Context,
    schema: Annotated[
        str | None, typer.Option("--schema", help="The version to try.", metavar="TYPE@VERSION")
    ] = None,
    schema_file: Annotated[
        Path | None, typer.Option("--schema-file", help="The version to try, as a file.", metavar="F")
    ] = None,
    queue: Annotated[
        str | None, typer.Option("--queue", help="Events that wait in this SQS queue.", metavar="URL")
    ] = None,
    archive: Annotated[
        str | None, typer.Option("--archive", help="Events of this EventBridge archive.", metavar="NAME")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="Events in a file, or - for standard input.", metavar="F")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", help="With --archive: from when, as 6h or 2026-01-31T12:00:00Z.")
    ] = "24h",
    until: Annotated[str, typer.Option("--until", help="With --archive: until when.")] = "0s",
    type_name: Annotated[
        str | None,
        typer.Option("--type", help="Which events, of every major; else the schema's.", metavar="TYPE"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="End after so many events.")] = 1000,
    duration: Annotated[
        str, typer.Option("--for", help="Look at a queue or an archive for so long at most.", metavar="TIME")
    ] = "5m",
    rule_wait: Annotated[
        str,
        typer.Option(
            "--rule-wait", help="With --archive: how long AWS may take to know a rule.", metavar="TIME"
        ),
    ] = "30s",
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the first value that fails, of each kind.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --queue: even if it gives up what is received often.")
    ] = False,
    schemas: SchemasOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Say how many recent events would fail a proposed version, with the first of each kind.

    --queue only looks, as `tail` does: messages stay, each hidden from others for two seconds at a time, and
    their receive count rises. --archive replays into a rule and a queue made for it, which are removed at the
    end; the replay names that rule, so no other gets its events.

    Exit code 0: none would fail. 2: some would. 4: there was no event to look at.
    """
    from bridge.cli.console.live import stopped_by_signals
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.documents.proposed import one_of
    from bridge.schemas.evolution.live_trial import Trial
    from bridge.wiring.clients import client_factory

    console: Console = context.obj
    if [queue, archive, file].count(None) != 2:
        raise BridgeError("tell where the events are", hint="give one of --queue, --archive and --file")
    clock = SystemClock()
    from_s, to_s = (moment(text, clock.now()) for text in (since, until))
    if from_s >= to_s:
        raise BridgeError("--since is not before --until")
    for_s, wait_s = seconds(duration), seconds(rule_wait)
    proposed = one_of(schema, schema_file, _known(schema, schemas))
    trial = Trial(proposed, proposed.type if type_name is None else type_name, keep_values=reveal)
    looking = _Looking(console, trial, clock, limit, clock.monotonic() + for_s)
    with stopped_by_signals(looking.stop.set, console, finished="ending"), ExitStack() as closing:
        if file is not None:
            with _opened(file) as stream:
                looking.read(stream, file)
        elif queue is not None:
            client = client_factory(endpoint_url=endpoint_url, region=region)
            looking.watch(_queue(console, client, queue, force), delete=False, over=lambda: True)
        else:
            client = client_factory(endpoint_url=endpoint_url, region=region)
            assert archive is not None  # noqa: S101 - looked at above
            source, replay = _replayed(looking, client, archive, (from_s, to_s), wait_s, closing)
            looking.watch(source, delete=True, over=lambda: replay.state() != "running")
            if looking.stop.is_set():
                console.say("ended early: not every event of that time was looked at", style="yellow")
            elif replay.state() == "failed":
                console.say(f"the replay {replay.name} failed: there may be more", style="yellow")
    if output is Output.JSON:
        console.write_json(_as_json(trial, looking.strange, reveal))
    else:
        _show(console, trial, looking.strange, reveal)
    if not trial.looked:
        return ExitCode.PARTLY
    return ExitCode.DIFFERENCES if trial.failed else ExitCode.OK


def moment(text: str, now_s: float) -> float:
    """``6h`` ago or an ISO time with its zone, as epoch seconds."""
    if text and text[0].isdigit() and "-" not in text:
        return now_s - seconds(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BridgeError(
            f"{visible(text)} is no time", hint="write 6h for six hours ago, or 2026-01-31T12:00:00Z"
        ) from error
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def _known(schema: str | None, schemas: Path | None) -> SchemaSet | None:
    """The folder; a file of its own needs none."""
    from bridge.errors import ConfigurationError
    from bridge.schemas.documents.schema_set import SchemaSet

    try:
        return SchemaSet.load(schemas_folder(schemas))
    except ConfigurationError:
        if schema is None and schemas is None:
            return None
        raise


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as stream:
            yield stream


def _queue(console: Console, client: Callable[[str], Any], url: str, force: bool) -> TailQueue:
    from bridge.edges.sqs.tail_queue import LOOK_S, TailQueue

    source = TailQueue(client("sqs"), url, take=False)
    if source.has_dead_letters() and not force:
        raise BridgeError(
            "the queue gives messages up that are received too often, and looking at them receives them",
            hint="look at an archive of the bus instead (--archive), or insist with --force",
        )
    text = f"only looking: messages stay in the queue, hidden from others for {LOOK_S} s at a time"
    console.say(text, style="yellow")
    return source


def _replayed(
    looking: _Looking,
    client: Callable[[str], Any],
    archive: str,
    between_s: tuple[float, float],
    wait_s: float,
    closing: ExitStack,
) -> tuple[TailQueue, ArchiveReplay]:
    """A queue that gets the archive's events, and the replay that sends them."""
    from bridge.edges.eventbridge.archive import ArchiveReplay
    from bridge.edges.eventbridge.temporary_rule import TemporaryRule
    from bridge.edges.sqs.tail_queue import TailQueue

    console, events, sqs = looking.console, client("events"), client("sqs")
    token = secrets.token_hex(6)
    replay = ArchiveReplay(events, archive, f"stream-bridge-trial-{token}")
    rule = TemporaryRule(events, sqs, replay.find_bus(), token)
    closing.callback(_tidy, console, rule.remove, f"{rule.name} (`tail --clean-up` does it)")
    # The replay's own events alone: what is published meanwhile is somebody else's.
    pattern: dict[str, Any] = {"replay-name": [replay.name]}
    if looking.trial.type_name:
        pattern["detail-type"] = [{"prefix": looking.trial.type_name}]
    source = TailQueue(sqs, rule.make(pattern, looking.clock.now()), take=True)
    looking.renew = rule.renew
    console.say(f"replaying {archive} by rule and queue {rule.name}, which Ctrl-C removes", style="dim")
    if not looking.stop.wait(wait_s):
        closing.callback(_tidy, console, replay.cancel, f"replay {replay.name}")
        replay.start(*between_s, rule.arn)
    return source, replay


def _tidy(console: Console, remove: Callable[[], None], what: str) -> None:
    try:
        remove()
    except BridgeError as error:
        console.say(f"{what} could not be removed: {error.message}", style="red")


@dataclass(slots=True)
class _Looking:
    """Puts events through a trial until it is told to stop, ``limit`` were looked at or ``end_s`` (monotonic)
    has come."""

    console: Console
    trial: Trial
    clock: Clock
    limit: int
    end_s: float
    stop: threading.Event = field(default_factory=threading.Event)
    strange: int = 0
    """Messages or records that hold no CloudEvent."""
    renew: Callable[[float], None] | None = None
    _renewed_s: float = 0.0

    def read(self, stream: BinaryIO, name: str) -> None:
        from bridge.cli.records.files import Unreadable, read_records

        for record in read_records(stream, "standard input" if name == "-" else name):
            if isinstance(record, Unreadable):
                raise BridgeError(str(record.problem))
            self._take(json.dumps(record))
            if self.trial.looked >= self.limit or self.stop.is_set():
                return

    def watch(self, source: TailQueue, *, delete: bool, over: Callable[[], bool]) -> None:
        """Until nothing new has come for a while and it is ``over``."""
        known: set[str] = set()
        fresh_s = self.clock.monotonic()
        while not (self.stop.is_set() or self.trial.looked >= self.limit):
            now_s = self.clock.monotonic()
            if now_s >= self.end_s:
                self.console.say("the time is up: not every event was looked at", style="yellow")
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


# --- telling -------------------------------------------------------------------------------------


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
    line = f"{trial.looked} event{'' if trial.looked == 1 else 's'} looked at, {trial.failed} would fail"
    for count, what in (
        (trial.other_types, "of other types"),
        (trial.without_data, "without data"),
        (strange, "no CloudEvent"),
    ):
        line += f"; {count} {what}" if count else ""
    console.say(f"{line} {trial.proposed}")
