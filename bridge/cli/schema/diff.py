"""``stream-bridge schema diff``: show what changed, in sentences, and whom it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import SchemasOption
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict

if TYPE_CHECKING:
    from bridge.schemas.compatibility.verdict import Comparison
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
        console.write_json({"old": before.name, "new": after.name, **changes_json(changes, found)})
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


def changes_json(changes: Iterable[Change], found: Comparison) -> dict[str, Any]:
    from bridge.schemas.evolution.pairs import comparison_json

    shown = [{"kind": each.kind, "path": each.path, "text": each.text} for each in changes]
    return {"changes": shown, **comparison_json(found)}


def _verdict(found: Comparison) -> str:
    from bridge.cli.schema.report import least_bump

    if found.verdict is Verdict.INVALID:
        return f"cannot be compared: {found.problem}"
    if found.bump == "none":
        return "no difference"
    return f"{found.verdict}{least_bump(found)}"
