"""Attributes that serve the store and not the business: keys of indexes, counters of versions, expiry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bridge.core.pointer import escape
from bridge.onboarding.entities.observed import Glance, Observed
from bridge.onboarding.entities.segments import split
from bridge.onboarding.entities.words import words

_INDEX_KEY: Final = re.compile(
    r"_*(?:(?:gsi|lsi|idx|index|gs|ix)[-_]?[0-9]*[-_]?(?:pk|sk|hash|range|partition|sort)?[-_]?(?:key)?[0-9]*"
    r"|(?:pk|sk)[-_]?[0-9]+)_*",
    re.IGNORECASE,
)
_VERSIONS: Final = frozenset(
    {
        "version",
        "_v",
        "__v",
        "_version",
        "rev",
        "_rev",
        "revision",
        "lockversion",
        "versionnumber",
        "_lastversion",
    }
)
_EXPIRY: Final = frozenset(
    {("ttl",), ("expires",), ("expiry",), ("expiration",), ("expire",), ("time", "to", "live"),
     ("expires", "at"), ("expire", "at"), ("expired", "at"), ("expiry", "time"), ("expiration", "time"),
     ("expires", "on"), ("delete", "at"), ("delete", "after"), ("ttl", "at"), ("ttl", "seconds")}
)  # fmt: skip
_EPOCH_MIN: Final = 1_000_000_000
_EPOCH_MAX: Final = 5_000_000_000
_MOST: Final = 0.9
_ELECTRODB: Final = re.compile(r"__edb_\w+__")


class Technical(NamedTuple):
    name: str
    why: str

    @property
    def pointer(self) -> str:
        return f"/{escape(self.name)}"


def expiry_of(observed: Observed) -> str | None:
    """The TTL attribute, by its name and by values that are epoch seconds."""
    for name in sorted(observed.tags):
        if tuple(words(name)) not in _EXPIRY:
            continue
        found = [scalar for item in observed.items if (scalar := item.attributes.get(name)) is not None]
        seconds = sum(each.tag == "N" and _is_epoch(each.text) for each in found)
        if found and seconds >= _MOST * len(found):
            return name
    return None


def _is_epoch(text: str) -> bool:
    return text.isdigit() and _EPOCH_MIN <= int(text) <= _EPOCH_MAX


def technical(
    items: Sequence[Glance], *, kind: str | None, expiry: str | None, indexes: frozenset[str] = frozenset()
) -> Iterator[Technical]:
    """``indexes`` are the key attributes of indexes as DescribeTable names them. One that holds business
    data, such as an e-mail address, is not technical."""
    for name in sorted(set[str]().union(*(item.attributes for item in items))):
        if name == kind:
            yield Technical(name, "the kind of the item")
        elif name == expiry:
            yield Technical(name, "TTL")
        elif _ELECTRODB.fullmatch(name):
            yield Technical(name, "written by ElectroDB")
        elif _INDEX_KEY.fullmatch(name) or (name in indexes and _is_composed(name, items)):
            yield Technical(name, "key of an index")
        elif name.lower() in _VERSIONS and _counts(name, items):
            yield Technical(name, "counter of versions")


def _is_composed(name: str, items: Sequence[Glance]) -> bool:
    texts = [text for item in items if (text := item.text(name)) is not None]
    return bool(texts) and all(len(split(text)) > 1 for text in texts)


def _counts(name: str, items: Sequence[Glance]) -> bool:
    found = [scalar for item in items if (scalar := item.attributes.get(name)) is not None]
    return all(each.tag == "N" and each.text.isdigit() for each in found)
