"""``stream-bridge schema lock``: compare the folder with what was published, or record it as published."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import LIMIT_S, SchemasOption, next_command, schemas_folder
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.schemas.documents.schema_set import SchemaSet


def lock(
    console: Console,
    schemas: SchemasOption = None,
    update: Annotated[
        bool, typer.Option(help="Lock what is not locked yet; locked versions never change.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Compare the folder with its lock, or with --update add what is not locked yet.

    `schema publish` writes the lock itself: --update is for folders that are not published. Types with
    `status: draft` are left out, and nothing is locked while `schema check` finds errors. A lock of an older
    format is written again in the current one.

    Exits 0 when everything is locked, 2 when something is not, 3 when something locked changed, or something
    to be locked is not compatible.
    """
    from bridge.schemas.documents.entry_files import LOCK_FOLDER, write_lock
    from bridge.schemas.documents.schema_set import SchemaSet

    folder = schemas_folder(schemas)
    found = SchemaSet.load(folder)
    grown = found.lock.adding(found.entries(), found.metas)
    added = [f"{type_name} {version}" for type_name, version in grown.versions.keys() - found.lock.versions]
    missing = sorted(added)
    moved = grown.sunsets != found.lock.sunsets
    if update and missing:
        hold_promises(found)
    if update and (missing or moved or found.lock.old):
        write_lock(folder, grown)
    if output is Output.JSON:
        console.write_json(
            {"locked": len(grown.versions if update else found.lock.versions),
             "added" if update else "missing": missing, "sunsets_moved": moved, "old_format": found.lock.old}
        )  # fmt: skip
    else:
        for name in missing:
            console.show(f"{'locked' if update else 'not locked'}: {name}")
        if moved:
            console.show(f"sunsets {'locked again' if update else 'changed since they were locked'}")
        if found.lock.old:
            console.show(f"format 1{': written again' if update else ', which is to be written again'}")
    behind = not update and (bool(missing) or moved or found.lock.old)
    reported = f"{len(found.lock.versions)} locked"
    reported += f", {len(missing)} {'added' if update else 'not yet'}" if missing else ""
    console.say(f"{folder / LOCK_FOLDER}: {reported}")
    if behind:
        update_it = next_command("lock --update", schemas)
        console.say(f"publish them, or if they are not published anywhere: {update_it}")
    return ExitCode.DIFFERENCES if behind else ExitCode.OK


def hold_promises(schemas: SchemaSet) -> None:
    """Check what must hold before a version is published or locked, because neither can be undone.

    Raises ``ConfigurationError`` with every error of ``schema check``: breaks, what is neither proven nor
    waived, version numbers that understate the change."""
    from bridge.schemas.compatibility.compare import Comparer
    from bridge.schemas.evolution.promises import check_types

    comparer = Comparer(schemas.documents, limit_s=LIMIT_S)
    reports = check_types(schemas, comparer.compare, today=datetime.now(UTC).date())
    findings = [finding for report in reports for judged in report.pairs for finding in judged.findings]
    if wrong := [finding for finding in findings if finding.severity == "error"]:
        raise ConfigurationError(wrong)
