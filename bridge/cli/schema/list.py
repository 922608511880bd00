"""``stream-bridge schema list`` and ``show``: list the types, and show one version of a type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, columns
from bridge.cli.schema.options import SchemasOption, schemas_folder

if TYPE_CHECKING:
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.documents.validation import SchemaVersion


def list_types(console: Console, schemas: SchemasOption = None, output: OutputOption = Output.TEXT) -> int:
    """List the types with their versions, status and owner, then the shared definitions."""
    from bridge.schemas.documents.schema_set import SchemaSet, Validators

    found = SchemaSet.load(schemas_folder(schemas), Validators.ON_USE)
    facts = [_facts(found, type_name) for type_name in found.types]
    shared = [_facts(found, name) for name in dict.fromkeys(name for name, _ in found.shared)]
    if output is Output.JSON:
        console.write_json({"base": found.base, "types": facts, "shared": shared})
        return ExitCode.OK
    rows = []
    for each in (*facts, *shared):
        status = each["status"] + "".join(f", {key} until {day}" for key, day in each["sunset"].items())
        rows.append((each["type"], " ".join(each["versions"]), status, each["owner"], each["summary"]))
    console.show(*columns(rows, ("type", "versions", "status", "owner", "summary")))
    return ExitCode.OK


def _facts(schemas: SchemaSet, type_name: str) -> dict[str, Any]:
    meta = schemas.metas.get(type_name)
    versions = schemas.versions(type_name)
    return {
        "type": type_name,
        "versions": list(map(str, versions)),
        "locked": [str(version) for version in versions if (type_name, version) in schemas.lock.versions],
        "status": str(meta.status) if meta is not None else "active",
        "owner": meta.team if meta is not None else "",
        "contact": meta.contact if meta is not None else "",
        "summary": meta.summary if meta is not None else "",
        "sunset": {key: each.day.isoformat() for key, each in meta.sunsets.items()}
        if meta is not None
        else {},
        "compatibility": str(schemas.mode_of(type_name)),
        "policy": str(schemas.policy_of(type_name)),
    }


def show(
    console: Console,
    type_and_version: Annotated[
        str, typer.Argument(metavar="TYPE[@VERSION]", help="Without a version, the newest.")
    ],
    schemas: SchemasOption = None,
    output: Annotated[
        Output, typer.Option(help="Print text for people, or the schema itself as JSON.")
    ] = Output.TEXT,
) -> int:
    """Show one version of a type: its summary, members and status."""
    from bridge.schemas.documents.schema_set import SchemaSet, Validators

    found = SchemaSet.load(schemas_folder(schemas), Validators.ON_USE)
    schema = found.find(type_and_version)
    if output is Output.JSON:
        console.write_json(schema.document)
        return ExitCode.OK
    facts = _facts(found, schema.type)
    for line in _about(found, schema, facts, datetime.now(UTC).date()):
        console.show(line)
    return ExitCode.OK


def _about(schemas: SchemaSet, schema: SchemaVersion, facts: Mapping[str, Any], today: date) -> list[Text]:
    from bridge.schemas.evolution.members import members_of

    document = schema.document
    lines: list[Text] = [Text(f"{schema.type} {schema.version}", style="bold")]
    for text in dict.fromkeys((facts["summary"], document.get("description", ""))):
        lines += [Text(text)] if text else []
    owner = facts["owner"] + (f" ({facts['contact']})" if facts["contact"] else "")
    others = " ".join(each for each in facts["versions"] if each != str(schema.version))
    locked = (schema.type, schema.version) in schemas.lock.versions
    pairs = {
        "id": schema.id,
        "file": schema.file,
        "owner": owner,
        "status": f"{facts['status']}, {'published' if locked else 'not published'}",
        "sunset": _sunset(schemas, schema, today),
        "others": others,
        "checked": f"{facts['compatibility']}, {facts['policy']}",
    }
    lines += [Text(), *columns([(name, value) for name, value in pairs.items() if value], dim=True), Text()]
    members = [
        (member.path, "required" if member.required else "optional", member.kind, member.description)
        for member in members_of(document)
    ]
    return [*lines, *columns(members, ("member", "", "type", "description"))]


def _sunset(schemas: SchemaSet, schema: SchemaVersion, today: date) -> str:
    from bridge.schemas.documents.sunset_days import SOON_DAYS, days_left

    meta = schemas.metas.get(schema.type)
    sunset = meta.sunset_of(schema.version) if meta is not None else None
    if sunset is None:
        return ""
    left = (sunset.day - today).days
    reported = f"{sunset.day}" + (" (over)" if left < 0 else "")
    reported += f" ({days_left(left)})" if 0 <= left <= SOON_DAYS else ""
    return reported + (f"; {sunset.migration}" if sunset.migration else "")
