"""Which entity a sample is of, so that what it shows is known of that entity alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.core.change import Change, TypedItem
from bridge.core.entities.select import Selection, Selector
from bridge.core.entities.template import compile_key
from bridge.core.pattern.matching import check_pattern, compile_pattern
from bridge.core.values import plain_item
from bridge.errors import MalformedRecord
from bridge.settings.compiling.tables import compile_numbers
from bridge.settings.kinds import Kind


def selectors_of(kinds: Sequence[Kind]) -> Mapping[str, Selector]:
    """By table, for tables with entities."""
    found: dict[str, list[Selection]] = {}
    for kind in kinds:
        if kind.selects is None:
            continue
        where, numbers = kind.selects.where, compile_numbers(kind.settings)
        valid = where is not None and not check_pattern(where)  # a wrong pattern is reported elsewhere
        found.setdefault(kind.table, []).append(
            Selection(
                kind.entity,
                compile_key(kind.selects.key),
                compile_pattern(where) if valid and where is not None else None,
                plain_item if numbers is None else numbers.item,
            )
        )
    return {table: Selector(tuple(selections)) for table, selections in found.items()}


def images_of(change: Change, kind: Kind, selector: Selector | None) -> list[TypedItem | None]:
    """The images of a change that are of this entity; None stands for a key without an image that is."""
    images: list[TypedItem | None] = [each for each in (change.before, change.after) if each is not None] or [
        None
    ]
    if selector is None:
        return images
    try:
        return [each for each in images if selector.of(change.key, each) == kind.entity]
    except MalformedRecord:
        return []
