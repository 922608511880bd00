"""One table's part of the pipeline: from a decoded change to its finished events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.change import Change
from bridge.core.diff.fields import Differ
from bridge.core.diff.view import ChangeView, FieldHashes, named_changes
from bridge.core.event import Event, Trace
from bridge.core.events.envelope import Envelope
from bridge.core.events.route import Route
from bridge.core.fingerprint import Fingerprint
from bridge.core.generation import lifted
from bridge.core.mapping.derive import Derivation
from bridge.core.mapping.project import Projection
from bridge.core.mapping.subject import Subject
from bridge.core.numbers import PlainItem
from bridge.core.redact import Redacted, Redaction
from bridge.core.values import plain_item
from bridge.errors import RecordError, ViewTooNarrow

Without = Literal[
    "filtered", "unchanged", "no_matching_type", "unknown_table", "duplicate", "reconciled", "seeded"
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


@dataclass(frozen=True, slots=True)
class Table:
    """A table's compiled configuration."""

    name: str
    subject: Subject
    diff: Differ
    rules: tuple[EventRule, ...]
    redact: Redaction | None = None
    fetch: bool = False  # add the current item to changes whose stream view lacks an image
    accepts: Callable[[Mapping[str, Any]], bool] | None = None  # the filter, over DynamoDB's record
    convert: PlainItem = plain_item  # from typed images to plain values; the same as in diff
    fingerprint: Fingerprint | None = None  # of redacted images; None: the ledger keeps positions only
    key_hash: Fingerprint | None = None  # of whole keys, also where the diff ignores an attribute of theirs
    field_hashes: FieldHashes | None = None  # of redacted images, by attribute
    fingerprint_version: str = ""  # of fingerprint and field_hashes
    sees_gaps: bool = True  # False: the filter drops some changes of an item, so gaps are normal
    generation: int = 0  # of the table's positions: bridge.core.generation

    def translate(
        self,
        record: Mapping[str, Any],
        change: Change,
        key: str,
        trace: Trace | None = None,
        undecided: dict[str, ViewTooNarrow] | None = None,
        redacted: Redacted | None = None,
    ) -> Translation:
        """Raises :class:`RecordError` (this record can never succeed) or ``ViewTooNarrow``; with
        ``undecided`` a type whose conditions cannot be decided is left out and noted there, with its majors.
        ``redacted`` takes what the redaction did, also where an error is raised after it.
        """
        if self.accepts is not None and not self.accepts(record):
            return _FILTERED
        view = self.view(change, redacted)
        if view.changes is not None and not view.changes:
            return _UNCHANGED
        events: list[Event] = []
        published: set[str] = set()
        for rule in self.rules:
            # Of several rules for one type, only the first that applies is used: a second event of the same
            # type and record would have the same id.
            if rule.type in published:
                continue
            if rule.route.matches(view) if undecided is None else _applies(rule, view, undecided):
                published.add(rule.type)
                subject = self._subject(rule, view)
                made: list[dict[str, Any]] = []
                for version in rule.versions:
                    events.append(_event(version, made, view, subject, key, trace))
        view.check()
        return Translation(tuple(events)) if events else _UNROUTED

    def _subject(self, rule: EventRule, view: ChangeView) -> str:
        try:
            return self.subject(view)
        except RecordError as error:
            error.event_type = rule.versions[0].envelope.type
            raise

    def wants_current(self, record: Mapping[str, Any], change: Change) -> bool:
        """Whether an event of this change needs the current item. A remove does not: an item that has its key
        by then is a later one."""
        return (
            self.fetch
            and change.operation != "remove"
            and change.view != "NEW_AND_OLD_IMAGES"
            and any(change.operation in rule.route.operations for rule in self.rules)
            and (self.accepts is None or self.accepts(record))
        )

    def view(self, change: Change, redacted: Redacted | None = None) -> ChangeView:
        """Redact, then diff: a removed value cannot show up as a change."""
        view = ChangeView(self.redacted(change, redacted), self.diff, self.convert)
        hashes = self.field_hashes
        if view.changes is None and hashes is not None and change.published is not None:
            view.changes = named_changes(view, change.published, hashes)
        return view

    def knows(self, fingerprint_version: str) -> bool:
        """Whether fingerprints of this version can be compared with the table's. A row without a version is
        assumed to have the table's."""
        return (
            not fingerprint_version
            or not self.fingerprint_version
            or fingerprint_version == self.fingerprint_version
        )

    def placed(self, change: Change) -> Change:
        """A decoded change at its position in the table's generation."""
        if not self.generation:
            return change
        return change._replace(position=lifted(change.position, self.generation))

    def redacted(self, change: Change, redacted: Redacted | None = None) -> Change:
        return change if self.redact is None else self.redact(change, redacted)

    def explain(self, record: Mapping[str, Any], change: Change) -> Explanation:
        if self.accepts is not None and not self.accepts(record):
            return Explanation("filtered", ())
        view = self.view(change)
        if view.changes is not None and not view.changes:
            return Explanation("unchanged", ())
        rules: list[tuple[str, str | None]] = []
        for rule in self.rules:
            earlier = (rule.type, None) in rules
            why = "an earlier rule for this type applies" if earlier else rule.route.explain(view)
            rules.append((rule.type, why))
        applies = any(why is None for _, why in rules)
        return Explanation(None if applies else "no_matching_type", tuple(rules))


_FILTERED = Translation((), "filtered")
_UNCHANGED = Translation((), "unchanged")
_UNROUTED = Translation((), "no_matching_type")


def _applies(rule: EventRule, view: ChangeView, undecided: dict[str, ViewTooNarrow]) -> bool:
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


def _event(
    version: Version,
    made: list[dict[str, Any]],
    view: ChangeView,
    subject: str,
    key: str,
    trace: Trace | None,
) -> Event:
    """One version's event. ``made`` holds the data of the versions before it; its own data is added."""
    envelope = version.envelope
    source: Any = view if version.source is None else made[version.source]
    try:
        data = version.project(source)
        version.validate(data)
        made.append(data)
        return envelope.wrap(view, data, subject=subject, key=key, trace=trace)
    except RecordError as error:
        error.event_type = envelope.type
        raise
