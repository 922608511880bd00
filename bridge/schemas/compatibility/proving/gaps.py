"""Where a proof failed, and what stands around that place in an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.schemas.compatibility.proving.parts import Parts, matches
from bridge.schemas.compatibility.reading.normal import Schema

Nodes = tuple[Schema, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A place in an event, with the producer's schemas of what holds it."""

    parent: Path | None = None
    holder: Nodes = ()
    step: str | int = ""
    depth: int = 0

    @property
    def holder_key(self) -> tuple[int, ...]:
        return tuple(map(id, self.holder))


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a proof failed: what the producer may send at ``path``, and what the consumer takes there."""

    rule: str
    path: Path
    producer: Nodes
    consumer: Schema
    keyword: str = ""
    detail: str = ""


TOP: Final = Path()


def declares(parts: Parts, name: str) -> bool:
    """Whether the member ``name`` is named, by itself or by a pattern."""
    return any(
        name in node.get("properties", ())
        or any(matches(pattern, name) for pattern in node.get("patternProperties", ()))
        for node in parts.objects
    )


def as_undeclared(gaps: list[Gap], here: Path) -> list[Gap]:
    """What is undeclared on the producer's side is a member that one version has and the other has not."""
    return [
        Gap("undeclared", gap.path, gap.producer, gap.consumer, gap.keyword) if gap.path is here else gap
        for gap in gaps
    ]
