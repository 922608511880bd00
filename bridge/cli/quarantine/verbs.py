"""``stream-bridge quarantine``: list, show and export quarantined records. Reading removes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.console.options import Aws, OutputOption, Project, moment
from bridge.cli.console.output import Console, ExitCode, Output, plural, visible
from bridge.errors import BridgeError, EntryMissing

if TYPE_CHECKING:
    from bridge.ports.quarantine import Quarantined, QuarantineReader, Selection

RevealOption = Annotated[
    bool, typer.Option("--reveal", help="Show the values of items, which may be secret.")
]
_QUEUE_NOTE: Final = (
    "a queue cannot be listed with certainty: entries that another reader holds are not seen, and a record "
    "that was quarantined again may count twice"
)


@dataclass(frozen=True)
class Wanted:
    """Which entries a verb works on; all of them by default."""

    reason: Annotated[str, typer.Option(help="Only this reason, such as event_invalid.", metavar="NAME")] = ""
    event_type: Annotated[
        str, typer.Option("--type", help="Only this event type, with or without .v1.", metavar="TYPE")
    ] = ""
    since: Annotated[
        str | None,
        typer.Option(
            help="Only entries from this time on: 2026-11-01, 2026-11-01T12:00Z, or 2h ago.", metavar="TIME"
        ),
    ] = None
    until: Annotated[
        str | None, typer.Option(help="Only entries up to this time; a day ends at midnight.", metavar="TIME")
    ] = None

    entity: Annotated[
        str,
        typer.Option(
            help="Only items of this entity, or table/entity; other: those of no entity.", metavar="NAME"
        ),
    ] = ""

    def selection(self) -> Selection:
        """Raises ``BridgeError`` for what is not a time."""
        from bridge.edges.local.clock import SystemClock
        from bridge.ports.quarantine import Selection

        now = SystemClock().now
        since = None if self.since is None else moment("--since", self.since, now)
        until = None if self.until is None else moment("--until", self.until, now, end_of_day=True)
        return Selection(self.reason, self.event_type, since, until, self.entity)


def list_entries(
    console: Console, project: Project, wanted: Wanted, aws: Aws, output: OutputOption = Output.TEXT
) -> int:
    """List quarantined records, without any value of an item.

    On a terminal, prints a table with the ids of the records; elsewhere one tab-separated line per entry,
    with the ids of the store. With --output json, prints one JSON line per entry with everything that is
    known about it. Exits 1 when the store cannot be read.
    """
    from bridge.cli.quarantine.view import described, row, short_row, table

    store = _Store(console, project, aws, as_json=output is Output.JSON)
    rows: list[tuple[str, ...]] = []
    for name, entry in store.entries(wanted.selection()):
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


def show(
    console: Console,
    name: Annotated[
        str, typer.Argument(metavar="ID", help="The id that list prints, or the record's id from the logs.")
    ],
    project: Project,
    aws: Aws,
    reveal: RevealOption = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show one entry: why it was quarantined, and the record with the names and types of its attributes.

    Exits 1 when no entry has this id.
    """
    from bridge.cli.quarantine.view import described, mask, page

    store = _Store(console, project, aws, as_json=output is Output.JSON)
    found, entry = store.find(name)
    record = entry.record if reveal else mask(entry.record)
    if output is Output.JSON:
        console.write(_json({**described(found, entry), "masked": not reveal, "record": record}))
    else:
        console.show(*page(found, entry, record))
        if not reveal:
            console.say("values are masked; --reveal shows them")
    return ExitCode.OK


def export(
    console: Console,
    project: Project,
    wanted: Wanted,
    aws: Aws,
    reveal: RevealOption = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Print the records themselves, one per line, as `stream-bridge render -` reads them.

    Without --reveal their values are masked: they show the shape of the records but do not become events.
    """
    from bridge.cli.quarantine.view import mask

    store = _Store(console, project, aws, as_json=output is Output.JSON)
    if not reveal:
        store.note("the records are masked and cannot be processed again; --reveal exports them unmasked")
    for _, entry in store.entries(wanted.selection()):
        console.write(_json(entry.record if reveal else mask(entry.record)))
    store.sum_up()
    return ExitCode.OK


class _Store:
    """The configured quarantine, read for one verb. What is not an entry is reported and skipped."""

    def __init__(self, console: Console, project: Project, aws: Aws, *, as_json: bool) -> None:
        from bridge.wiring.bridge import build_quarantine

        settings = project.settings()
        # Called only for AWS: importing boto3 takes longer than reading a directory.
        self._reader: QuarantineReader = build_quarantine(settings, lambda service: aws.clients()(service))
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
        """The entry with this id of the store, else the newest entry of the record with this id."""
        from bridge.ports.quarantine import EVERYTHING

        try:
            return name, self._reader.load(name)
        except EntryMissing as error:
            same = [(n, entry) for n, entry in self.entries(EVERYTHING) if entry.record_id == name]
            if not same:
                hint = "`stream-bridge quarantine list` lists the entries"
                raise EntryMissing(visible(error.message), hint=hint) from error
            return max(same, key=lambda each: each[1].time)

    def note(self, message: str) -> None:
        self._line({"note": message}, f"note: {message}", "yellow")

    def sum_up(self) -> None:
        counts = {"entries": self._entries, "foreign": self._foreign}
        text = plural(self._entries, "entry", "entries")
        if self._foreign:
            others = plural(self._foreign, "other skipped: not an entry", "others skipped: not entries")
            text += f"; {others}"
        if self._sure:
            self._line({"counts": counts, "sure": True}, text)
        else:
            self._line({"counts": counts, "sure": False, "note": _QUEUE_NOTE}, f"{text}; {_QUEUE_NOTE}")

    def _warn(self, name: str, error: BridgeError | None) -> None:
        message, hint = (error.message, error.hint) if error is not None else ("not an entry", "")
        text = f"warning: {message} - {hint}" if hint else f"warning: {message}"
        self._line({"warning": message, "hint": hint, "id": name}, text, "yellow")

    def _line(self, fields: dict[str, Any], text: str, style: str = "") -> None:
        self._console.say(json.dumps(fields) if self._as_json else visible(text), style=style)


def _json(value: object) -> bytes:
    """Not with orjson: a quarantined record may hold what it refuses, such as a lone surrogate."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")
