"""The ``redact`` rules of a table, compiled. A path that begins elsewhere than in the item is refused: such a
rule would match nothing, and the values would be published."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from bridge.core.jsonpath import JsonPath, JsonPathError, Step, parse_path, written
from bridge.core.redact import FOREIGN_ROOTS, RECORD_ROOTS, RedactRule
from bridge.settings.kinds import Kind

Place = tuple[str | int, ...]
Wrong = Callable[[Place, str, str], None]

TYPE_TAGS: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "M", "L"})
_BRACKETED: Final = re.compile(r"\$\['([A-Za-z_][A-Za-z0-9_]*)'\](?=[.\[]|$)")


def compile_rules(kind: Kind, subject_names: Collection[str], wrong: Wrong) -> list[RedactRule]:
    """The rules that are usable; ``wrong`` takes what is wrong with the others. ``subject_names`` are the key
    attributes that the subject uses."""
    rules: list[RedactRule] = []
    for index, rule in enumerate(kind.settings.redact):
        at = (*kind.redact_place(index), "path")
        try:
            path = parse_path(rule.path)
        except JsonPathError as error:
            begins = "did you mean '$." + rule.path.lstrip("/").replace("/", ".") + "'?"
            wrong(at, str(error), error.suggestion or ("" if rule.path.startswith("$") else begins))
            continue
        found = _part_problem(path, kind) or _problem(path, rule.with_, subject_names)
        if found is not None:
            wrong(at, *found)
        key = rule.key.get_secret_value().encode() if rule.key is not None else b""
        rules.append(RedactRule(path, rule.with_, key))
    return rules


def _problem(path: JsonPath, action: str, subject_names: Collection[str]) -> tuple[str, str] | None:
    if path.steps is None:
        advice = "name the field, such as $.profile.email or $.cards[*].number"
        return "redaction needs a plain path of members, indexes and [*]", advice
    if path.root in FOREIGN_ROOTS and not path.text.startswith("$["):
        inside = without_prefix((path.root, *path.steps))
        literally = f"$['{path.root}']{written(path.steps)[1:]}"
        advice = f"write {literally} if the item has an attribute {path.root}"
        if inside:
            advice = f"did you mean '{written(inside)}'? Otherwise {advice}"
        return f"is a path inside the item, and {path.root} is none of its attributes", advice
    if path.root in subject_names and path.steps:
        advice = f"did you mean '{written((path.root,))}'?"
        return f"reaches into {path.root}, a part of the key, which has nothing inside", advice
    if path.root in subject_names and action != "hmac":
        return f"the subject needs {path.root}", "use hmac, which keeps keys apart"
    return None


def _part_problem(path: JsonPath, kind: Kind) -> tuple[str, str] | None:
    """A redacted key attribute has no parts any more."""
    template = "" if kind.selects is None else kind.selects.key.get(path.root, "")
    if path.steps or "{" not in template:
        return None
    advice = "keep personal data out of keys, or out of this entity's template"
    return (
        f"the key template of {kind.entity} reads parts of {path.root}, which the subject publishes",
        advice,
    )


def without_prefix(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps inside the item, without the root of another document and without DynamoDB's type names."""
    record = any(step in RECORD_ROOTS for step in steps[:2])
    while steps and isinstance(steps[0], str) and steps[0] in FOREIGN_ROOTS:
        steps = steps[1:]
    if record:
        steps = tuple(step for at, step in enumerate(steps) if at == 0 or step not in TYPE_TAGS)
    return steps


def name_of_rule(path: str) -> str:
    """The path of a rule in the version of fingerprints, which stays the same for both ways of writing a
    name: ``$['meta'].ip`` is ``$.meta.ip``."""
    return _BRACKETED.sub(r"$.\1", path)
