"""What a reconciliation reads from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bridge.core.change import StreamView, TypedItem


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as DescribeTable describes it. ``key`` maps key attributes to their types, partition key first;
    ``stream_arn`` is empty without a stream; ``about_items`` is up to six hours old."""

    name: str
    arn: str
    key: Mapping[str, str]
    stream_arn: str = ""
    view: StreamView = "NEW_AND_OLD_IMAGES"
    about_items: int = 0


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a scan, typed JSON. ``next`` is where to continue, None after the last page; ``units`` are
    its read capacity units."""

    items: Sequence[TypedItem]
    next: TypedItem | None = None
    units: float = 0.0


@dataclass(frozen=True, slots=True)
class ItemsRead:
    """The result of :meth:`TableSource.read`; None where an item does not exist."""

    items: Mapping[str, TypedItem | None] = field(default_factory=dict)
    units: float = 0.0


class TableSource(Protocol):
    """One table, read in segments and by key. Throttled calls are repeated for minutes. After that, and for
    every other transient failure, ``SourceUnavailable`` is raised; ``BatchError`` where the table is missing
    or denies access.
    """

    def describe(self) -> TableFacts: ...

    def page(
        self, segment: int, segments: int, start: TypedItem | None, *, consistent: bool = False
    ) -> ItemPage:
        """One page. ``consistent``: it shows every write that was accepted before the call, for twice the
        read units. Binary values are bytes or base64 text."""
        ...

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        """All items of at most 100 ``keys`` (typed, by any name), read consistently."""
        ...
