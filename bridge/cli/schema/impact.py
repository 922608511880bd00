"""``stream-bridge schema impact``: show what a new version does to the rules of subscribers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from bridge.cli.console.options import DEFAULT_CONFIG, Aws, OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, plural, visible
from bridge.cli.schema.options import NewVersion, schemas_folder
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.schemas.documents.proposed import Proposed
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.evolution.rules.finding import Finding, RuleImpact, Side, Witness
    from bridge.schemas.evolution.rules.stored import StoredRule

_STYLES: Final = {
    "stops": "bold red",
    "old-major": "bold red",
    "never": "red",
    "begins": "bold yellow",
    "partly": "yellow",
    "more": "yellow",
    "invalid": "yellow",
    "unknown": "yellow",
    "none": "green",
    "other": "dim",
}
_SAYS: Final = {
    "stops": "stops matching",
    "old-major": "will not get the new major",
    "never": "matches no event, before or after",
    "begins": "matched nothing before, and begins to match",
    "partly": "still matches, but not with all of its values",
    "more": "matches more than before",
    "invalid": "is not a pattern that EventBridge accepts",
    "unknown": "cannot be decided",
    "none": "matches as before",
    "other": "matches other events",
}


def impact(
    console: Console,
    aws: Aws,
    wanted: NewVersion,
    patterns: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATTERNS]", help="A pattern, a list of rules, a template, or a folder of these."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="The version before; by default the one before it in the folder.", metavar="TYPE@VERSION"
        ),
    ] = None,
    bus: Annotated[str | None, typer.Option(help="Check rules of this bus.", metavar="NAME")] = None,
    source: Annotated[
        str, typer.Option(help="Source of the events; by default that of bridge.yaml.", metavar="NAME")
    ] = "",
    output: OutputOption = Output.TEXT,
) -> int:
    """Show which rules a new version of a schema affects, and how to fix them.

    PATTERNS is a JSON file with a pattern, the output of `aws events list-rules`, or a CloudFormation or SAM
    template; a folder is searched for all of them. The result is proven: a rule counts as stopped only if no
    event that is valid by the new version can match it, and as matching as before only if it gains nothing.

    Exits 0 when no rule is affected, 2 when some are, 4 when none is as far as it could be decided, 1 or 3
    when patterns or schemas cannot be read.
    """
    from bridge.schemas.documents.proposed import before, of_version
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.evolution.rules.finding import Effect
    from bridge.schemas.evolution.rules.impact import Impact

    if (patterns is None) == (bus is None):
        raise BridgeError("there are no rules to check", hint="give either PATTERNS or --bus NAME")
    known = SchemaSet.load(schemas_folder(wanted.schemas))
    new = wanted.read(known)
    if not new.type:
        raise BridgeError(
            "the schema's $id names no type and version", hint="it must end in /TYPE/VERSION.json"
        )
    earlier = before(known, new) if against is None else known.find(against)
    old = None if earlier is None else of_version(known, earlier)
    source = source or _source()
    majors = [f"{new.type}.v{version.major}" for version in known.versions(new.type)]
    judge = Impact(None if old is None else _side(old, known, source), _side(new, known, source), majors)
    rules = _rules(patterns, bus, aws)
    judged = [(rule, None if rule.problem else judge.judge(rule.name, rule.pattern)) for rule in rules]
    if output is Output.JSON:
        console.write_json(_as_json(old, new, judged))
    else:
        _show(console, old, new, judged)
    effects = {Effect.UNKNOWN if each is None else each.effect for _, each in judged}
    if any(effect.affected for effect in effects):
        return ExitCode.DIFFERENCES
    return ExitCode.PARTLY if effects & {Effect.UNKNOWN, Effect.INVALID} else ExitCode.OK


def _source() -> str:
    """The source in bridge.yaml; empty if it cannot be read, which other verbs report."""
    from bridge.errors import ConfigurationError
    from bridge.settings import load_settings

    try:
        return load_settings(Path(os.environ.get("BRIDGE_CONFIG") or DEFAULT_CONFIG), os.environ).source
    except ConfigurationError:
        return ""


def _side(proposed: Proposed, known: SchemaSet, source: str) -> Side:
    from bridge.schemas.documents.examples import valid_examples
    from bridge.schemas.evolution.rules.finding import Side

    found = valid_examples(known, proposed.type, proposed.version)
    examples = {path.name: data for path, data in found.items()}
    return Side(proposed.event_type, proposed.version, proposed.id, proposed.documents, source, examples)


def _rules(patterns: Path | None, bus: str | None, aws: Aws) -> list[StoredRule]:
    from bridge.schemas.evolution.rules.stored import read_rules, rules_of

    if patterns is not None:
        return read_rules(patterns)
    from bridge.edges.eventbridge.rules import list_patterns

    assert bus is not None  # noqa: S101 - checked above
    return [
        rule
        for name, pattern in sorted(list_patterns(aws.clients()("events"), bus))
        for rule in rules_of({"Name": name, "EventPattern": pattern}, name, f"bus {bus}")
    ]


# --- the report -------------------------------------------------------------------------------------

Judged = tuple["StoredRule", "RuleImpact | None"]


def _as_json(old: Proposed | None, new: Proposed, judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "type": new.type,
        "old": old.version if old else None,
        "new": new.version,
        "rules": [_rule_json(rule, each) for rule, each in judged],
    }


def _rule_json(rule: StoredRule, judged: RuleImpact | None) -> dict[str, Any]:
    reported: dict[str, Any] = {"rule": rule.name, "from": rule.file}
    if judged is None:
        return {**reported, "effect": "unknown", "affected": False, "problem": rule.problem, "findings": []}
    reported |= {"effect": str(judged.effect), "affected": judged.effect.affected}
    reported["findings"] = [asdict(finding) for finding in judged.findings]
    if judged.witness is not None:
        reported["matched_before"] = asdict(judged.witness)
    if judged.gained is not None:
        reported["matches_now"] = asdict(judged.gained)
    return reported


def _show(console: Console, old: Proposed | None, new: Proposed, judged: Sequence[Judged]) -> None:
    console.show(f"{new.type}: {old.version if old else 'nothing'} → {new.version}")
    order = list(_STYLES)
    reported = sorted(judged, key=lambda pair: order.index(_effect(pair)))
    for rule, each in reported:
        effect = _effect((rule, each))
        if effect == "other":
            continue
        line = Text.assemble(
            (visible(rule.name), "bold"),
            f" ({visible(rule.file)}) ",
            (rule.problem or _SAYS[effect], _STYLES[effect]),
        )
        console.show(line)
        if each is None:
            continue
        for finding in each.findings:
            console.show(*_finding(finding))
        for what, witness in (("matched before", each.witness), ("matches now", each.gained)):
            if witness is not None:
                console.show(Text(f"    {what}: {visible(_origin(witness))}", "dim"))
    counts: Mapping[str, int] = Counter(_effect(pair) for pair in judged)
    parts = [f"{counts[effect]} {effect}" for effect in order if counts.get(effect)]
    console.say(f"{plural(len(judged), 'rule')}: {', '.join(parts) or 'none'}")


def _origin(witness: Witness) -> str:
    return "built from an example" if witness.source == "made" else f"example {witness.source}"


def _effect(pair: Judged) -> str:
    return "unknown" if pair[1] is None else str(pair[1].effect)


def _finding(finding: Finding) -> list[Text]:
    what = f"{finding.path}: {finding.matcher} " if finding.matcher else f"{finding.path} "
    where = _places(finding)
    lines = [Text.assemble("    ", visible(what.strip()), " – ", visible(finding.message), (where, "dim"))]
    if finding.fix:
        lines.append(Text(f"      fix: {visible(finding.fix)}", "cyan"))
    return lines


def _places(finding: Finding) -> str:
    if finding.new_pointer is None and finding.old_pointer is None:
        return ""
    old, new = (f"#{p}" if p is not None else "" for p in (finding.old_pointer, finding.new_pointer))
    return f"  ({old} → {new})" if old and old != new else f"  ({new or old})"
