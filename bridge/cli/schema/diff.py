"""``stream-bridge schema diff`` and ``changelog``: show what changed, in sentences, and whom it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import LIMIT_S, SchemasOption, TypeArgument, schemas_folder
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict

if TYPE_CHECKING:
    from bridge.schemas.compatibility.verdict import Comparison
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.documents.validation import SchemaVersion
    from bridge.schemas.evolution.sentences import Change

_SIGNS = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
    "annotation": ("·", "dim"),
}


def diff(
    console: Console,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A file, or TYPE@VERSION of the folder.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, for the newer schema.")],
    schemas: SchemasOption = None,
    mode: Annotated[
        Mode | None, typer.Option(help="By default that of the type.", case_sensitive=False)
    ] = None,
    policy: Annotated[
        Policy | None, typer.Option(help="By default the policy of the type.", case_sensitive=False)
    ] = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Show what changed between two schemas, member by member, and whom it breaks.

    Exits 0 whatever changed; 3 when a schema cannot be used. Use `schema check` as a gate.
    """
    from bridge.cli.schema.pair import compare_pair
    from bridge.cli.schema.report import break_lines, unproven_lines
    from bridge.schemas.evolution.changes import find_changes

    pair = compare_pair((old, new), schemas, mode, policy)
    before, after, found = pair.old, pair.new, pair.found
    changes = find_changes(before.document, after.document)
    if output is Output.JSON:
        console.write_json({"old": before.name, "new": after.name, **_as_json(changes, found)})
    else:
        console.show(*map(_line, changes))
        console.show(*([] if changes else ["nothing changed"]), "")
        for each in found.breaks:
            console.show(Text(f"breaks: {each.message} [{each.rule}]", style="red"))
            console.show(*break_lines(each), f"        instead: {each.hint}" if each.hint else "")
        for question in found.unproven:
            console.show(Text(f"not proven: {question.message}", style="magenta"), *unproven_lines(question))
        console.show(f"{before.name} → {after.name}: {_verdict(found)} ({found.mode}, {found.policy})")
    return ExitCode.CONFIGURATION if found.verdict is Verdict.INVALID else ExitCode.OK


def _line(change: Change) -> Text:
    sign, style = _SIGNS[change.kind]
    return Text(f"{sign} ", style=style).append(change.text, style="default")


def _as_json(changes: Iterable[Change], found: Comparison) -> dict[str, Any]:
    from bridge.schemas.evolution.pairs import comparison_json

    shown = [{"kind": each.kind, "path": each.path, "text": each.text} for each in changes]
    return {"changes": shown, **comparison_json(found)}


def _verdict(found: Comparison) -> str:
    if found.verdict is Verdict.INVALID:
        return f"cannot be compared: {found.problem}"
    if found.bump == "none":
        return "no difference"
    return f"{found.verdict}, at least a {found.bump} version"


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
    steps = [_step(found, old, new) for old, new in pairwise(history)]
    if output is Output.JSON:
        first = {"version": str(versions[0]), "changes": []}
        console.write_json({"type": type_name, "versions": [*reversed(steps), first]})
        return ExitCode.OK
    for line in _markdown(found, history, steps):
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
    return {"version": str(new.version), "since": str(old.version), **_as_json(changes, found)}


def _markdown(schemas: SchemaSet, history: list[SchemaVersion], steps: list[dict[str, Any]]) -> Iterator[str]:
    first = history[0]
    meta = schemas.metas.get(first.type)
    yield f"# {first.type}"
    if meta is not None:
        yield from ("", meta.summary)
    for schema, step in zip(reversed(history[1:]), reversed(steps), strict=True):
        yield from ("", f"## {schema.version}", "", _standing(step))
        sunset = meta.sunset_of(schema.version) if meta is not None else None
        if sunset is not None:
            yield f"Published until {sunset.day}." + (f" {sunset.migration}" if sunset.migration else "")
        yield ""
        yield from (f"- {change['text']}" for change in step["changes"])
        for each in step["breaks"]:
            side = "old events break new consumers" if each["direction"] == "backward" else ""
            yield f"- **breaks**: {each['message']} ({side or 'new events break old consumers'})"
    description = first.document.get("description", "")
    yield from (
        "",
        f"## {first.version}",
        "",
        "The first version." + (f" {description}" if description else ""),
    )


def _standing(step: Mapping[str, Any]) -> str:
    verdict, since = step["verdict"], step["since"]
    if verdict == Verdict.COMPATIBLE:
        return f"Compatible with {since}."
    if verdict == Verdict.INCOMPATIBLE:
        return f"Not compatible with {since}."
    return f"Whether it is compatible with {since} is not proven."
