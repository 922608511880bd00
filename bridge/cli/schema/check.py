"""``stream-bridge schema check``: does a new version break anybody? A folder, two schemas, or many pairs."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.console.output import Console
from bridge.cli.schema.options import LIMIT_S, Format, FormatOption, SchemasOption
from bridge.schemas.compatibility.verdict import Mode, Policy


def check(
    context: typer.Context,
    old: Annotated[
        str | None, typer.Argument(metavar="OLD", help="A file, or TYPE@VERSION of the folder.")
    ] = None,
    new: Annotated[str | None, typer.Argument(metavar="NEW", help="The same, for the newer one.")] = None,
    schemas: SchemasOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="Also compare with git:REF, dir:PATH, glue://REGISTRY or eventbridge://REGISTRY.",
            metavar="WHERE",
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            "--pairs",
            help='Lines of {"id", "old", "new", "mode", "policy"} in, answers out.',
            metavar="FILE|-",
        ),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            "--mode",
            help="For two schemas and pairs: BACKWARD, FORWARD, FULL, each also _TRANSITIVE, or NONE.",
            case_sensitive=False,
            metavar="MODE",
        ),
    ] = None,
    policy: Annotated[
        Policy | None,
        typer.Option("--policy", help="For two schemas and pairs: how both are read.", case_sensitive=False),
    ] = None,
    limit: Annotated[
        float, typer.Option("--limit", min=0.01, help="Seconds for one pair; then it is unproven.")
    ] = LIMIT_S,
    output: FormatOption = Format.TEXT,
) -> int:
    """Prove that versions are compatible, or show the event that would break somebody.

    Without OLD and NEW: every type of the folder, all versions, by the modes of registry.yaml and meta.yaml;
    edits to published versions, and version numbers that say less than changed, are refused too.

    Exits 0: compatible. 2: not compatible. 4: not proven. 3: the input cannot be used. With --pairs: 0 when
    every line was answered.
    """
    console: Console = context.obj
    if pairs is not None:
        if old is not None or against is not None:
            raise typer.BadParameter("--pairs reads all it needs from its lines")
        from bridge.cli.schema.many_pairs import check_pairs

        return check_pairs(console, pairs, mode, policy, limit)
    if old is not None:
        if new is None:
            raise typer.BadParameter("say two schemas, the older one first")
        if against is not None:
            raise typer.BadParameter("--against is for a whole folder")
        from bridge.cli.schema.two_schemas import check_two

        return check_two(console, (old, new), schemas, mode, policy, limit, output)
    if mode is not None or policy is not None:
        where = "a folder says in registry.yaml and meta.yaml how it is checked"
        raise typer.BadParameter(f"{where}; --mode and --policy are for two schemas, and for pairs")
    from bridge.cli.schema.folder import check_folder

    return check_folder(console, schemas, against, limit, output)
