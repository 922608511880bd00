"""``stream-bridge schema changelog``: the history of a type, with its days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.diff import changes_json
from bridge.cli.schema.options import LIMIT_S, SchemasOption, TypeArgument, schemas_folder
from bridge.schemas.compatibility.verdict import Verdict

if TYPE_CHECKING:
    from bridge.schemas.documents.meta import Sunset
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.documents.validation import SchemaVersion


def changelog(
    console: Console,
    type_name: TypeArgument,
    schemas: SchemasOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Print the history of a type, newest version first, as Markdown."""
    from bridge.schemas.documents.schema_set import SchemaSet

    found = SchemaSet.load(schemas_folder(schemas))
    versions = found.versions(type_name)
    if not versions:
        found.get(type_name, "1.0.0")  # raises, with the types that exist
    history = [found.get(type_name, version) for version in versions]
    added = _added(history)
    steps = [{"version": str(versions[0]), "changes": []}]
    steps += [_step(found, old, new) for old, new in pairwise(history)]
    for schema, step in zip(history, steps, strict=True):
        step |= _days(found, schema, added)
    if output is Output.JSON:
        console.write_json({"type": type_name, "versions": steps[::-1]})
        return ExitCode.OK
    for line in _markdown(found, history, steps, datetime.now(UTC).date()):
        console.show(line)
    return ExitCode.OK


def _step(schemas: SchemaSet, old: SchemaVersion, new: SchemaVersion) -> dict[str, Any]:
    from bridge.schemas.compatibility.compare import compare
    from bridge.schemas.evolution.changes import find_changes

    found = compare(
        old.document,
        new.document,
        mode=schemas.mode_of(new.type),
        policy=schemas.policy_of(new.type),
        documents=schemas.documents,
        limit_s=LIMIT_S,
    )
    changes = find_changes(old.document, new.document)
    return {"version": str(new.version), "since": str(old.version), **changes_json(changes, found)}


def _added(history: list[SchemaVersion]) -> Mapping[str, date]:
    """When each file was added, by its name; empty without git."""
    from bridge.edges.local.git import GitRefused, read_added

    try:
        return read_added(Path(history[0].file).parent)
    except GitRefused:
        return {}


def _days(schemas: SchemaSet, schema: SchemaVersion, added: Mapping[str, date]) -> dict[str, str]:
    """The days of a version: when it was added, when its deprecation began, and its last one."""
    meta = schemas.metas.get(schema.type)
    sunset = meta.sunset_of(schema.version) if meta is not None else None
    days = {
        "added": added.get(Path(schema.file).name),
        "deprecated": sunset.since if sunset is not None else None,
        "sunset": sunset.day if sunset is not None else None,
    }
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _markdown(
    schemas: SchemaSet, history: list[SchemaVersion], steps: list[dict[str, Any]], today: date
) -> Iterator[str]:
    from bridge.schemas.evolution.promises import BREAKS_WHOM

    first = history[0]
    meta = schemas.metas.get(first.type)
    yield f"# {first.type}"
    if meta is not None:
        yield from ("", meta.summary)
    for schema, step in zip(reversed(history), reversed(steps), strict=True):
        yield from ("", f"## {schema.version}" + (f" - {step['added']}" if "added" in step else ""), "")
        description = schema.document.get("description", "")
        if schema is first:
            yield "The first version." + (f" {description}" if description else "")
        else:
            yield _standing(step)
        sunset = meta.sunset_of(schema.version) if meta is not None else None
        if sunset is not None:
            yield _retirement(sunset, today)
        if schema is not first:
            yield ""
        yield from (f"- {change['text']}" for change in step["changes"])
        for each in step.get("breaks", ()):
            yield f"- **breaks**: {each['message']} ({BREAKS_WHOM[each['direction']]})"


def _retirement(sunset: Sunset, today: date) -> str:
    from bridge.schemas.documents.sunset_days import SOON_DAYS, days_left

    left = (sunset.day - today).days
    verb = "Was published" if left < 0 else "Published"
    text = f"Deprecated since {sunset.since}. " if sunset.since is not None and sunset.since <= today else ""
    text += f"{verb} until {sunset.day}"
    text += f" ({days_left(left)})." if 0 <= left <= SOON_DAYS else "."
    return text + (f" {sunset.migration}" if sunset.migration else "")


def _standing(step: Mapping[str, Any]) -> str:
    verdict, since = step["verdict"], step["since"]
    if verdict == Verdict.COMPATIBLE:
        return f"Compatible with {since}."
    if verdict == Verdict.INCOMPATIBLE:
        return f"Not compatible with {since}."
    return f"Whether it is compatible with {since} is not proven."
