"""What a field of a rule begins to match: values, or an absence, that no event of the old version had.

In the closed reading of both versions, as in ``reach``. "Nothing is gained" is a proof: every new value that
the matcher accepts was possible before. A gain has a value that the new version allows, the matcher accepts
and the old version refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from bridge.core.pattern.matchers import compile_matchers
from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict
from bridge.schemas.documents.nodes import Documents, Undecided
from bridge.schemas.evolution.rules.matchable import ABSENT, candidates, is_extensible, matcher_kinds
from bridge.schemas.evolution.rules.matcher_schema import SCALARS, schema_of
from bridge.schemas.evolution.rules.reach import Reach, Slot, finite

LIMIT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a field can hold in one version."""

    documents: Documents
    reach: Reach


@dataclass(frozen=True, slots=True)
class Gain:
    """``kind`` is ``value-new``, ``may-be-missing``, ``always-missing`` or ``always-present``. With
    ``value-new``, ``value`` is an example."""

    kind: str
    value: Any = ABSENT

    @property
    def has_value(self) -> bool:
        """Whether ``value``, or a missing field, shows the gain."""
        return self.kind != "always-present"


def gained(old: Seen, new: Seen, matcher: Any, every: Mapping[str, Any] | None) -> Gain | None:
    """What the matcher gains from the old version to the new one; None for nothing.

    ``every`` has the documents of both versions; None where they disagree about a document, so that only
    listed values and samples can be compared. Raises :class:`Undecided`.
    """
    if isinstance(matcher, Mapping) and "exists" in matcher:
        kind = _presence(old.reach, new.reach, wanted=matcher["exists"])
        if kind or matcher["exists"] is False:
            return Gain(kind) if kind else None
    if old.reach.open_at:
        return None  # anything was possible
    found = _tried(old, new, matcher) or _proven(old, new, matcher, every)
    return Gain("value-new", found[0]) if found else None


def _presence(before: Reach, after: Reach, *, wanted: bool) -> str:
    """For a field that becomes optional, or that all events have, or that none has."""
    had, has = _presences(before), _presences(after)
    if not wanted and has == {"absent"} != had:
        return "always-missing"
    if not wanted and "absent" in has - had:
        return "may-be-missing"
    return "always-present" if wanted and has == {"present"} and len(had) > 1 else ""


def _presences(reach: Reach) -> set[str]:
    found = {"present"} if reach.slots or reach.open_at else set()
    return found | ({"absent"} if reach.absent or not reach.slots else set())


def _tried(old: Seen, new: Seen, matcher: Any) -> tuple[Any] | None:
    """A new value among those that the matcher and both versions suggest."""
    accepts, _ = compile_matchers([matcher], [])
    suggested = [value for slot in old.reach.slots for value in candidates(matcher, slot)]
    for slot in new.reach.slots:
        for value in (*(finite(slot.parts) or ()), *candidates(matcher, slot), *suggested):
            fits = _takes(new.documents, slot, value) or _may_come(slot, value)
            if fits and accepts(value) and not _was_possible(old, value):
                return (value,)
    return None


def _was_possible(old: Seen, value: Any) -> bool:
    return any(_takes(old.documents, slot, value) or is_extensible(slot) for slot in old.reach.slots)


def _may_come(slot: Slot, value: Any) -> bool:
    """Whether an enumeration that may grow lists values of this type."""
    if not is_extensible(slot):
        return False
    schemas = [part.schema for part in slot.parts if isinstance(part.schema, dict)]
    return any(type(value) is type(each) for schema in schemas for each in schema.get("enum", ()))


def _takes(documents: Documents, slot: Slot, value: Any) -> bool:
    return all(documents.takes(origin, value) for origin in slot.origins)


def _proven(old: Seen, new: Seen, matcher: Any, every: Mapping[str, Any] | None) -> tuple[Any] | None:
    """By the comparison of two schemas: the accepted new values against all old values."""
    if new.reach.open_at:
        raise Undecided("allows any value here, and did not before")
    wanted = matcher_kinds(matcher)
    slots = [slot for slot in new.reach.slots if slot.kinds & wanted]
    if all(finite(slot.parts) is not None and not is_extensible(slot) for slot in slots):
        return None  # each value was tried
    if every is None:
        raise Undecided("has other documents under the same $id in both versions")
    comparer, before, after = Comparer(every, limit_s=LIMIT_S), _values(old.reach.slots), _values(slots)
    asked = {"allOf": [after, schema_of(matcher)]}
    found = comparer.compare(before, asked, mode=Mode.FORWARD, policy=Policy.VIEWS)
    if found.verdict is Verdict.COMPATIBLE:
        return None
    wider = comparer.compare(before, after, mode=Mode.FORWARD, policy=Policy.VIEWS)
    accepts, _ = compile_matchers([matcher], [])
    for each in (*found.breaks, *wider.breaks):
        for value in _with(matcher, each.example):
            fits = any(_takes(new.documents, slot, value) for slot in slots)
            if fits and accepts(value) and not _was_possible(old, value):
                return (value,)
    raise Undecided("may allow values here that the rule accepts and that were not possible before")


def _with(matcher: Any, value: Any) -> Iterator[Any]:
    """A value, and the texts that it makes with the text of the matcher."""
    yield value
    if isinstance(matcher, Mapping) and isinstance(value, str):
        ((_, argument),) = matcher.items()
        if isinstance(argument, str):
            text = argument.replace("*", "")
            yield from (value + text, text + value)


def _values(slots: Sequence[Slot]) -> Any:
    """The scalars of some alternatives as a schema."""
    ways = []
    for slot in slots:
        references = [{"$ref": f"{node.uri}#{quote(node.pointer, safe='/~')}"} for node in slot.origins]
        kinds = [kind for kind in SCALARS if kind in slot.kinds]
        ways.append({"type": kinds, **({"allOf": references} if references else {})})
    unique = list({str(way): way for way in ways}.values())
    return {"anyOf": unique} if unique else False
