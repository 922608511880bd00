"""``stream-bridge schema renumber``: give a version that two branches made another number in one of them."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import DEFAULT_CONFIG
from bridge.cli.console.output import Console, ExitCode
from bridge.cli.schema.options import (
    DEFAULT_FOLDER,
    SchemasOption,
    TypeArgument,
    next_command,
    schemas_folder,
)
from bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from bridge.schemas.authoring.renumber import Branches, Move
    from bridge.schemas.documents.lock import Name
    from bridge.schemas.semver import Version


def renumber(
    console: Console,
    type_name: TypeArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 1.1.0.")],
    schemas: SchemasOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Where the version is that keeps its number: git:REF or dir:PATH. While git merges, by "
            "default the side that others have already.",
            metavar="WHERE",
        ),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The new number; by default the next free one.", metavar="VERSION")
    ] = None,
) -> int:
    """Give this branch's version the next free number, because another branch made the same one.

    Moves the schema, its examples and what only this branch says of it: references, waivers, sunsets, the
    pins of bridge.yaml. The other version and its entry in the lock come from the other branch. Works while
    git merges or rebases. A published version keeps its number.
    """
    from bridge.schemas.authoring.renumber import plan_renumbering

    folder = _folder(schemas)
    config = Path(os.environ.get("BRIDGE_CONFIG") or DEFAULT_CONFIG)
    name = (type_name, _version(version))
    branches = _branches(folder, config, name, against)
    move = plan_renumbering(branches, name, _version(to) if to is not None else None)
    _apply(console, folder, config, move)
    for remark in move.remarks:
        console.say(f"look at it: {remark}")
    kept = f"; {version} is the one of {branches.name}" if branches.name else ""
    console.say(f"{type_name} {version} → {move.version}{kept}")
    changed = shlex.join(map(str, (folder, config) if move.configuration is not None else (folder,)))
    console.say(f"then: git add --all {changed} && {next_command('check', schemas)}")
    return ExitCode.OK


def _folder(schemas: Path | None) -> Path:
    """The chosen folder, also while bridge.yaml itself is not merged."""
    try:
        return schemas_folder(schemas)
    except ConfigurationError:
        if schemas is None and DEFAULT_FOLDER.is_dir():
            return DEFAULT_FOLDER
        raise


def _version(text: str) -> Version:
    from bridge.schemas.semver import Version

    version = Version.read(text)
    if version is None:
        raise typer.BadParameter(f"'{text}' is not a version such as 1.1.0")
    return version


def _branches(folder: Path, config: Path, name: Name, against: str | None) -> Branches:
    from bridge.edges.local.git import read_file, read_revision, same_commit, sides
    from bridge.schemas.authoring.renumber import Branches, has_locked

    here = _files(folder)
    ours = config.read_bytes() if config.is_file() else None
    branches = Branches(here, here, configuration=ours)
    kind, _, place = (against or "").partition(":")
    if against is not None and (kind not in ("git", "dir") or not place):
        raise BridgeError(f"'{against}' is not a place of the other version", hint="use git:REF or dir:PATH")
    if kind == "dir":
        return replace(branches, theirs=_files(Path(place)), name=against or "")
    merging = sides(folder)
    if merging is None:
        if place:
            found = read_file(config, place) if ours is not None else None
            branches = replace(branches, theirs=read_revision(folder, place), their_configuration=found)
        return replace(branches, name=against or "")
    mine, theirs = merging.mine, place or merging.theirs
    if place and same_commit(folder, place, merging.mine):
        mine, theirs = merging.theirs, merging.mine
    files = {side: read_revision(folder, side) for side in (mine, theirs)}
    if not place and has_locked(files[mine], name) > has_locked(files[theirs], name):
        mine, theirs = theirs, mine  # what is published keeps its number
    kept = against or ("the other branch" if theirs == merging.theirs else "this branch")
    found = read_file(config, theirs) if ours is not None else None
    return Branches(here, files[mine], files[theirs], kept, ours, found)


def _files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path in it, without hidden ones."""
    files = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in inner.parts):
            files[inner.as_posix()] = path.read_bytes()
    return files


def _apply(console: Console, folder: Path, config: Path, move: Move) -> None:
    from bridge.onboarding.writing import staged
    from bridge.settings.durable_file import write_durably

    with staged(folder, move.writes) as ready:
        ready.move()
    for name in move.removes:
        (folder / name).unlink()
        for parent in (folder / name).parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    if move.configuration is not None:
        write_durably(config, move.configuration, mode=config.stat().st_mode & 0o777)
    for name in move.writes:
        console.show(f"written: {folder / name}")
    for name in move.removes:
        console.show(f"removed: {folder / name}")
    if move.configuration is not None:
        console.show(f"written: {config}")
