"""What kinds of items the simulated table holds, and what each change is for each of them.

In a plain world all items are of one kind. In a single-table world ``thing`` and ``ware`` share their keys,
and the attribute ``kind``, which writers change, says which of the two an item is, or that it is neither;
``extra`` is told from its keys alone. Subscribers know of an item in each entity on its own, so checks look
at the :class:`Part` that every change is in each.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.builders.records import Op
from tests.simulation.world import Image, Place, Written

Entities = Literal["none", "ignore", "quarantine"]
"""No entities, or what becomes of items that none selects."""

Fate = Literal["events", "silent", "poison"]

ITEM, THING, WARE, EXTRA, OTHER = "item", "thing", "ware", "extra", "*"
SINGLE_TABLE: Final = (THING, WARE, EXTRA)
REFUSED: Final[Image] = {"v": "refused"}
PII_KEY: Final = b"of the simulation"


@dataclass(frozen=True, slots=True)
class Part:
    """One change of an item as one kind of items sees it. ``id``: what its events' ids begin with."""

    kind: str
    key: str
    op: Op
    before: Image | None
    after: Image | None
    place: Place | None
    id: str
    fate: Fate

    @property
    def subject(self) -> str:
        return f"{self.kind}/{self.key}"


@dataclass(frozen=True, slots=True)
class Kinds:
    entities: Entities

    @property
    def names(self) -> Sequence[str]:
        return (ITEM,) if self.entities == "none" else SINGLE_TABLE

    def of(self, key: str, image: Image) -> str:
        if self.entities == "none":
            return ITEM
        if key[0] == "e":
            return EXTRA
        kind = image.get("kind")
        return kind if key[0] == "k" and kind in (THING, WARE) else OTHER

    def subject(self, key: str, image: Image) -> str:
        return f"{self.of(key, image)}/{key}"

    def parts(self, log: Sequence[Written]) -> Iterator[Part]:
        for written in log:
            yield from self.parts_of(written)

    def parts_of(self, written: Written) -> tuple[Part, ...]:
        """Two where the item changed its kind, the end first. What none selects has no part in that."""
        key, before, after = written.key, written.before, written.after
        was = None if before is None else self.of(key, before)
        now = None if after is None else self.of(key, after)
        if was is None or now is None or was == now:
            kind = now or was or OTHER
            return (self._part(written, kind, written.op, before, after),)
        parts = []
        if was != OTHER:
            parts.append(self._part(written, was, "remove", before, None, "-end"))
        if now != OTHER:
            parts.append(self._part(written, now, "insert", None, after, "-start"))
        return tuple(parts)

    def _part(
        self, written: Written, kind: str, op: Op, before: Image | None, after: Image | None, end: str = ""
    ) -> Part:
        record_id = "" if written.place is None else written.record_id + end
        return Part(kind, written.key, op, before, after, written.place, record_id, self.fate_of(written))

    def fate_of(self, written: Written) -> Fate:
        """What must become of a change once it is walked by a good deploy."""
        key, before, after = written.key, written.before, written.after
        was = None if before is None else self.of(key, before)
        now = None if after is None else self.of(key, after)
        if key[0] == "f":
            return "silent"
        if {was, now} <= {None, OTHER}:
            return "poison" if self.entities == "quarantine" else "silent"
        if was == now and now is not None and visible(before, now) == visible(after, now):
            return "silent"
        seen_before, seen_after = None if was == OTHER else before, None if now == OTHER else after
        never = seen_before is not None and ("nan" in seen_before or "big" in seen_before)
        return "poison" if never or is_poison(seen_after) else "events"


def is_poison(image: Image | None) -> bool:
    """Whether an item in this state can never become an event."""
    return image is not None and ("nan" in image or "big" in image or image["v"] == REFUSED["v"])


def visible(image: Image | None, kind: str = ITEM) -> Image | None:
    """What subscribers can know of an item: its state without what the diff ignores, redacted."""
    if image is None:
        return None
    hidden = ("seen", "secret", "note") if kind == WARE else ("seen", "secret")
    seen = {name: value for name, value in image.items() if name not in hidden}
    contact = seen.get("contact")
    if isinstance(contact, Mapping):
        seen["contact"] = {name: _redacted(value) for name, value in contact.items()}
    else:
        seen.pop("contact", None)  # not of the shape that the rule expects: dropped whole
    return seen


def kind_of(subject: str) -> str:
    return subject.partition("/")[0]


def key_of(subject: str) -> str:
    return subject.partition("/")[2]


def group_of(subject: str) -> str:
    """The message group of an item's events: its subject, or what the template of partitionkey makes."""
    kind, _, key = subject.partition("/")
    return key[1:] if kind == THING else subject


def sequence_in(sequence: str) -> str:
    """An event's sequence without what the start of an item in its new entity adds to it."""
    return sequence.rstrip("+")


def _redacted(mail: str) -> str:
    if mail.startswith("hmac-sha256:"):
        return mail
    framed = b"S%d:%b" % (len(mail), mail.encode())
    return "hmac-sha256:" + hmac.new(PII_KEY, framed, "sha256").hexdigest()
