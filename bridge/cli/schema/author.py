"""``stream-bridge schema new`` and ``bump``: write the files of a new type, or of a type's next version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.output import Console, ExitCode
from bridge.cli.schema.options import (
    LIMIT_S,
    SchemasOption,
    TypeArgument,
    named_folder,
    next_command,
    schemas_folder,
)

if TYPE_CHECKING:
    from bridge.schemas.authoring.files import Files, Step
    from bridge.schemas.compatibility.verdict import Bump
    from bridge.schemas.documents.layout import Layout


def new(
    console: Console,
    type_name: TypeArgument,
    schemas: SchemasOption = None,
    summary: Annotated[str, typer.Option(help="What happened, in one sentence.")] = "",
    owner: Annotated[str, typer.Option(help="The team that owns the type.")] = "",
    contact: Annotated[str, typer.Option(help="How to contact that team.")] = "",
    base: Annotated[str, typer.Option(help="Prefix of every $id, if no version has one yet.")] = "",
) -> int:
    """Write a draft of a type's first version, its meta.yaml and examples. Overwrites nothing."""
    from bridge.schemas.authoring.files import plan_type
    from bridge.schemas.documents.layout import Layout, read_layout
    from bridge.schemas.documents.names import is_shared

    folder = named_folder(schemas)
    layout = read_layout(folder) if folder.exists() else Layout()
    files = plan_type(layout, type_name, base=base, summary=summary, team=owner, contact=contact)
    _write(console, folder, files)
    what = "the definition" if is_shared(type_name) else "the schema and its examples"
    console.say(f"edit {what}, then: {next_command('lint', schemas)}")
    console.say("remove `status: draft` from meta.yaml once others may use the type")
    return ExitCode.OK


def bump(
    console: Console,
    type_name: Annotated[
        str, typer.Argument(metavar="TYPE[@MAJOR]", help="With a major, the next version of that major.")
    ],
    schemas: SchemasOption = None,
    major: Annotated[bool, typer.Option(help="For an incompatible change.")] = False,
    minor: Annotated[bool, typer.Option(help="For a compatible change.")] = False,
    patch: Annotated[bool, typer.Option(help="For titles, descriptions and examples.")] = False,
) -> int:
    """Copy the newest version, with its $id and examples, to the next version: by default a minor one.

    If the newest version is published and was edited in place, the edit becomes the next version with the
    smallest bump that it needs, and the published text is restored from git.
    """
    from bridge.edges.local.git import read_every_text
    from bridge.schemas.authoring.files import find_original, find_step, next_version, plan_bump
    from bridge.schemas.compatibility.verdict import Bump
    from bridge.schemas.documents.layout import read_layout

    asked = [b for b, on in ((Bump.MAJOR, major), (Bump.MINOR, minor), (Bump.PATCH, patch)) if on]
    if len(asked) > 1:
        raise typer.BadParameter("choose one of --major, --minor and --patch")
    name, _, wanted = type_name.partition("@")
    wanted = wanted.removeprefix("v")
    if wanted and not (wanted.isascii() and wanted.isdigit()):
        raise typer.BadParameter(f"'{wanted}' is not a major version; write {name}@1")
    folder = schemas_folder(schemas)
    layout = read_layout(folder)
    step = find_step(folder, layout, name, int(wanted) if wanted else None)
    original = find_original(layout, step, read_every_text(folder / step.file)) if step.edited else None
    level = asked[0] if asked else Bump.MINOR
    if original is not None:
        level = _least(console, folder, layout, step, original, asked[0] if asked else None)
    version = next_version(step.newest, level)
    files = plan_bump(folder, layout, step, level, original)
    _write(console, folder, files, restored=step.file if step.edited else None)
    console.say(f"{name} {step.newest} → {version}; then: {next_command('check', schemas)}")
    return ExitCode.OK


def _least(
    console: Console, folder: Path, layout: Layout, step: Step, original: bytes, asked: Bump | None
) -> Bump:
    """The smallest bump that the edit of a published file needs; ``asked`` if it is large enough."""
    from bridge.errors import BridgeError
    from bridge.schemas.compatibility.compare import compare
    from bridge.schemas.compatibility.verdict import Bump, Verdict
    from bridge.schemas.documents.json_document import parse_json
    from bridge.schemas.documents.names import is_shared

    if is_shared(step.type):  # events decide what its changes mean
        return asked or Bump.MINOR
    before = parse_json(original, step.file)
    meta = layout.metas.get(step.type)
    mode = (meta.compatibility if meta is not None else None) or layout.registry.compatibility
    policy = (meta.policy if meta is not None else None) or layout.registry.policy
    documents = {f.document["$id"]: f.document for f in layout.files if "$id" in f.document}
    found = compare(before, step.document, mode=mode, policy=policy, documents=documents, limit_s=LIMIT_S)
    if found.verdict is Verdict.INVALID:
        raise BridgeError(f"{folder / step.file} cannot be compared: {found.problem}")
    ranks = list(Bump)
    least = Bump.PATCH if found.bump is Bump.NONE else found.needed
    if asked is None:
        console.say(f"the edit of {step.file} needs a {least} version")
        return least
    if ranks.index(asked) < ranks.index(least):
        raise BridgeError(
            f"the edit of {step.file} needs at least a {least} version",
            hint=found.breaks[0].message if found.breaks else "more than annotations changed",
        )
    return asked


def _write(console: Console, folder: Path, files: Files, restored: str | None = None) -> None:
    """Write all files or none. Only ``restored`` may replace an existing file."""
    from bridge.errors import BridgeError
    from bridge.onboarding.writing import staged

    with staged(folder, files) as ready:
        there = [name for name in ready.existing() if name != restored]
        if there:
            raise BridgeError(f"{folder / there[0]} exists already", hint="nothing was written")
        ready.move()
    for name in files:
        console.show(f"{'restored' if name == restored else 'written'}: {folder / name}")
