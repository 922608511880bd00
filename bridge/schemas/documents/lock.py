"""The lock: the published versions, what each means, the registries that have it, and the sunsets.

A version is only ever added, never changed. It is recorded by the SHA-256 of its canonical JSON: members in
order of their names, no white space, UTF-8. Not of the file's bytes: line endings, indentation and the order
of members differ from one checkout, editor or registry to the next and mean nothing to a subscriber. Any
other difference is a change, in a description too. The documents that it refers to are recorded as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.meta import Meta
from bridge.schemas.finding import refused
from bridge.schemas.semver import Version

RULE = "lock"

Name = tuple[str, Version]
Days = Mapping[str, date]
"""Sunsets by what they end: a major (``"1"``) or a version (``"1.1.0"``)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a published version is. ``document``: the hash of its document. ``references``: one hash of all
    documents that it refers to, "" for none. ``mode`` and ``policy``: what its subscribers were promised.

    A lock of format 1 has only ``document``; the others are ``None``. A shared definition has no promise.
    """

    document: str
    references: str | None = None
    mode: Mode | None = None
    policy: Policy | None = None

    def agrees(self, other: Entry) -> bool:
        """Whether both mean the same, as far as both say it."""
        mine, theirs = (each.references for each in (self, other))
        return self.document == other.document and (None in (mine, theirs) or mine == theirs)

    def completed(self, other: Entry) -> Entry:
        """This entry, with what it does not say taken from ``other``."""
        if self.references is not None:
            return self
        return replace(other, document=self.document)


@dataclass(frozen=True, slots=True)
class Lock:
    """``versions``: the published ones. ``sunsets``: for each type, the days that its ``meta.yaml`` had when
    it was last locked. ``published``: the versions in each registry, by its address; a version that the
    registry no longer has was removed by hand. ``old``: it was read from a file of format 1."""

    versions: Mapping[Name, Entry] = field(default_factory=lambda: MappingProxyType({}))
    sunsets: Mapping[str, Days] = field(default_factory=lambda: MappingProxyType({}))
    published: Mapping[str, frozenset[Name]] = field(default_factory=lambda: MappingProxyType({}))
    old: bool = field(default=False, compare=False)

    def publishing(self, published: Mapping[str, Iterable[Name]]) -> Lock:
        """This lock with more versions recorded as being in registries. They are locked already."""
        grown = {address: frozenset(names) for address, names in self.published.items()}
        for address, names in published.items():
            grown[address] = grown.get(address, frozenset()) | frozenset(names)
        return replace(self, published=MappingProxyType(grown))

    def adding(self, entries: Mapping[Name, Entry], metas: Mapping[str, Meta] | None = None) -> Lock:
        """This lock with more versions, and with the sunsets in ``metas`` of locked types. What an old entry
        does not say is added to it.

        Raises :class:`ConfigurationError` where a version is locked with other content, or where a sunset
        would move to an earlier day.
        """
        versions = dict(self.versions)
        for name, entry in entries.items():
            before = versions.setdefault(name, entry)
            if not before.agrees(entry):
                message = f"{name[0]} {name[1]} is locked with other content"
                raise refused("lock", message, "only stream-bridge writes the lock", rule=RULE)
            versions[name] = before.completed(entry)
        sunsets = dict(self.sunsets)
        for type_name in {name for name, _ in versions} & set(metas or {}):
            meta = (metas or {})[type_name]
            reported = self.sunsets.get(type_name, {})
            for key, _, message in earlier_days(meta.days, reported):
                raise refused(meta.file, message, rule="sunset", path=f"sunset.{key}")
            if meta.days:  # a day that was removed stays known: another day may not be earlier than it
                sunsets[type_name] = MappingProxyType({**reported, **meta.days})
        return Lock(MappingProxyType(versions), MappingProxyType(sunsets), self.published)


def earlier_days(days: Days, reported: Days) -> Iterator[tuple[str, date, str]]:
    """The keys of ``days`` with an earlier day than was reported: key, reported day, message. A version
    without a day of its own ends with its major, so a day may move from one kind of key to the other."""
    for key, day in days.items():
        major, _, rest = key.partition(".")
        names = [name for name in (key, major) if name in reported][:1]
        if not rest:
            names += [name for name in reported if name.startswith(f"{key}.") and name not in days]
        latest = max((reported[name] for name in names), default=day)
        if day < latest:
            what = f"the sunset of {key} was published as {latest}, and {day} is earlier"
            yield key, latest, f"{what}: it may only move later"
