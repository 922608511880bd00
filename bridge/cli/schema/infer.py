"""``stream-bridge schema infer``: a first schema from real items or events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.table import Table

from bridge.cli.console.diff_view import visible
from bridge.cli.console.options import EndpointOption, OutputOption, RegionOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.schemas.authoring.sample import InferSample


def infer(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="Items, events or stream records as JSON or NDJSON; - for stdin."
        ),
    ] = None,
    table: Annotated[str | None, typer.Option("--table", help="Items of a table.", metavar="T")] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, max=100_000, help="Most items.")] = 500,
    max_rcu: Annotated[
        float, typer.Option("--max-rcu", min=1, help="With --table: read capacity units a second, at most.")
    ] = 50,
    type_name: Annotated[str, typer.Option("--type", help="Of events: only this type.", metavar="TYPE")] = "",
    schema_id: Annotated[str, typer.Option("--id", help="The schema's $id.", metavar="URI")] = "",
    title: Annotated[str, typer.Option("--title", help="The schema's title.", metavar="TEXT")] = "",
    counts: Annotated[
        bool, typer.Option("--counts", help="Note in the schema how often each place was seen (x-seen).")
    ] = False,
    enums: Annotated[
        bool, typer.Option("--enums/--no-enums", help="Claim enumerations where few texts come again.")
    ] = True,
    examples: Annotated[
        bool, typer.Option("--examples", help="Put values that were seen into the schema.")
    ] = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Infer a JSON Schema from what was seen; the schema on stdout, what was seen how often on stderr.

    A member is required where every sample had it, a format or an enumeration claimed only where all of many
    samples agree; objects stay open. Of CloudEvents the data is looked at. Values are only shown by
    enumerations and --examples, and never where a name or a value looks secret.

    Exit code 0: inferred. 4: inferred, but some samples could not be read. 1: there was nothing to look at.
    """
    from bridge.schemas.authoring.sample import InferSample
    from bridge.schemas.authoring.seen_values import SeenValues

    console: Console = context.obj
    if (file is None) == (table is None):
        raise BridgeError("tell what to look at", hint="give either FILE or --table T")
    seen = InferSample(SeenValues(_withheld), type_name)
    if table is not None:
        _scan(console, seen, table, sample, max_rcu, endpoint_url, region)
    else:
        assert file is not None  # noqa: S101 - looked at above
        _read(seen, file, sample)
    if not seen.shape.seen:
        there = f"; it holds {', '.join(sorted(seen.types))}" if seen.types else ""
        raise BridgeError(f"there is nothing to infer from{there}")
    if not type_name and len({name.rpartition(".v")[0] or name for name in seen.types}) > 1:
        raise BridgeError(
            f"the events are of several types: {', '.join(sorted(seen.types))}", hint="choose one with --type"
        )
    schema = seen.schema(schema_id=schema_id, title=title, counts=counts, enums=enums, examples=examples)
    if output is Output.JSON:
        places = [asdict(place) for place in seen.places()]
        reported = {"samples": seen.shape.seen, "kinds": dict(seen.kinds), "unreadable": seen.unreadable}
        console.write_json({"schema": schema, "places": places, **reported})
    else:
        console.write_json(schema)
        _show(console, seen)
    return ExitCode.PARTLY if seen.unreadable else ExitCode.OK


def _withheld(path: tuple[str, ...], value: Any) -> bool:
    """Whether a value may be secret, or tells who somebody is."""
    from bridge.onboarding.names import personal_name, secret_name, secret_value
    from bridge.schemas.authoring.infer import ANY

    names = [step for step in path if step != ANY]
    if any(secret_name(name) for name in names) or (names and personal_name(names[-1])):
        return True
    return isinstance(value, str) and ("@" in value or secret_value(value))


def _scan(
    console: Console,
    seen: InferSample,
    table: str,
    count: int,
    max_rcu: float,
    endpoint_url: str | None,
    region: str | None,
) -> None:
    from bridge.edges.dynamodb.sample import describe_table, sample_items
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.authoring.infer import Shape
    from bridge.wiring.clients import client_factory

    dynamodb = client_factory(endpoint_url=endpoint_url, region=region)("dynamodb")
    described = describe_table(dynamodb, table)
    seen.keep = frozenset(described.key)
    seen.shape = Shape(keep=seen.keep)
    clock = SystemClock()
    spent = 0.0

    def pace(units: float) -> None:
        """Wait as long as what was read should have taken."""
        nonlocal spent
        spent += units
        clock.sleep(units / max_rcu)

    for item in sample_items(dynamodb, table, count, pace=pace):
        seen.kinds["typed item"] += 1
        seen.add_item(item)
    console.say(f"{table}: about {described.about_items:,} items, read for {spent:g} read units", style="dim")


def _read(seen: InferSample, name: str, count: int) -> None:
    from bridge.cli.records.files import Unreadable, read_records

    with _opened(name) as stream:
        for record in read_records(stream, "standard input" if name == "-" else name):
            if isinstance(record, Unreadable):
                raise BridgeError(str(record.problem))
            seen.add(record)
            if seen.shape.seen >= count:
                return


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as stream:
            yield stream


def _show(console: Console, seen: InferSample) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("place", "seen", "type", ""):
        table.add_column(name, justify="right" if name == "seen" else "left", no_wrap=True)
    for place in seen.places():
        of = f"{place.seen}/{place.of}"
        style = "" if place.seen == place.of else "yellow"
        table.add_row(visible(place.path), of, " or ".join(place.types), place.says, style=style)
    console.say(table)
    kinds = ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in sorted(seen.kinds.items()))
    unread = f"; {seen.unreadable} could not be read" if seen.unreadable else ""
    console.say(f"{seen.shape.seen} samples ({kinds}){unread}")
