"""``stream-bridge schema infer``: infer a first schema from real items or events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from bridge.cli.console.options import Aws, OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, plural, visible
from bridge.errors import BridgeError, Problem

if TYPE_CHECKING:
    from bridge.schemas.authoring.sample import InferSample

_SHOWN: Final = 3  # broken lines that are reported one by one


def infer(
    console: Console,
    aws: Aws,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="Items, events or stream records as JSON or NDJSON, or - for standard input.",
        ),
    ] = None,
    table: Annotated[str | None, typer.Option(help="Read the items of this table.", metavar="T")] = None,
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of samples.")] = 500,
    max_rcu: Annotated[float, typer.Option(min=1, help="With --table: maximum read units per second.")] = 50,
    type_name: Annotated[str, typer.Option("--type", help="Only events of this type.", metavar="TYPE")] = "",
    schema_id: Annotated[str, typer.Option("--id", help="The schema's $id.", metavar="URI")] = "",
    title: Annotated[str, typer.Option(help="The schema's title.", metavar="TEXT")] = "",
    counts: Annotated[
        bool, typer.Option(help="Write into the schema how often each member was seen (x-seen).")
    ] = False,
    enums: Annotated[
        bool, typer.Option("--enums/--no-enums", help="Write an enumeration where a few texts repeat.")
    ] = True,
    examples: Annotated[bool, typer.Option(help="Write values that were seen into the schema.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Infer a JSON Schema from samples. Prints the schema on stdout, and how often members occur on stderr.

    A member is required if every sample has it. A format or an enumeration is written only if all of many
    samples agree. Objects stay open. Of CloudEvents only the data is read. Values appear only in enumerations
    and with --examples, and never if a name or a value looks secret.

    Exits 0 when a schema was inferred, 4 when it was inferred but some samples could not be read, 1 when
    there was nothing to read.
    """
    from bridge.onboarding.names import withheld
    from bridge.schemas.authoring.sample import InferSample
    from bridge.schemas.authoring.seen_values import SeenValues

    if (file is None) == (table is None):
        raise BridgeError("there is nothing to read", hint="give either FILE or --table T")
    seen = InferSample(SeenValues(withheld), type_name)
    broken: list[Problem] = []
    if table is not None:
        _scan(console, seen, table, sample, max_rcu, aws)
    else:
        assert file is not None  # noqa: S101 - checked above
        broken = _read(seen, file, sample)
    if broken and not seen.shape.seen:
        raise BridgeError(str(broken[0]))
    if not seen.shape.seen:
        there = f"; it holds {', '.join(sorted(seen.types))}" if seen.types else ""
        raise BridgeError(f"there is nothing to infer from{there}")
    if not type_name and len({name.rpartition(".v")[0] or name for name in seen.types}) > 1:
        raise BridgeError(
            f"the events are of several types: {', '.join(sorted(seen.types))}", hint="choose one with --type"
        )
    schema = seen.schema(schema_id=schema_id, title=title, counts=counts, enums=enums, examples=examples)
    if output is Output.JSON:
        places = [place._asdict() for place in seen.places()]
        reported: dict[str, Any] = {
            "samples": seen.shape.seen,
            "kinds": dict(seen.kinds),
            "unreadable": seen.unreadable,
        }
        reported["problems"] = [str(problem) for problem in broken[:_SHOWN]]
        console.write_json({"schema": schema, "places": places, **reported})
    else:
        console.write_json(schema)
        _show(console, seen)
        for problem in broken[:_SHOWN]:
            console.say(f"not read: {problem}", style="yellow")
    return ExitCode.PARTLY if seen.unreadable else ExitCode.OK


def _scan(console: Console, seen: InferSample, table: str, count: int, max_rcu: float, aws: Aws) -> None:
    from bridge.edges.dynamodb.describe import describe_table
    from bridge.edges.dynamodb.sample import sample_items
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.authoring.infer import Shape

    dynamodb = aws.clients()("dynamodb")
    described = describe_table(dynamodb, table)
    seen.keep = frozenset(described.key)
    seen.shape = Shape(keep=seen.keep)
    clock = SystemClock()
    spent = 0.0

    def pace(units: float) -> None:
        """Wait as long as reading these units may take."""
        nonlocal spent
        spent += units
        clock.sleep(units / max_rcu)

    for item in sample_items(dynamodb, table, count, pace=pace):
        seen.kinds["typed item"] += 1
        seen.add_item(item)
    console.say(f"{table}: about {described.about_items:,} items, read for {spent:g} read units", style="dim")


def _read(seen: InferSample, name: str, count: int) -> list[Problem]:
    """What could not be read."""
    from bridge.cli.records.files import Unreadable, opened, read_records, shown_name

    broken: list[Problem] = []
    with opened(name) as stream:
        for record in read_records(stream, shown_name(name)):
            if isinstance(record, Unreadable):
                seen.unreadable += 1
                broken.append(record.problem)
            else:
                seen.add(record)
            if seen.shape.seen >= count:
                break
    return broken


def _show(console: Console, seen: InferSample) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("place", "seen", "type", ""):
        table.add_column(name, justify="right" if name == "seen" else "left", no_wrap=True)
    for place in seen.places():
        of = f"{place.seen}/{place.of}"
        style = "" if place.seen == place.of else "yellow"
        table.add_row(visible(place.path), of, " or ".join(place.types), place.says, style=style)
    console.say(table)
    kinds = ", ".join(plural(count, kind) for kind, count in sorted(seen.kinds.items()))
    unread = f"; {seen.unreadable} could not be read" if seen.unreadable else ""
    console.say(f"{plural(seen.shape.seen, 'sample')} ({kinds}){unread}")
