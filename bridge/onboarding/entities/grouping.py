"""Groups of items that may be one entity: by the entity attribute and by the form of their keys."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.onboarding.entities.discriminator import Discriminator
from bridge.onboarding.entities.labels import Labels, Skeleton, merged, words_of
from bridge.onboarding.entities.observed import Glance, Observed

Form = tuple[Skeleton, ...]
"""The skeletons of a key's attributes."""

ENTITIES_MAX: Final = 50
_FORMS_MAX: Final = 4
_RARE_SHARE: Final = 0.02
_FEW: Final = 20
_EQUAL_FROM: Final = 2


@dataclass(slots=True)
class Group:
    """Items with one form of key and one value of the entity attribute; None where they have none."""

    value: str | None
    form: Form
    items: list[Glance] = field(default_factory=list)

    @property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The labels of each key attribute."""
        return tuple(map(words_of, self.form))


class Forms:
    """The forms of the keys of all items of a sample."""

    def __init__(self, observed: Observed, kind: Discriminator | None = None) -> None:
        self._key = observed.key
        self._kind = kind
        first = self._labels(observed.items, frozenset())
        self._vocabulary = frozenset[str]().union(*(labels.first for labels in first.values()))
        self._all = self._labels(observed.items, self._vocabulary)

    def of(self, item: Glance) -> Form:
        return self._form(item, self._all)

    def among(self, items: Sequence[Glance]) -> list[Form]:
        """The forms of items of one kind, whose constant texts are labels."""
        own = self._labels(items, self._vocabulary)
        return [self._form(item, own) for item in items]

    def _form(self, item: Glance, labels: Mapping[int, Labels]) -> Form:
        return tuple(
            labels[index].skeleton(text) if index in labels else (None,)
            for index, text in enumerate(item.key)
        )

    def _labels(self, items: Sequence[Glance], vocabulary: frozenset[str]) -> dict[int, Labels]:
        return {
            index: Labels(
                ((item.key[index], self._names(item)) for item in items),
                partition=index == 0,
                vocabulary=vocabulary,
            )
            for index, tag in enumerate(self._key.values())
            if tag == "S"
        }

    def _names(self, item: Glance) -> list[str]:
        """What makes items alike: their attributes, and the value of the entity attribute."""
        value = None if self._kind is None else item.text(self._kind.name)
        return [*item.attributes, *([] if value is None else [f"{value}="])]


def grouped(observed: Observed, forms: Forms, kind: Discriminator | None) -> list[Group]:
    """The largest first. Items of rare forms are in no group."""
    by_value: dict[str | None, list[Glance]] = defaultdict(list)
    for item in observed.items:
        by_value[None if kind is None else item.text(kind.name)].append(item)
    loose = by_value.pop(None, [])
    groups: list[Group] = []
    for value, items in by_value.items():
        groups += _of_value(value, items, forms.among(items))
    shapes = _by_form(None, loose, [forms.of(item) for item in loose])
    for shape in shapes:
        same = [group for group in groups if group.value is not None and shape.form == group.form]
        if len(same) == 1:
            same[0].items += shape.items
        elif _is_kind(shape, len(observed.items), alone=kind is None):
            groups.append(shape)
    groups.sort(key=lambda group: -len(group.items))
    return groups[:ENTITIES_MAX]


def _is_kind(shape: Group, total: int, *, alone: bool) -> bool:
    count = len(shape.items)
    if total <= _FEW:
        return True
    if not any(shape.words):
        return count >= max(5, _RARE_SHARE * total)
    return count >= (2 if alone else max(2, _RARE_SHARE * total))


def _of_value(value: str | None, items: Sequence[Glance], forms: Sequence[Form]) -> list[Group]:
    groups = _by_form(value, items, forms)
    if len(items) >= _FEW:
        groups = [group for group in groups if len(group.items) >= max(2, _RARE_SHARE * len(items))]
    if len(groups) > _FORMS_MAX or not groups:
        columns = zip(*forms, strict=True)
        form = tuple(merged(Counter(column)) for column in columns)
        return [Group(value, form, list(items))]
    return groups


def _by_form(value: str | None, items: Iterable[Glance], forms: Iterable[Form]) -> list[Group]:
    """One group for each form. Forms with the same labels that differ only in their data become one."""
    found: dict[Form, Group] = {}
    for item, form in zip(items, forms, strict=True):
        found.setdefault(form, Group(value, form)).items.append(item)
    if value is None:
        return [part for group in _by_words(found.values()) for part in _with_equal_keys(group)]
    return _by_words(found.values())


def _by_words(groups: Iterable[Group]) -> list[Group]:
    same: dict[tuple[tuple[str, ...], ...], list[Group]] = defaultdict(list)
    for group in groups:
        same[group.words].append(group)
    return [group for groups in same.values() for group in _merged(groups)]


def _with_equal_keys(group: Group) -> list[Group]:
    """A node and its edges in an adjacency list: the node's key attributes are equal."""
    if len(group.form) < 2 or group.form[0] != group.form[1] or not any(group.words):
        return [group]
    equal = [item for item in group.items if item.key[0] == item.key[1]]
    if min(len(equal), len(group.items) - len(equal)) < _EQUAL_FROM:
        return [group]
    others = [item for item in group.items if item.key[0] != item.key[1]]
    return [Group(group.value, group.form, equal), Group(group.value, group.form, others)]


def _merged(groups: Sequence[Group]) -> list[Group]:
    """One group, where its form still has all labels."""
    merged_group = one(groups)
    return [merged_group] if merged_group.words == groups[0].words else list(groups)


def one(groups: Sequence[Group]) -> Group:
    """One group of all items; its form is what their forms have in common."""
    first = groups[0]
    columns = zip(*(group.form for group in groups), strict=True)
    form = tuple(merged(Counter(column)) for column in columns)
    value = first.value if all(group.value == first.value for group in groups) else None
    return Group(value, form, [item for group in groups for item in group.items])
