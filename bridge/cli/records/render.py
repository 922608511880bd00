"""``stream-bridge render``: the events that records would become, offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import OutputOption, Project
from bridge.cli.console.output import Console, Output
from bridge.errors import BridgeError, MalformedRecord

if TYPE_CHECKING:
    from bridge.core.change import StreamRef
    from bridge.settings import Settings


def render(
    console: Console,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Records, or - for standard input.")],
    project: Project,
    table: Annotated[
        str | None, typer.Option(help="Table of records that name no stream.", metavar="T")
    ] = None,
    stream_arn: Annotated[
        str | None, typer.Option(help="Stream of records that name no stream.", metavar="ARN")
    ] = None,
    explain: Annotated[
        bool, typer.Option(help="Show which rules matched each record, and why others did not.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Print the CloudEvents that records would become, one per line, as they would be published.

    FILE holds a Lambda event, GetRecords output, a list of records, a record, or any of these on each line
    (NDJSON). For a record that would fail, prints one JSON line on stderr, without the record's values. With
    --output json every line on stderr is JSON.

    Exits 0 when every record has its events or needs none, 4 when some would be quarantined or returned for
    retry, 1 when FILE or a line of it cannot be read, 3 when the configuration is wrong.
    """
    from bridge.cli.records.files import Unreadable, opened, read_records, shown_name
    from bridge.cli.records.preview import Previewer
    from bridge.cli.records.report import Report

    configuration = project.load(console)
    report = Report(console, as_json=output is Output.JSON)
    stand_in = _stand_in(configuration.settings, table, stream_arn)
    previewer = Previewer(configuration)
    with opened(file) as stream:
        for record in read_records(stream, shown_name(file)):
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


def _stand_in(settings: Settings, table: str | None, stream_arn: str | None) -> StreamRef | None:
    """The stream of records that name none: the one given, or that of the only table."""
    from bridge.cli.records.report import placeholder_stream
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
    return placeholder_stream(physical)
