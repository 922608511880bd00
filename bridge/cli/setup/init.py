"""``stream-bridge init``: create a first project from a table or from records of its stream."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from bridge.cli.console.options import Aws, OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, visible
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.cli.setup.samples import TableRead
    from bridge.core.change import TypedItem
    from bridge.onboarding.documents import TablePlan


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
    entity: Annotated[
        str | None,
        typer.Option(help="The attribute that names the kind of an item, such as _et.", metavar="NAME"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write into.", metavar="DIR")] = Path(),
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="Items to read per table.")] = 2000,
    prefix: Annotated[str, typer.Option(help="Prefix of the event types.", metavar="NAME")] = "com.example",
    team: Annotated[str, typer.Option(help="Team that owns the events.", metavar="NAME")] = "change-me",
    keep_values: Annotated[
        bool, typer.Option(help="Use real samples as examples instead of invented values.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Overwrite existing files.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Write a first configuration, schemas, examples and a test, inferred from the items of a table.

    Reads a sample of --table, or the records of --from (the same files as render reads). In a table that
    holds several kinds of items, each kind becomes an entity: by an attribute that names it, or by the labels
    in the keys. On a terminal, init shows its proposal and asks before it writes; elsewhere it does not ask.

    The result passes `check` and renders the samples, or nothing is written. Attributes that look secret are
    redacted, and the values of examples are invented unless --keep-values is given.

    Exits 0 when the project was written, 4 when it was written but some samples could not be used, 1 when
    nothing was written.
    """
    from bridge.cli.setup import proposal_view, samples
    from bridge.onboarding.files import project_files
    from bridge.onboarding.plans import plans_of, source_of
    from bridge.onboarding.writing import staged

    if from_file is None and not table:
        raise BridgeError("there is nothing to read", hint="give --table T, or --from FILE with records")
    with ExitStack() as open_, _spooled(from_file) as records:
        if records is None:
            reads = samples.read_tables(table or [], sample, keep_values, aws, entity, open_)
        else:
            reads = samples.read_records(records, from_file or "", table or [], keep_values, entity)
        sampled = [(read.sample, read.proposal, read.entities) for read in reads]
        plans = plans_of(sampled, prefix, _base(prefix))
        files = project_files(plans, source=source_of(plans, prefix), base=_base(prefix), team=team)
        with staged(out, files) as staging:
            existing = staging.existing()
            if existing and not force:
                for name in files:
                    console.say(f"  {name}{' (exists)' if name in existing else ''}")
                raise BridgeError(
                    f"{len(existing)} of the {len(files)} files that would be written to {out} exist",
                    hint="choose another folder with --out, or overwrite them with --force",
                )
            proof = _prove(staging.folder, records, reads)
            if output is Output.TEXT:
                proposal_view.show(console, reads, plans)
            if output is Output.TEXT and not yes and not _agreed(console, len(files), out):
                console.say("nothing was written")
                return ExitCode.ERROR
            staging.move()
    if output is Output.JSON:
        counts = {"rendered": proof.rendered, "failed": proof.failed, "unreadable": proof.unreadable}
        tables = proposal_view.as_json(reads, plans)
        console.write_json({"files": list(files), "tables": tables, "records": counts})
    else:
        _report(console, out, list(files), plans, proof)
    return ExitCode.PARTLY if proof.unreadable or proof.failed else ExitCode.OK


def _agreed(console: Console, count: int, out: Path) -> bool:
    """Whether a person agrees; off a terminal nobody is asked."""
    if not (console.err.is_terminal and sys.stdin.isatty()):
        return True
    return typer.confirm(visible(f"\nWrite {count} files to {out}?"), err=True)


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


def _base(prefix: str) -> str:
    return f"https://schemas.{'.'.join(reversed(prefix.split('.')))}"


# --- the proof -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Proof:
    """The result of `check` and `render` on the files before they are moved into place."""

    rendered: int
    failed: int
    unreadable: int


def _prove(folder: Path, records: BinaryIO | None, reads: Sequence[TableRead]) -> _Proof:
    """Check the project in ``folder``, and render its examples and the samples it was created from.

    Raises ``ConfigurationError`` if the project does not pass its own check.
    """
    from bridge.cli.records.files import Unreadable, read_records
    from bridge.cli.records.preview import Previewer
    from bridge.cli.setup.check import find_problems
    from bridge.cli.setup.samples import is_export, stand_in
    from bridge.errors import ConfigurationError
    from bridge.onboarding.files import CONFIGURATION
    from bridge.wiring.bridge import load_configuration

    path = folder / CONFIGURATION
    wrong = [problem for problem in find_problems(path, {}).problems if problem.severity == "error"]
    if wrong:
        raise ConfigurationError(wrong)
    configuration = load_configuration(path, {})
    previewer = Previewer(configuration)
    nameless = stand_in(list(configuration.tables))
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
            if is_export(record):
                continue  # it is no record of a stream
            if isinstance(record, Unreadable):
                ends["unreadable"] += 1
            else:
                preview = previewer.preview(record, nameless)
                ends[preview.end if preview.change is not None else "unreadable"] += 1
    for read in reads:
        if read.proposal is not None:
            for number, item in enumerate(read.items()):
                ends[previewer.preview(_inserted(read, item, number)).end] += 1
    failed = ends["quarantined"] + ends["returned"]
    rendered = ends.total() - failed - ends["unreadable"]
    left_out = sum(read.sample.unreadable for read in reads)  # items of a table or an export, too
    return _Proof(rendered, failed, max(ends["unreadable"], left_out))


def _inserted(read: TableRead, item: TypedItem, number: int) -> dict[str, Any]:
    """An item of a scan as the record of its insert."""
    from bridge.onboarding.records import inserted

    return inserted(read.sample, item, number)


# --- the report -------------------------------------------------------------------------------------


def _report(
    console: Console, out: Path, files: Sequence[str], plans: Sequence[TablePlan], proof: _Proof
) -> None:
    for name in files:
        console.show(str(out / name))
    if proof.rendered or proof.failed:
        of_them = f", {proof.failed} would fail" if proof.failed else ""
        of_what = "records" if plans[0].sample.records else "items"
        console.say(f"\n{proof.rendered} of the {of_what} render{of_them}.")
    where = f"cd {out} && " if out != Path() else ""
    first = plans[0].records_file
    console.say(f"\nNext: {where}stream-bridge check && stream-bridge render examples/records/{first}")
