"""One table's part of the pipeline: from a decoded change to its finished events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.core.change import Change
from bridge.core.diff.fields import Differ
from bridge.core.diff.view import ChangeView, FieldHashes, named_changes
from bridge.core.entities.explaining import misses
from bridge.core.entities.select import NO_ENTITY
from bridge.core.entities.template import KeyTemplate
from bridge.core.event import Event, Trace
from bridge.core.events.envelope import Names
from bridge.core.events.parts import Entities
from bridge.core.events.rules import EventRule, Explanation, Translation, applies, event_of
from bridge.core.fingerprint import Fingerprint
from bridge.core.generation import lifted
from bridge.core.keys import SEPARATOR
from bridge.core.mapping.subject import Subject, key_path
from bridge.core.numbers import PlainItem
from bridge.core.redact import Redacted, Redaction
from bridge.core.text import segment_text
from bridge.core.values import plain_item
from bridge.errors import RecordError, ViewTooNarrow


@dataclass(frozen=True, slots=True)
class Table:
    """The compiled configuration of a table, or of one entity of it.

    ``entities``: the table holds several kinds of items. Then each has its own rules there, by name, and the
    rules of the table itself are those of items that no entity selects.
    """

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
    entity: str = ""  # the name of the entity whose rules these are
    template: KeyTemplate | None = None  # of the entity's keys, where it names their parts
    partition: Subject | None = None  # the template of partitionkey and of groups, where one is set
    entities: Entities[Table] | None = None

    def translate(
        self,
        record: Mapping[str, Any],
        change: Change,
        key: str,
        trace: Trace | None = None,
        undecided: dict[str, ViewTooNarrow] | None = None,
        redacted: Redacted | None = None,
    ) -> Translation:
        """``key`` is the unit of order (:meth:`lane`).

        Raises :class:`RecordError` (this record can never succeed) or ``ViewTooNarrow``; with
        ``undecided`` a type whose conditions cannot be decided is left out and noted there, with its majors.
        ``redacted`` takes what the redaction did, also where an error is raised after it.
        """
        if self.accepts is not None and not self.accepts(record):
            return _FILTERED
        if self.entities is None:
            return self._translate(change, key, trace, undecided, redacted)
        parts = self.entities.parts(change)
        if len(parts) == 1:
            entity, part = parts[0]
            return entity._translated(part, key, trace, undecided, redacted)
        made = [entity._translated(part, key, trace, undecided, None) for entity, part in parts]
        events = tuple(event for each in made for event in each.events)
        return Translation(events, None if events else made[0].without if made else "no_entity")

    def _translated(
        self,
        change: Change,
        key: str,
        trace: Trace | None,
        undecided: dict[str, ViewTooNarrow] | None,
        redacted: Redacted | None,
    ) -> Translation:
        """The same; an error says whose rules failed."""
        try:
            return self._translate(change, key, trace, undecided, redacted)
        except RecordError as error:
            error.entity = self.entity
            raise

    def _translate(
        self,
        change: Change,
        key: str,
        trace: Trace | None,
        undecided: dict[str, ViewTooNarrow] | None,
        redacted: Redacted | None,
    ) -> Translation:
        view = self.view(change, redacted)
        if view.changes is not None and not view.changes:
            return _UNCHANGED
        events: list[Event] = []
        published: set[str] = set()
        names: Names | None = None
        for rule in self.rules:
            # Of several rules for one type, only the first that applies is used: a second event of the same
            # type and record would have the same id.
            if rule.type in published:
                continue
            if rule.route.matches(view) if undecided is None else applies(rule, view, undecided):
                published.add(rule.type)
                names = names or self._names(rule, view, key)
                made: list[dict[str, Any]] = []
                for version in rule.versions:
                    events.append(event_of(version, made, view, names, trace))
        view.check()
        return Translation(tuple(events)) if events else _UNROUTED

    def rules_after(self, change: Change) -> Table:
        """The rules of the item after the change, or before a remove."""
        return self if self.entities is None else self.entities.rules(change.entity) or self

    def rules_before(self, change: Change) -> Table:
        """The rules of the item before the change."""
        return self if self.entities is None else self.entities.rules(change.was) or self

    def rules_of(self, entity: str) -> Table:
        """The rules of an entity by name; those of the table itself for an unknown name."""
        return self if self.entities is None else self.entities.rules(entity) or self

    @property
    def every_rule(self) -> tuple[EventRule, ...]:
        """The event types of all entities."""
        return tuple(rule for each in self.every_kind for rule in each.rules)

    @property
    def every_kind(self) -> tuple[Table, ...]:
        """The rules of each entity; those of the table where it is one."""
        return (self,) if self.entities is None else tuple(self.entities.by_name.values())

    @property
    def fetches(self) -> bool:
        return any(each.fetch for each in self.every_kind)

    def with_rules(self, keep: Callable[[EventRule], bool]) -> Table:
        """The same table with some of its event types."""
        entities = None if self.entities is None else self.entities.mapped(lambda each: each.with_rules(keep))
        return replace(self, rules=tuple(filter(keep, self.rules)), entities=entities)

    def unredacting(self) -> Table:
        """The same table for images that are redacted already."""
        entities = None if self.entities is None else self.entities.mapped(Table.unredacting)
        return replace(self, redact=None, entities=entities)

    def decided(self, change: Change, known: str | None) -> Change:
        """The change with its entities, where the stream view does not show them: ``known`` is the entity of
        the item's last settled state, None where nothing is settled."""
        return change if self.entities is None else self.entities.selector.decided(change, known)

    def lane(self, change: Change, key: str) -> str:
        """The unit of order of a change: its key, or a larger one where a template is set.

        It is the same for every state of an item, whatever entity it is of: of the entities whose key
        templates take the key, the first with a template for this."""
        if self.entities is None or not any(each.partition for each in self.entities.by_name.values()):
            return key
        for selection, _ in self.entities.selector.candidates(change.key):
            rules = self.entities.by_name[selection.name]
            if rules.partition is not None:
                bare = change._replace(before=None, after=None, current=None, parts=None)
                try:
                    group = rules.partition(ChangeView(bare, rules.diff, rules.convert, rules.template))
                except RecordError:
                    return key  # translation reports it
                return f"{self.name}{SEPARATOR}group{SEPARATOR}{group}"
        return key

    def _names(self, rule: EventRule, view: ChangeView, key: str) -> Names:
        try:
            subject = self.subject(view)
            if self.partition is not None:
                group = self.partition(view)
                return Names(subject, group, key, group, self.entity)
            if self.template is not None and self.template.names:
                parts = view.id or {}
                texts = (segment_text(str(parts[name])) for name in self.template.names if name in parts)
                return Names(subject, "/".join(texts), key, entity=self.entity)
            return Names(subject, key_path(view.change.key), key, entity=self.entity)
        except RecordError as error:
            error.event_type = rule.versions[0].envelope.type
            raise

    def wants_current(self, record: Mapping[str, Any], change: Change) -> bool:
        """Whether an event of this change needs the current item. A remove does not: an item that has its key
        by then is a later one."""
        if self.entities is not None and (self.accepts is None or self.accepts(record)):
            rules = self.entities.rules(change.entity)
            possible = self.entities.by_name.values() if change.entity is None else [rules] if rules else []
            return any(each.wants_current(record, change) for each in possible)
        return (
            self.fetch
            and change.operation != "remove"
            and change.view != "NEW_AND_OLD_IMAGES"
            and any(change.operation in rule.route.operations for rule in self.rules)
            and (self.accepts is None or self.accepts(record))
        )

    def view(self, change: Change, redacted: Redacted | None = None) -> ChangeView:
        """Redact, then diff: a removed value cannot show up as a change."""
        view = ChangeView(self.redacted(change, redacted), self.diff, self.convert, self.template)
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
        """A decoded change at its position in the table's generation, with the entities of its images. Raises
        ``MalformedRecord``."""
        if self.entities is not None:
            change = self.entities.selector.placed(change)
        if not self.generation:
            return change
        return change._replace(position=lifted(change.position, self.generation))

    def redacted(self, change: Change, redacted: Redacted | None = None) -> Change:
        return change if self.redact is None else self.redact(change, redacted)

    def explain(self, record: Mapping[str, Any], change: Change) -> Explanation:
        if self.accepts is not None and not self.accepts(record):
            return Explanation("filtered", ())
        if self.entities is None:
            return self._explain(change)
        if change.entity == change.was == NO_ENTITY:
            return Explanation("no_entity", (), misses=misses(self.entities.selector, change))
        each = [(rules.entity, rules._explain(part)) for rules, part in self.entities.parts(change)]
        if len(each) == 1:
            return replace(each[0][1], entities=(each[0][0],))
        applies = any(explained.without is None for _, explained in each)
        return Explanation(
            None if applies else each[0][1].without if each else "no_entity",
            tuple(rule for _, explained in each for rule in explained.rules),
            tuple(entity for entity, _ in each),
        )

    def _explain(self, change: Change) -> Explanation:
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
