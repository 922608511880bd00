"""What the inference reads of a sample: keys, names of attributes, and short texts and numbers.

Memory is bounded: after ``ITEMS_MAX`` different items, further ones are only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bridge.core.change import TypedItem
from bridge.core.values import base64_text

ITEMS_MAX: Final = 20_000
NAMES_MAX: Final = 250
TEXT_MAX: Final = 200


class Scalar(NamedTuple):
    """The DynamoDB type of a top-level attribute, and its text if it is a short S or an N."""

    tag: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """One item. ``key`` holds the texts of the key attributes, in the order of ``Observed.key``."""

    key: tuple[str, ...]
    attributes: Mapping[str, Scalar]

    def text(self, name: str) -> str | None:
        """The text of an attribute of type S; None for any other, and for a long one."""
        scalar = self.attributes.get(name)
        return scalar.text if scalar is not None and scalar.tag == "S" and scalar.text else None


@dataclass(slots=True)
class Observed:
    """``key`` maps key attributes to their types, partition key first."""

    key: Mapping[str, str]
    items: list[Glance] = field(default_factory=list)
    left_out: int = 0
    """Items beyond ``ITEMS_MAX``, or without the key."""
    tags: dict[str, Counter[str]] = field(default_factory=dict)
    """For each attribute, how often it has which type."""
    _seen: set[int] = field(default_factory=set)

    def add(self, item: TypedItem) -> None:
        """A typed item with legal values, or its key alone. An item that was seen as it is counts once."""
        texts = [_text(item.get(name), tag) for name, tag in self.key.items()]
        if None in texts or len(self.items) >= ITEMS_MAX:
            self.left_out += 1
            return
        names = list(item)[:NAMES_MAX]
        scalars = {name: _scalar(item[name]) for name in names if name not in self.key}
        glance = Glance(tuple(text for text in texts if text is not None), scalars)
        mark = hash((glance.key, tuple(sorted(scalars.items()))))
        if mark in self._seen:
            return
        self._seen.add(mark)
        self.items.append(glance)
        for name, scalar in scalars.items():
            self.tags.setdefault(name, Counter())[scalar.tag] += 1

    def typed_key(self, glance: Glance) -> dict[str, dict[str, Any]]:
        return {name: {tag: text} for (name, tag), text in zip(self.key.items(), glance.key, strict=True)}


def _text(value: Mapping[str, Any] | None, tag: str) -> str | None:
    if value is None or set(value) != {tag}:
        return None
    content = value[tag]
    return content if isinstance(content, str) else base64_text(content)


def _scalar(value: Mapping[str, Any]) -> Scalar:
    ((tag, content),) = value.items()
    if tag in ("S", "N") and isinstance(content, str) and len(content) <= TEXT_MAX:
        return Scalar(tag, content)
    return Scalar(tag)
