"""The entities of a table, proposed from a sample of its items, and what was seen of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.core.change import TypedItem
from bridge.core.entities.template import KeyTemplate, compile_key
from bridge.core.pattern.matching import Pattern, compile_pattern
from bridge.core.values import plain_item
from bridge.errors import BridgeError
from bridge.onboarding.entities import discriminator
from bridge.onboarding.entities.discriminator import Discriminator
from bridge.onboarding.entities.grouping import Forms, Group, grouped, one
from bridge.onboarding.entities.labels import words_of
from bridge.onboarding.entities.naming import names
from bridge.onboarding.entities.observed import Glance, Observed
from bridge.onboarding.entities.parts import templates
from bridge.onboarding.entities.separation import Draft, ordered, separate, where
from bridge.onboarding.entities.technical import Technical, expiry_of, technical


@dataclass(frozen=True, slots=True)
class Entity:
    """``where`` is None where the key alone selects the items. ``kind`` is the entity attribute, and
    ``value`` what its items have there."""

    name: str
    key: Mapping[str, str]
    template: KeyTemplate
    where: Mapping[str, list[Any]] | None
    kind: str | None
    value: str | None
    items: int
    ignore: tuple[Technical, ...]
    pattern: Pattern | None

    @property
    def parts(self) -> tuple[str, ...]:
        return self.template.names

    def takes(self, key: TypedItem, plain: Mapping[str, Any]) -> bool:
        """``plain`` is the whole item as plain JSON."""
        return self.template.parse(key) is not None and (self.pattern is None or self.pattern.matches(plain))


@dataclass(frozen=True, slots=True)
class Proposal:
    """``seen`` items; ``fit_none`` of them are of no entity. ``without_kind`` counts items of an entity whose
    entity attribute is missing, null or of another type, by which of these it is."""

    entities: tuple[Entity, ...]
    kind: Discriminator | None
    seen: int
    fit_none: int
    without_kind: Mapping[str, int]
    expiry: str | None
    merged: tuple[tuple[str, str], ...] = ()
    """Pairs of groups that nothing separates, so that the first takes the items of the second."""

    def entity_of(self, key: TypedItem, plain: Mapping[str, Any]) -> str | None:
        """The name of the first entity that takes an item."""
        return next((entity.name for entity in self.entities if entity.takes(key, plain)), None)


def propose(
    observed: Observed,
    *,
    attribute: str | None = None,
    expiry: str | None = None,
    indexes: frozenset[str] = frozenset(),
) -> Proposal | None:
    """None for a table with one kind of items whose keys have no labels. ``attribute`` is the entity
    attribute, if a person named it; ``expiry`` and ``indexes`` are what DynamoDB says.

    Raises ``BridgeError`` if no item has ``attribute`` as text.
    """
    if not observed.items:
        return None
    kind, forms = _kind(observed, attribute)
    expiry = expiry or expiry_of(observed)
    groups = grouped(observed, forms, kind)
    if attribute is None and _is_plain(groups):
        return None
    drafts, merged = _separated(groups, observed)
    entities = [_entity(draft, kind, expiry, indexes) for draft in ordered(drafts)]
    return _counted(observed, entities, kind, expiry, merged)


def _is_plain(groups: Sequence[Group]) -> bool:
    """Whether the items are of one kind, and no text of their keys has to be cut off."""
    if len(groups) > 1:
        return False
    return not groups or all(len(each) == 1 or not words_of(each) for each in groups[0].form)


def _kind(observed: Observed, attribute: str | None) -> tuple[Discriminator | None, Forms]:
    if attribute is not None:
        kind = discriminator.named(observed, attribute)
        if kind is None:
            raise BridgeError(
                f"no item of the sample has the attribute {attribute} as text",
                hint="leave --entity out: the kinds are then found by the keys",
            )
        return kind, Forms(observed, kind)
    forms = Forms(observed)
    kind = discriminator.find(observed, [forms.of(item) for item in observed.items])
    return kind, forms if kind is None else Forms(observed, kind)


def _drafts(groups: Sequence[Group], observed: Observed) -> list[Draft]:
    drafts = []
    for name, group in zip(names(groups), groups, strict=True):
        template = compile_key(templates(group, list(observed.key), name))
        drafts.append(Draft(name, template, group.value, group.items))
    return drafts


def _separated(groups: list[Group], observed: Observed) -> tuple[list[Draft], tuple[tuple[str, str], ...]]:
    """The drafts, and the names of groups that became one because nothing separates them."""
    merged: list[tuple[str, str]] = []
    while True:
        drafts = _drafts(groups, observed)
        inseparable = separate(drafts, observed)
        if not inseparable:
            return drafts, tuple(merged)
        pair = sorted(inseparable[0], key=drafts.index)
        merged.append((pair[0].name, pair[1].name))
        first, second = (groups[drafts.index(draft)] for draft in pair)
        groups = [one([first, second]) if each is first else each for each in groups if each is not second]


def _entity(draft: Draft, kind: Discriminator | None, expiry: str | None, indexes: frozenset[str]) -> Entity:
    name = None if kind is None else kind.name
    pattern = where(draft, name)
    return Entity(
        draft.name,
        {attribute: template.text for attribute, template in draft.template.values.items()},
        draft.template,
        pattern,
        None if draft.value is None else name,
        draft.value,
        0,
        tuple(technical(draft.items, kind=name, expiry=expiry, indexes=indexes)),
        None if pattern is None else compile_pattern(pattern),
    )


def _counted(
    observed: Observed,
    entities: Sequence[Entity],
    kind: Discriminator | None,
    expiry: str | None,
    merged: tuple[tuple[str, str], ...],
) -> Proposal:
    counts: Counter[str] = Counter()
    without: Counter[str] = Counter()
    none = 0
    proposal = Proposal(tuple(entities), kind, len(observed.items), 0, {}, expiry, merged)
    for item in observed.items:
        name = proposal.entity_of(observed.typed_key(item), _plain(observed, item))
        counts[name or ""] += 1
        none += name is None
        if kind is not None and name is not None and item.text(kind.name) is None:
            scalar = item.attributes.get(kind.name)
            without[
                "missing" if scalar is None else "null" if scalar.tag == "NULL" else "of another type"
            ] += 1
    found = tuple(replace(each, items=counts[each.name]) for each in entities if counts[each.name])
    return Proposal(found, kind, len(observed.items), none, dict(without), expiry, merged)


def _plain(observed: Observed, item: Glance) -> dict[str, Any]:
    """What patterns of ``where`` read: texts, and which attributes are there."""
    plain = plain_item(observed.typed_key(item), "Keys")
    plain |= {
        name: scalar.text if scalar.tag in ("S", "N") else True for name, scalar in item.attributes.items()
    }
    return plain
