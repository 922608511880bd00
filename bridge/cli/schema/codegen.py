"""``stream-bridge schema codegen``: classes for subscribers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import SchemasOption, schemas_folder


class Language(StrEnum):
    PYTHON = "python"


def codegen(
    context: typer.Context,
    types: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TYPE[@VERSION]]...", help="Without a version, the newest of each major; else all types."
        ),
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="The language.")] = Language.PYTHON,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the package; else standard output.", metavar="DIR"),
    ] = None,
    schemas: SchemasOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Write pydantic models of events: a module for each type and major, and the CloudEvent around them.

    Objects stay open and dates have zones, as in the schemas. The same schemas give the same files. Needs
    `pip install 'stream-bridge[codegen]'`; what it writes needs pydantic alone.
    """
    from bridge.schemas.authoring.codegen import python_modules
    from bridge.schemas.documents.proposed import newest_of, of_version
    from bridge.schemas.documents.schema_set import SchemaSet

    console: Console = context.obj
    known = SchemaSet.load(schemas_folder(schemas))
    wanted = dict.fromkeys(
        schema for reference in types or known.types for schema in newest_of(known, reference)
    )
    modules = python_modules([of_version(known, schema) for schema in wanted])
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in modules.items():
            (out / name).write_bytes(text.encode())
    if output is Output.JSON:
        console.write_json({"files": modules} if out is None else {"files": [str(out / n) for n in modules]})
    elif out is None:
        for name, text in modules.items():
            console.write(f"# --- {name}\n{text}".encode())
    else:
        for name in modules:
            console.show(str(out / name))
    return ExitCode.OK
