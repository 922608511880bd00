"""``stream-bridge render``: the events that records would become, offline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EnvFileOption,
    OutputOption,
    read_configuration,
)
from bridge.cli.console.output import Console, Output
from bridge.core.change import StreamRef
from bridge.errors import BridgeError, MalformedRecord

if TYPE_CHECKING:
    from bridge.settings import Settings


def render(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Records, or - for standard input.")],
    config: ConfigOption = DEFAULT_CONFIG,
    table: Annotated[
        str | None, typer.Option("--table", help="Table of records that name no stream.", metavar="T")
    ] = None,
    stream_arn: Annotated[
        str | None, typer.Option("--stream-arn", help="Stream of records that name none.", metavar="ARN")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say for every record which rules matched, or why not.")
    ] = False,
    env_file: EnvFileOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Print the CloudEvents that records would become, one a line, as they would be published.

    FILE holds a Lambda event, GetRecords output, a list of records, a record, or any of these on each line
    (NDJSON). Records that would not get there go to stderr as one JSON line each, without their values.
    With --output json every line on stderr is JSON.

    Exit code 0: every record has its events or needs none. 4: some would be quarantined or handed back.
    1: FILE, or a line of it, cannot be read. 3: the configuration is wrong.
    """
    from bridge.cli.records.files import Unreadable, read_records
    from bridge.cli.records.preview import Previewer
    from bridge.cli.records.report import Report

    console: Console = context.obj
    configuration = read_configuration(console, config, env_file)
    report = Report(console, as_json=output is Output.JSON)
    stand_in = _stand_in(configuration.settings, table, stream_arn)
    previewer = Previewer(configuration)
    with _open(file) as stream:
        for record in read_records(stream, "standard input" if file == "-" else file):
            if isinstance(record, Unreadable):
                report.unreadable(record)
                continue
            if isinstance(record, Mapping) and not isinstance(record.get("eventSourceARN"), str):
                report.unnamed(stand_in)
            preview = previewer.preview(record, stand_in)
            for event in preview.events:
                console.write(event.body)
            report.record(record, preview, previewer if explain else None)
    return report.end()


@contextmanager
def _open(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
    else:
        with Path(file).open("rb") as stream:
            yield stream


def _stand_in(settings: Settings, table: str | None, stream_arn: str | None) -> StreamRef | None:
    """The stream of records that name none: the one asked for, or that of the only table there is."""
    from bridge.cli.records.report import PLACEHOLDER_LABEL
    from bridge.core.records.decode import stream_ref

    if stream_arn is not None:
        if table is not None:
            raise BridgeError("--table and --stream-arn exclude each other", hint="give one of them")
        try:
            return stream_ref(stream_arn)
        except MalformedRecord as error:
            raise BridgeError(f"--stream-arn is not a stream's ARN: {stream_arn}", hint=error.hint) from error
    names = {name: each.name for name, each in settings.tables.items()}
    if table is None:
        if len(names) > 1:
            return None
        (physical,) = names.values()
    else:
        physical = names.get(table, table)
        if physical not in names.values():
            raise BridgeError(
                f"--table {table} is not in the configuration", hint=f"it has {', '.join(names)}"
            )
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{physical}/stream/{PLACEHOLDER_LABEL}"
    return StreamRef(arn, physical, PLACEHOLDER_LABEL)
