"""``stream-bridge schema upcasts``: the mappings to newer majors, for subscribers."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.console.output import Console, ExitCode
from bridge.cli.schema.options import SchemasOption, schemas_folder


def upcasts(
    console: Console,
    types: Annotated[
        list[str] | None, typer.Argument(metavar="[TYPE]...", help="Types; by default all.")
    ] = None,
    schemas: SchemasOption = None,
) -> int:
    """Print the mappings that make events of older majors events of the newest, as JSON for the kit.

    The mappings are in `upcast` of meta.yaml. `bridge.consumer.Upcaster` takes what this prints.

    Exits 0, also when no type has a mapping; 3 when a mapping is wrong.
    """
    from bridge.errors import ConfigurationError
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.evolution.upcasts import declared_upcasts, find_upcast_problems

    found = SchemaSet.load(schemas_folder(schemas))
    for type_name in types or ():
        if not found.versions(type_name):
            found.get(type_name, "1.0.0")  # raises, with the types that exist
    if wrong := [each for each in find_upcast_problems(found) if each.severity == "error"]:
        raise ConfigurationError(wrong)
    declared = declared_upcasts(found)
    console.write_json({name: declared[name] for name in declared if not types or name in types})
    return ExitCode.OK
