"""``stream-bridge quarantine``: look at records that could never become their events, and take them out to
be tried again. Reading removes nothing from any store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.console.diff_view import visible
from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EndpointOption,
    EnvFileOption,
    OutputOption,
    RegionOption,
    environment,
)
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.errors import BridgeError, EntryMissing

if TYPE_CHECKING:
    from bridge.ports.quarantine import Quarantined, QuarantineReader, Selection

app = typer.Typer(
    help="Look at quarantined records, which removes nothing, and retry them.", no_args_is_help=True
)

ReasonOption = Annotated[
    str, typer.Option("--reason", help="Only this reason, such as event_invalid.", metavar="NAME")
]
TypeOption = Annotated[
    str, typer.Option("--type", help="Only this type of event, with or without .v1.", metavar="TYPE")
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", help="Quarantined then or later: 2026-11-01, 2026-11-01T12:00Z, or 2h ago.", metavar="TIME"
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="Quarantined then or before; a day ends at midnight.", metavar="TIME"),
]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Show the values of items. They may be secret.")]

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_QUEUE_NOTE: Final = (
    "a queue does not tell for sure: what another reader holds is not seen, and a record that was "
    "quarantined again may count twice"
)


@app.command("list")
def list_entries(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    reason: ReasonOption = "",
    event_type: TypeOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    env_file: EnvFileOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """List what is quarantined, without any value of an item.

    A table on a terminal, where the id is the record's own; elsewhere one tab-separated line an entry, where
    it is the store's. With --output json a line each with all that is known. Exit code 1 when the store
    cannot be read.
    """
    from bridge.cli.quarantine.view import described, row, short_row, table

    console: Console = context.obj
    store = _Store(console, config, env_file, endpoint_url, region, as_json=output is Output.JSON)
    rows: list[tuple[str, ...]] = []
    for name, entry in store.entries(selection_of(reason, event_type, since, until)):
        if output is Output.JSON:
            console.write(_json(described(name, entry)))
        elif console.out.is_terminal:
            rows.append(short_row(name, entry))
        else:
            console.write("\t".join(row(name, entry)).encode())
    if rows:
        console.show(table(rows))
    store.sum_up()
    return ExitCode.OK


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ID", help="As list names it; or the record's own id, which logs name.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    reveal: RevealOption = False,
    env_file: EnvFileOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show one entry: why it is there, and the record with names and types of its attributes.

    Exit code 1 when there is none of that id.
    """
    from bridge.cli.quarantine.view import described, mask, page

    console: Console = context.obj
    store = _Store(console, config, env_file, endpoint_url, region, as_json=output is Output.JSON)
    found, entry = store.find(name)
    record = entry.record if reveal else mask(entry.record)
    if output is Output.JSON:
        console.write(_json({**described(found, entry), "masked": not reveal, "record": record}))
    else:
        console.show(*page(found, entry, record))
        if not reveal:
            console.say("values are masked; --reveal shows them")
    return ExitCode.OK


@app.command("export")
def export(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    reason: ReasonOption = "",
    event_type: TypeOption = "",
    since: SinceOption = None,
    until: UntilOption = None,
    reveal: RevealOption = False,
    env_file: EnvFileOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Print the records themselves, one a line, as `stream-bridge render -` takes them.

    Without --reveal their values are masked, so that they show their shape but become no events.
    """
    from bridge.cli.quarantine.view import mask

    console: Console = context.obj
    store = _Store(console, config, env_file, endpoint_url, region, as_json=output is Output.JSON)
    if not reveal:
        store.note("the records are masked and cannot be used again; --reveal exports them as they are")
    for _, entry in store.entries(selection_of(reason, event_type, since, until)):
        console.write(_json(entry.record if reveal else mask(entry.record)))
    store.sum_up()
    return ExitCode.OK


class _Store:
    """The configured quarantine, read for one verb. What is no entry is told and passed over."""

    def __init__(
        self,
        console: Console,
        config: Path,
        env_file: Path | None,
        endpoint_url: str | None,
        region: str | None,
        *,
        as_json: bool,
    ) -> None:
        from bridge.settings import load_settings
        from bridge.wiring.bridge import build_quarantine
        from bridge.wiring.clients import client_factory

        settings = load_settings(config, environment(env_file))
        # Not made for a directory: boto3 takes longer to import than a directory to read.
        self._reader: QuarantineReader = build_quarantine(
            settings, lambda service: client_factory(endpoint_url=endpoint_url, region=region)(service)
        )
        self._console = console
        self._as_json = as_json
        self._sure = settings.quarantine.kind != "sqs"
        self._entries = 0
        self._foreign = 0

    def entries(self, selection: Selection) -> Iterator[tuple[str, Quarantined]]:
        with closing(self._reader.scan(selection)) as found:
            for each in found:
                if each.entry is not None:
                    self._entries += 1
                    yield each.name, each.entry
                else:
                    self._foreign += 1
                    self._warn(each.name, each.error)

    def find(self, name: str) -> tuple[str, Quarantined]:
        """By the store's own name, else the newest entry of the record with that id."""
        from bridge.ports.quarantine import EVERYTHING

        try:
            return name, self._reader.load(name)
        except EntryMissing as error:
            same = [(n, entry) for n, entry in self.entries(EVERYTHING) if entry.record_id == name]
            if not same:
                hint = "`stream-bridge quarantine list` names what there is"
                raise EntryMissing(visible(error.message), hint=hint) from error
            return max(same, key=lambda each: each[1].time)

    def note(self, message: str) -> None:
        self._line({"note": message}, f"note: {message}", "yellow")

    def sum_up(self) -> None:
        counts = {"entries": self._entries, "foreign": self._foreign}
        text = f"{self._entries} {'entry' if self._entries == 1 else 'entries'}"
        if self._foreign:
            text += f", {self._foreign} beside them that are none"
        if self._sure:
            self._line({"counts": counts, "sure": True}, text)
        else:
            self._line({"counts": counts, "sure": False, "note": _QUEUE_NOTE}, f"{text} seen; {_QUEUE_NOTE}")

    def _warn(self, name: str, error: BridgeError | None) -> None:
        message, hint = (error.message, error.hint) if error is not None else ("no entry", "")
        text = f"warning: {message} - {hint}" if hint else f"warning: {message}"
        self._line({"warning": message, "hint": hint, "id": name}, text, "yellow")

    def _line(self, fields: dict[str, Any], text: str, style: str = "") -> None:
        self._console.say(json.dumps(fields) if self._as_json else visible(text), style=style)


def _json(value: object) -> bytes:
    """Not orjson: a quarantined record may hold what that refuses, such as a lone surrogate."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def selection_of(reason: str, event_type: str, since: str | None, until: str | None) -> Selection:
    from bridge.edges.local.clock import SystemClock
    from bridge.ports.quarantine import Selection

    now = SystemClock().now
    return Selection(
        reason, event_type, moment("--since", since, now), moment("--until", until, now, end_of_day=True)
    )


def moment(
    option: str, text: str | None, now: Callable[[], float], *, end_of_day: bool = False
) -> datetime | None:
    """A point in time as people write it: ISO 8601, UTC where it names no zone; a day; or ``2h`` before now.

    Raises ``BridgeError`` where it is none of these.
    """
    if text is None:
        return None
    try:
        if ago := re.fullmatch(r"([0-9]{1,6})([smhd])", text):
            seconds = int(ago[1]) * _UNITS_S[ago[2]]
            return datetime.fromtimestamp(now(), UTC) - timedelta(seconds=seconds)
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        if end_of_day and re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", text):
            at += timedelta(days=1) - timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        hint = "write 2026-11-01, 2026-11-01T12:00Z, or 2h for two hours ago"
        raise BridgeError(f"{option} is not a time", hint=hint) from error
    return at
