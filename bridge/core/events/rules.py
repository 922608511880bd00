"""The rules of one entity, compiled: event types, their versions, and what a translation gives. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.diff.view import ChangeView
from bridge.core.event import Event, Trace
from bridge.core.events.envelope import Envelope, Names
from bridge.core.events.route import Route
from bridge.core.mapping.derive import Derivation
from bridge.core.mapping.project import Projection
from bridge.errors import RecordError, ViewTooNarrow

Without = Literal[
    "filtered",
    "unchanged",
    "no_matching_type",
    "no_entity",
    "unknown_table",
    "duplicate",
    "reconciled",
    "seeded",
]
"""Why a settled change has no event. ``reconciled``: a reconciliation published its state. ``seeded``: it is
older than the read of the item that a seed or a backfill recorded."""


@dataclass(frozen=True, slots=True)
class Version:
    """One major of one type: how its data is made and validated.

    ``source``: the index of the rule's version that it is derived from, which comes before its own;
    ``project`` then takes that version's data. None: ``project`` takes the change.
    """

    envelope: Envelope
    project: Projection | Derivation
    validate: Callable[[dict[str, Any]], None]  # raises EventInvalid
    source: int | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """One configured event: when it applies, and the versions in which it is published."""

    type: str
    route: Route
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """The events of a change, or the reason why it has no event."""

    events: tuple[Event, ...]
    without: Without | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """For people: the rules that applied to a change, and why the others did not."""

    without: Without | None
    rules: tuple[tuple[str, str | None], ...]  # (type, why it does not apply; None = it does)
    entities: tuple[str, ...] = ()  # whose rules these are: of two, the item left the first for the second
    misses: tuple[tuple[str, str], ...] = ()  # (entity, why it does not select the item) where none does


def applies(rule: EventRule, view: ChangeView, undecided: dict[str, ViewTooNarrow]) -> bool:
    """Whether a rule applies. A type with an undecided rule is left out altogether: a later rule of that type
    might give a different event."""
    names = [version.envelope.type for version in rule.versions]
    if not undecided.keys().isdisjoint(names):
        return False
    try:
        return rule.route.matches(view)
    except ViewTooNarrow as error:
        undecided.update(dict.fromkeys(names, error))
        return False


def event_of(
    version: Version,
    made: list[dict[str, Any]],
    view: ChangeView,
    names: Names,
    trace: Trace | None,
) -> Event:
    """One version's event. ``made`` holds the data of the versions before it; its own data is added."""
    envelope = version.envelope
    source: Any = view if version.source is None else made[version.source]
    try:
        data = version.project(source)
        version.validate(data)
        made.append(data)
        return envelope.wrap(view, data, names=names, trace=trace)
    except RecordError as error:
        error.event_type = envelope.type
        raise
