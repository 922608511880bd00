"""The report about one rule pattern that a new schema version affects: effect, findings, fixes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from bridge.core.pattern.fields import Field
from bridge.schemas.evolution.rules.gained import Gain
from bridge.schemas.evolution.rules.matchable import Judged
from bridge.schemas.evolution.rules.reach import Reach, finite

GAINS: Final = frozenset({"value-new", "may-be-missing", "always-missing", "always-present"})
"""Kinds of findings about what a rule begins to match."""
_SHOWN: Final = 6


class Effect(StrEnum):
    """The effect on a rule, the worst first."""

    STOPS = "stops"  # it could match the old version, and no event of the new version can match
    OLD_MAJOR = "old-major"  # it names the majors that it wants, and the new one is not among them
    NEVER = "never"  # no event of either version can match
    BEGINS = "begins"  # it could match no event of the old version, and can match the new one
    PARTLY = "partly"  # it still matches, but some of its values or alternatives no longer can
    MORE = "more"  # it matches as before, and also what no event of the old version had
    INVALID = "invalid"  # not a pattern that EventBridge accepts
    UNKNOWN = "unknown"  # the schema does not define what the rule reads
    NONE = "none"  # it matches as before
    OTHER = "other"  # it does not want events of this type

    @property
    def affected(self) -> bool:
        return self.loses or self.gains

    @property
    def loses(self) -> bool:
        return self in (Effect.STOPS, Effect.OLD_MAJOR, Effect.NEVER, Effect.PARTLY)

    @property
    def gains(self) -> bool:
        """``partly`` may gain as well as lose."""
        return self in (Effect.BEGINS, Effect.PARTLY, Effect.MORE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of a pattern. ``kind`` is ``field-gone``, ``field-unknown``, ``value-gone``,
    ``value-unknown``, ``type-changed``, ``always-there``, ``old-major``, ``undecided``, ``perhaps-more`` or
    one of ``GAINS``. The pointers lead to the deciding part of each schema (None: no such part, or it is in
    the envelope)."""

    kind: str
    path: str
    matcher: str
    message: str
    fix: str = ""
    old_pointer: str | None = None
    new_pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """An event that the rule matches. ``source`` is the name of an example, or ``made`` for an event that was
    made from an example and the pattern."""

    source: str
    data: Any


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """``witness`` satisfies the old version; the rule matched it. ``gained`` satisfies the new version; the
    rule matches it, and no event of the old version had its value or lacked its field."""

    rule: str
    effect: Effect
    findings: tuple[Finding, ...] = ()
    witness: Witness | None = None
    gained: Witness | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One version as rules see it: ``type`` with its major, ``data`` the ``$id`` of its document in
    ``documents``. ``examples`` are valid data by name."""

    type: str
    version: str
    data: str
    documents: Mapping[str, Any] = field(repr=False)
    source: str = ""
    examples: Mapping[str, Any] = field(default_factory=dict, repr=False)


def why(matcher: Any, judged: Judged, reach: Reach, could: bool) -> tuple[str, str, str]:
    """Kind, message and fix for a matcher that nothing can match. ``could``: the old version could."""
    if isinstance(matcher, Mapping) and matcher.get("exists") is False:
        return "always-there", "the field is required, so it is never missing", "remove this condition"
    kinds = {kind for slot in reach.slots for kind in slot.kinds}
    value_kind = "value-gone" if could else "value-unknown"
    if not kinds and reach.objects:
        return value_kind, "the field is an object, which has no value to match", "match a member of it"
    if not kinds:
        return value_kind, "the field cannot have a value", "remove this condition"
    if not kinds & judged.kinds:
        wants, has = " or ".join(sorted(judged.kinds)), " or ".join(sorted(kinds))
        kind = "type-changed" if could else "value-unknown"
        return kind, f"matches a {wants}; the schema says {has}", _other_type(matcher, kinds)
    left: list[Any] = []
    for slot in reach.slots:
        for value in finite(slot.parts) or ():
            if value not in left:
                left.append(value)
    listed = ", ".join(map(text_of, left[:_SHOWN])) + (", …" if len(left) > _SHOWN else "")
    message = f"is {'no longer' if could else 'not'} a possible value"
    return value_kind, message, f"the schema has {listed}" if listed else ""


def why_more(matcher: Any, gain: Gain) -> tuple[str, str, str]:
    """Kind, message and fix for a matcher that gains something."""
    if gain.kind == "may-be-missing":
        fix = "remove this condition if these events are not wanted"
        return gain.kind, "the field may be missing now, and was always there", fix
    if gain.kind == "always-missing":
        fix = "match another field, or remove the condition if all events are wanted"
        return gain.kind, "the field is gone, so every event meets this condition", fix
    if gain.kind == "always-present":
        fix = "match a value of the field, or remove the condition if all events are wanted"
        return gain.kind, "every event has the field now, so every event meets this condition", fix
    value = text_of(gain.value)
    return gain.kind, f"{value} was not possible before, and matches", _without(matcher, gain.value)


def _without(matcher: Any, value: Any) -> str:
    """How to keep a new value out of a rule."""
    if not isinstance(matcher, Mapping):
        return "remove it from the rule if these events are not wanted"
    ((operator, argument),) = matcher.items()
    if operator != "anything-but":
        return "list the wanted values, or narrow the condition, if these events are not wanted"
    listed = argument if isinstance(argument, list) else [argument]
    if isinstance(argument, Mapping) or {type(each) for each in (*listed, value)} not in ({str}, {int}):
        return "list the wanted values if these events are not wanted"
    return f'to keep it out, write {{"anything-but": {text_of([*listed, value])}}}'


def _other_type(matcher: Any, kinds: set[str]) -> str:
    if isinstance(matcher, str) and "number" in kinds:
        return f"write numbers without quotes: {matcher}" if _numeric(matcher) else "compare with a number"
    if isinstance(matcher, int | float) and not isinstance(matcher, bool) and "string" in kinds:
        return f'write text in quotes: "{matcher}"'
    return "compare with a value of that type"


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def nearest(each: Field, reach: Reach) -> str:
    """A suggestion: the declared names at the innermost object that does not declare the field."""
    last = each.steps
    names = list(dict.fromkeys(name for _, declared in reach.lost_at for name in declared))
    close = next((m for step in last for m in get_close_matches(step, names, 1) if m not in last), "")
    if close:
        return f"did you mean {close}?"
    return (
        f"the schema has {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}" if names else ""
    )


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:120]
