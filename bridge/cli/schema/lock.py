"""``stream-bridge schema lock``: is everything as it was published? And: from now on, it is published."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import SchemasOption, schemas_folder
from bridge.cli.schema.promises import hold_promises


def lock(
    context: typer.Context,
    schemas: SchemasOption = None,
    update: Annotated[
        bool, typer.Option("--update", help="Lock what is not locked yet; what is locked never changes.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Hold the folder against schemas.lock.json, or with --update add to it what has no lock yet.

    Publishing writes the lock itself: --update is for folders that publish nowhere. Types with
    `status: draft` are left out, and nothing is locked while `schema check` finds something wrong. Exits 0
    when everything is locked, 2 when something is not, 3 when something locked changed, or would be locked
    and breaks somebody.
    """
    from bridge.schemas.documents.lock import LOCK_FILE, write_lock
    from bridge.schemas.documents.schema_set import SchemaSet

    console: Console = context.obj
    folder = schemas_folder(schemas)
    found = SchemaSet.load(folder)
    ready = {name: schema.document for name, schema in found.publishable.items()}
    grown = found.lock.adding(ready, found.metas)
    added = [f"{type_name} {version}" for type_name, version in grown.versions.keys() - found.lock.versions]
    missing = sorted(added)
    moved = grown.sunsets != found.lock.sunsets
    if update and missing:
        hold_promises(found)
    if update and (missing or moved):
        write_lock(folder, grown)
    if output is Output.JSON:
        console.write_json(
            {"locked": len(grown.versions if update else found.lock.versions),
             "added" if update else "missing": missing, "sunsets_moved": moved}
        )  # fmt: skip
    else:
        for name in missing:
            console.show(f"{'locked' if update else 'not locked'}: {name}")
        if moved:
            console.show(f"sunsets {'locked anew' if update else 'moved since they were locked'}")
    behind = not update and (bool(missing) or moved)
    reported = f"{len(found.lock.versions)} locked"
    reported += f", {len(missing)} {'added' if update else 'not yet'}" if missing else ""
    console.say(f"{folder / LOCK_FILE}: {reported}")
    if behind:
        console.say("publish them, or where they are published nowhere: stream-bridge schema lock --update")
    return ExitCode.DIFFERENCES if behind else ExitCode.OK
