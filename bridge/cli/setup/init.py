"""``stream-bridge init``: create a first project from a table or from records of its stream."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer

from bridge.cli.console.options import Aws, OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, visible
from bridge.errors import BridgeError, MalformedRecord

if TYPE_CHECKING:
    from bridge.onboarding.documents import TablePlan
    from bridge.onboarding.sample import TableSample


def init(
    console: Console,
    aws: Aws,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Table to read. Repeatable. With --from: only its records.", metavar="T"),
    ] = None,
    from_file: Annotated[
        str | None, typer.Option("--from", help="Records to read, or - for standard input.", metavar="FILE")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write into.", metavar="DIR")] = Path(),
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="Items to read per table.")] = 200,
    prefix: Annotated[str, typer.Option(help="Prefix of the event types.", metavar="NAME")] = "com.example",
    team: Annotated[str, typer.Option(help="Team that owns the events.", metavar="NAME")] = "change-me",
    keep_values: Annotated[
        bool, typer.Option(help="Use real samples as examples instead of invented values.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Overwrite existing files.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Write a first configuration, schemas, examples and a test, inferred from the items of a table.

    Reads a sample of --table, or the records of --from (the same files as render reads). The result passes
    `check` and renders the samples, or nothing is written. Attributes that look secret are redacted, and the
    values of examples are invented unless --keep-values is given.

    Exits 0 when the project was written, 4 when it was written but some samples could not be used, 1 when
    nothing was written.
    """
    from bridge.onboarding.files import project_files
    from bridge.onboarding.names import collection
    from bridge.onboarding.writing import staged

    if from_file is None and not table:
        raise BridgeError("there is nothing to read", hint="give --table T, or --from FILE with records")
    with _spooled(from_file) as records:
        if records is None:
            samples = _from_tables(table or [], sample, keep_values, aws)
        else:
            samples = _from_records(records, from_file or "", table or [], keep_values)
        plans = _plans(samples, prefix)
        source = f"{prefix}.{collection(plans[0].sample.table)}" if len(plans) == 1 else prefix
        files = project_files(plans, source=source, base=_base(prefix), team=team)
        with staged(out, files) as staging:
            existing = staging.existing()
            if existing and not force:
                for name in files:
                    console.say(f"  {name}{' (exists)' if name in existing else ''}")
                raise BridgeError(
                    f"{len(existing)} of the {len(files)} files that would be written to {out} exist",
                    hint="choose another folder with --out, or overwrite them with --force",
                )
            proof = _prove(staging.folder, records)
            staging.move()
    _report(console, out, list(files), plans, proof, as_json=output is Output.JSON)
    unused = proof.unreadable + proof.failed + sum(each.unreadable for each in samples)
    return ExitCode.PARTLY if unused else ExitCode.OK


# --- reading -------------------------------------------------------------------------------------


@contextmanager
def _spooled(from_file: str | None) -> Iterator[BinaryIO | None]:
    """The records, as a stream that can be read twice."""
    if from_file is None:
        yield None
    elif from_file == "-":
        with tempfile.SpooledTemporaryFile(max_size=16 * 1024 * 1024) as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.seek(0)
            yield spool  # type: ignore[misc]
    else:
        with Path(from_file).open("rb") as stream:
            yield stream


def _from_tables(tables: Sequence[str], count: int, keep_values: bool, aws: Aws) -> list[TableSample]:
    from bridge.edges.dynamodb.describe import describe_table
    from bridge.edges.dynamodb.sample import sample_items
    from bridge.onboarding.sample import TableSample

    dynamodb = aws.clients()("dynamodb")
    samples = []
    for table in dict.fromkeys(tables):
        described = describe_table(dynamodb, table)
        sample = TableSample(
            table=described.name,
            key=dict(described.key),
            view=described.view,
            stream_enabled=bool(described.stream_arn),
            about_items=described.about_items,
            keep_values=keep_values,
        )
        for item in sample_items(dynamodb, table, count):
            sample.add_item(item)
        samples.append(sample)
    return samples


def _from_records(stream: BinaryIO, name: str, tables: Sequence[str], keep_values: bool) -> list[TableSample]:
    """One sample for each table of the records. Raises ``BridgeError`` if no record can be decoded."""
    from bridge.cli.records.files import read_all
    from bridge.core.records.decode import NAMES_NO_STREAM, decode
    from bridge.onboarding.sample import TableSample

    stand_in = _stand_in(tables)
    samples: dict[str, TableSample] = {}
    unreadable = 0
    first: MalformedRecord | None = None
    for record in read_all(stream, name, hint="`stream-bridge render` shows more about the file"):
        if _is_export(record):
            _add_export(samples, record, tables, keep_values)
            continue
        try:
            change = decode(record, stand_in)
        except MalformedRecord as error:
            unreadable += 1
            first = first or error
            continue
        if tables and change.table not in tables:
            continue
        sample = samples.get(change.table)
        if sample is None:
            key = {attribute: next(iter(value)) for attribute, value in _ordered(change.key)}
            sample = samples[change.table] = TableSample(
                table=change.table, key=key, view=change.view, key_order_known=False, keep_values=keep_values
            )
        sample.add_change(change, record)
    if not samples:
        if first is None:
            raise BridgeError(
                f"{name} holds no record of {', '.join(tables)}" if tables else f"{name} is empty"
            )
        hint = first.hint
        if first.message == NAMES_NO_STREAM:
            hint = "records of GetRecords do not name their table: name it with --table"
        raise BridgeError(
            f"{name} holds no record that can be decoded ({unreadable} cannot); the first: {first.message}",
            hint=hint,
        )
    next(iter(samples.values())).unreadable += unreadable
    return list(samples.values())


_EXPORTED: Final = frozenset({"Metadata", "Keys", "OldImage", "NewImage"})


def _is_export(record: Any) -> bool:
    """Whether ``record`` is a line of an export to S3, incremental (one change of an item) or full."""
    if not isinstance(record, dict):
        return False
    incremental = {"Metadata", "Keys"} <= set(record) <= _EXPORTED
    return incremental or (set(record) == {"Item"} and isinstance(record["Item"], dict))


def _add_export(
    samples: dict[str, TableSample], record: Mapping[str, Any], tables: Sequence[str], keep_values: bool
) -> None:
    """The images of a line count as items. Raises ``BridgeError`` where table or key is not known."""
    from bridge.onboarding.sample import TableSample

    if len(tables) != 1:
        raise BridgeError("an export does not name its table", hint="name it with one --table")
    (table,) = tables
    if "Item" in record:
        raise BridgeError(
            "a full export does not show which attributes are the key",
            hint=f"read the table itself (init --table {table}), or an incremental export of it",
        )
    if table not in samples:
        key = {name: next(iter(value)) for name, value in _ordered(record["Keys"])}
        samples[table] = TableSample(
            table=table, key=key, view="NEW_AND_OLD_IMAGES", key_order_known=False, keep_values=keep_values
        )
    for image in ("OldImage", "NewImage"):
        if isinstance(record.get(image), dict):
            samples[table].add_item(record[image])


def _ordered(key: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The attributes of a key; those named like a sort key come last."""
    from bridge.onboarding.names import words

    sort_words = {"sk", "sort", "range"}
    return sorted(key.items(), key=lambda each: bool(sort_words & set(words(each[0]))))


def _stand_in(tables: Sequence[str]) -> Any:
    """The stream of records that name none; None if there are several tables."""
    from bridge.cli.records.report import placeholder_stream

    return placeholder_stream(tables[0]) if len(tables) == 1 else None


# --- the plan and its proof ------------------------------------------------------------------------


def _plans(samples: Sequence[TableSample], prefix: str) -> list[TablePlan]:
    from bridge.onboarding.documents import plan_table
    from bridge.onboarding.names import subject, things

    chosen = things([sample.table for sample in samples])
    plans = []
    for sample in samples:
        thing = chosen[sample.table]
        template = subject(thing, list(sample.key))
        if template is None:
            raise BridgeError(
                f"no subject can be built from the key of {sample.table}: {visible(', '.join(sample.key))}",
                hint="write bridge.yaml by hand",
            )
        plans.append(plan_table(sample, thing, template, prefix, _base(prefix)))
    return plans


def _base(prefix: str) -> str:
    return f"https://schemas.{'.'.join(reversed(prefix.split('.')))}"


@dataclass(frozen=True, slots=True)
class _Proof:
    """The result of `check` and `render` on the files before they are moved into place."""

    rendered: int
    failed: int
    unreadable: int


def _prove(folder: Path, records: BinaryIO | None) -> _Proof:
    """Check the project in ``folder``, and render its examples and the records it was created from.

    Raises ``ConfigurationError`` if the project does not pass its own check.
    """
    from bridge.cli.records.files import Unreadable, read_records
    from bridge.cli.records.preview import Previewer
    from bridge.cli.setup.check import find_problems
    from bridge.errors import ConfigurationError
    from bridge.onboarding.files import CONFIGURATION
    from bridge.wiring.bridge import load_configuration

    path = folder / CONFIGURATION
    wrong = [problem for problem in find_problems(path, {}).problems if problem.severity == "error"]
    if wrong:
        raise ConfigurationError(wrong)
    configuration = load_configuration(path, {})
    previewer = Previewer(configuration)
    stand_in = _stand_in(list(configuration.tables))
    ends: Counter[str] = Counter()
    for file in sorted((folder / "examples/records").glob("*.json")):
        with file.open("rb") as stream:
            for record in read_records(stream, file.name):
                if previewer.preview(record).end in ("quarantined", "returned"):
                    raise BridgeError(
                        f"an example of {file.stem} does not become its event",
                        hint="this is a defect of init",
                    )
    if records is not None:
        records.seek(0)
        for record in read_records(records, "records"):
            if _is_export(record):
                continue  # it is no record of a stream
            if isinstance(record, Unreadable):
                ends["unreadable"] += 1
            else:
                preview = previewer.preview(record, stand_in)
                ends[preview.end if preview.change is not None else "unreadable"] += 1
    failed = ends["quarantined"] + ends["returned"]
    rendered = ends.total() - failed - ends["unreadable"]
    return _Proof(rendered, failed, ends["unreadable"])


# --- the report -------------------------------------------------------------------------------------


def _report(
    console: Console,
    out: Path,
    files: Iterable[str],
    plans: Sequence[TablePlan],
    proof: _Proof,
    *,
    as_json: bool,
) -> None:
    from bridge.onboarding.remarks import remarks

    reported = {plan.sample.table: [visible(line) for line in remarks(plan)] for plan in plans}
    if as_json:
        tables = {
            plan.sample.table: {
                "samples": plan.sample.items.seen,
                "events": [event.type for event in plan.events],
                "redacted": list(plan.drop),
                "remarks": reported[plan.sample.table],
            }
            for plan in plans
        }
        rendered = {"rendered": proof.rendered, "failed": proof.failed, "unreadable": proof.unreadable}
        console.write_json({"files": list(files), "tables": tables, "records": rendered})
        return
    for name in files:
        console.show(str(out / name))
    for plan in plans:
        sample = plan.sample
        of = f" of about {sample.about_items:,}" if sample.about_items else ""
        console.say(f"\n{sample.table}: {sample.items.seen:,}{of} items read; check these:", style="bold")
        for line in reported[sample.table] or ["no remarks"]:
            console.say(f"  - {line}")
    if proof.rendered or proof.failed:
        of_them = f", {proof.failed} would fail" if proof.failed else ""
        console.say(f"\n{proof.rendered} of the records render{of_them}.")
    where = f"cd {out} && " if out != Path() else ""
    first = plans[0].sample.table
    console.say(f"\nNext: {where}stream-bridge check && stream-bridge render examples/records/{first}.json")
