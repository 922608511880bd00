"""``where`` patterns for entities whose key templates take a common key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from bridge.core.entities.overlap import overlap
from bridge.core.entities.template import KeyTemplate, ValueTemplate
from bridge.onboarding.entities.observed import Glance, Observed

_PRESENT_FROM: Final = 5

Pattern = dict[str, list[Any]]


@dataclass(slots=True, eq=False)
class Draft:
    """An entity with its template, before what else selects its items is known."""

    name: str
    template: KeyTemplate
    value: str | None
    items: list[Glance]
    by_value: bool = False
    excluded: dict[str, list[ValueTemplate]] = field(default_factory=dict)
    """For each key attribute, the values that are another entity's."""
    present: dict[str, bool] = field(default_factory=dict)
    after: list[Draft] = field(default_factory=list)
    """More specific entities, which stand before this one."""


def separate(drafts: Sequence[Draft], observed: Observed) -> list[tuple[Draft, Draft]]:
    """Give overlapping drafts what separates them. Returns the pairs that nothing separates."""
    inseparable = []
    for one, other in combinations(drafts, 2):
        if overlap(one.template, other.template) is None:
            continue
        if one.value is not None and other.value is not None and one.value != other.value:
            one.by_value = other.by_value = True
        elif not (
            _exclude(one, other, observed) or _exclude(other, one, observed) or _by_presence(one, other)
        ):
            inseparable.append((one, other))
    return inseparable


def where(draft: Draft, attribute: str | None) -> Pattern | None:
    """The pattern of a draft; None where its template says everything."""
    found: Pattern = {}
    if draft.by_value and attribute is not None and draft.value is not None:
        found[attribute] = [draft.value]
    for name, templates in draft.excluded.items():
        found[name] = [{"anything-but": _but(templates)}]
    for name, present in draft.present.items():
        found.setdefault(name, [{"exists": present}])
    return found or None


def ordered(drafts: Sequence[Draft]) -> list[Draft]:
    """Specific entities before those that are more general, else in the order of ``drafts``."""
    found: list[Draft] = []

    def put(draft: Draft) -> None:
        for first in draft.after:
            if all(first is not each for each in found):
                put(first)
        if all(draft is not each for each in found):
            found.append(draft)

    for draft in drafts:
        put(draft)
    return found


def _exclude(general: Draft, specific: Draft, observed: Observed) -> bool:
    """Exclude the values of ``specific`` from ``general`` by a key attribute in which they always differ."""
    for index, attribute in enumerate(observed.key):
        template = specific.template.values[attribute]
        if template.is_bare or not template.pieces or observed.key[attribute] != "S":
            continue
        if any(_takes(template, item.key[index]) for item in general.items):
            continue
        excluded = general.excluded.setdefault(attribute, [])
        if all(each.text != template.text for each in excluded):
            excluded.append(template)
        general.after.append(specific)
        return True
    return False


def _takes(template: ValueTemplate, text: str) -> bool:
    """Whether the pattern that is written for ``template`` matches ``text``. A part may be empty there."""
    at = 0
    pieces = template.pieces
    for index, piece in enumerate(pieces):
        if piece.name:
            continue
        found = text.find(piece.literal, at) if index else (0 if text.startswith(piece.literal) else -1)
        if index and index == len(pieces) - 1:
            found = len(text) - len(piece.literal) if text.endswith(piece.literal) else -1
        if found < at:
            return False
        at = found + len(piece.literal)
    return at == len(text) or bool(pieces[-1].name)


def _but(templates: Sequence[ValueTemplate]) -> Any:
    """Texts, or prefixes, or wildcards: the plainest form that holds all of them."""
    if all(template.is_literal for template in templates):
        return [template.prefix for template in templates]
    if all(len(template.pieces) == 2 and not template.pieces[0].name for template in templates):
        prefixes = [template.prefix for template in templates]
        return {"prefix": prefixes[0] if len(prefixes) == 1 else prefixes}
    texts = [template.wildcard for template in templates]
    return {"wildcard": texts[0] if len(texts) == 1 else texts}


def _by_presence(one: Draft, other: Draft) -> bool:
    """By an attribute that all items of one have and no item of the other."""
    for with_it, without in ((one, other), (other, one)):
        if min(len(with_it.items), len(without.items)) < _PRESENT_FROM:
            continue
        always = set.intersection(*(_names(item.attributes) for item in with_it.items))
        ever = set.union(*(set(item.attributes) for item in without.items))
        names = sorted(always - ever - with_it.present.keys() - without.present.keys())
        if names:
            with_it.present[names[0]], without.present[names[0]] = True, False
            return True
    return False


def _names(attributes: Mapping[str, Any]) -> set[str]:
    """``exists`` looks at leaves: texts and numbers."""
    return {name for name, scalar in attributes.items() if scalar.tag in ("S", "N")}
