"""Names of entities: what a person would call the items of a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bridge.onboarding.entities.grouping import Group
from bridge.onboarding.entities.labels import ENDS, words_of
from bridge.onboarding.entities.segments import DELIMITERS
from bridge.onboarding.entities.words import singular, words

RESERVED: Final = frozenset(
    {"other", "none", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "all", "any", "default",
     "table"}
)  # fmt: skip
"""Names with another meaning in bridge.yaml or on the command line."""

NAME_MAX: Final = 40

_PARTS: Final = frozenset(
    {"item", "line", "entry", "part", "detail", "row", "version", "revision", "element"}
)
"""Labels that say little without the label before them: ``ORDER#1#ITEM#2`` is an order item."""


def names(groups: Sequence[Group], taken: Sequence[str] = ()) -> list[str]:
    """A unique name for each group. Main items choose first, then the larger groups."""
    if not groups:
        return []
    chosen: dict[int, str] = {}
    ends = ENDS | _constant(groups)
    order = sorted(range(len(groups)), key=lambda index: (not _is_main(groups[index], ends), index))
    for index in order:
        for name in _candidates(groups[index], ends):
            if name not in chosen.values() and name not in taken:
                chosen[index] = name
                break
    return [chosen[index] for index in range(len(groups))]


def name_of(text: str) -> str:
    """``OrderItems`` and ``ORDER_ITEMS`` to ``order_item``; empty for a text without letters."""
    found = words(text)
    while found and found[0].isdigit():
        found.pop(0)
    name = "_".join([*found[:-1], singular(found[-1])])[:NAME_MAX].strip("_") if found else ""
    return f"{name}_item" if name in RESERVED else name


def _label_name(label: str) -> str:
    head, _, tail = label.strip("$" + DELIMITERS).rpartition("_")
    return name_of(head if head and tail.isdigit() else label)


def _constant(groups: Sequence[Group]) -> frozenset[str]:
    """The label that every sort key is: it says nothing about one group."""
    sort = {group.form[1] if len(group.form) > 1 else () for group in groups}
    if len(groups) < 2 or len(sort) != 1:
        return frozenset()
    (form,) = sort
    return frozenset() if None in form else frozenset(word.lower() for word in words_of(form))


def _is_end(label: str, ends: frozenset[str]) -> bool:
    return label.strip(DELIMITERS).lower() in ends


def _same_values(group: Group) -> bool:
    return all(item.key[0] == item.key[-1] for item in group.items)


def _is_main(group: Group, ends: frozenset[str]) -> bool:
    """Whether the items are those that a partition is named after: users under ``USER#``."""
    sort = group.words[1] if len(group.words) > 1 else ()
    return (
        group.value is not None
        or len(group.words) == 1
        or _same_values(group)
        or bool(sort and _is_end(sort[-1], ends))
    )


def _candidates(group: Group, ends: frozenset[str]) -> Iterator[str]:
    partition = [name for word in group.words[0] if (name := _label_name(word))]
    sort_words = group.words[1] if len(group.words) > 1 else ()
    sort = [name for word in sort_words if not _is_end(word, ends) and (name := _label_name(word))]
    owner = partition[-1] if partition else ""
    base = ""
    if group.value is not None:
        base = name_of(group.value) or "item"
        yield base
        if owner and owner != base:
            yield f"{base}_by_{owner}"
    elif sort and sort[-1] != owner:
        if sort[-1] not in _PARTS:
            yield sort[-1]
        base = "_".join([*(sort[-2:-1] or partition[-1:]), sort[-1]])
    elif sort and None in group.form[1] and not any(item.key[0] == item.key[-1] for item in group.items):
        base = f"{owner}_link"
    elif len(group.words) > 1 and not sort_words and None in group.form[0] and owner:
        base = f"{owner}_entry"
    else:
        base = owner
        yield from [base] if base else []
        last = [name for word in sort_words if (name := _label_name(word))]
        base = "_".join([*partition[-1:], *last[-1:]]) or "item"
    base = base[:NAME_MAX].strip("_")
    yield base
    whole = "_".join([*partition, *sort])[:NAME_MAX].strip("_")
    yield from [whole] if whole else []
    number = 2
    while True:
        yield f"{base}_{number}"
        number += 1
