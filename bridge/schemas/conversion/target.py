"""The drafts that registries take, and what tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Draft:
    """``booleans``: whether ``true`` and ``false`` are schemas everywhere. ``modern``: whether it knows
    ``const``, ``contains``, ``propertyNames`` and numbers as ``exclusiveMinimum`` (draft 6), and
    ``if`` (draft 7). ``asserts_content``: whether its validators may hold data against ``contentEncoding``
    and ``contentMediaType``, which 2020-12 forbids."""

    name: str
    uri: str
    id_keyword: str
    booleans: bool
    modern: bool
    asserts_content: bool


DRAFT4: Final = Draft("draft 4", "http://json-schema.org/draft-04/schema#", "id", False, False, False)
DRAFT7: Final = Draft("draft 7", "http://json-schema.org/draft-07/schema#", "$id", True, True, True)
