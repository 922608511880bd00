"""A gap, which is where a proof failed, and its place in an event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.schemas.compatibility.reading.normal import Schema

Nodes = tuple[Schema, ...]
MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Path:
    """A place in an event, with the producer's schemas of the object or array that holds it."""

    parent: Path | None = None
    holder: Nodes = ()
    step: str | int = ""
    depth: int = 0

    def below(self, holder: Nodes, step: str | int) -> Path:
        return Path(self, holder, step, self.depth + 1)

    @property
    def holder_key(self) -> tuple[int, ...]:
        return tuple(map(id, self.holder))

    @property
    def pointer(self) -> str:
        """A JSON Pointer into the event."""
        return "" if self.parent is None else f"{self.parent.pointer}/{escape(str(self.step))}"

    def value_in(self, event: Any) -> Any:
        """The value at this place of an event, or :data:`MISSING`."""
        if self.parent is None:
            return event
        holder = self.parent.value_in(event)
        if isinstance(holder, dict) and isinstance(self.step, str):
            return holder.get(self.step, MISSING)
        if isinstance(holder, list) and isinstance(self.step, int) and len(holder) > self.step:
            return holder[self.step]
        return MISSING


TOP: Final = Path()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a proof failed: what the producer may send at ``path``, and what the consumer accepts there.

    ``detail`` is the name of the member that a keyword such as ``required`` is about.
    """

    rule: str
    path: Path
    producer: Nodes
    consumer: Schema
    keyword: str = ""
    detail: str = ""

    @property
    def pointer(self) -> str:
        return self.path.pointer + (f"/{escape(self.detail)}" if self.detail else "")


def as_undeclared(gaps: list[Gap], here: Path) -> list[Gap]:
    """A member that the producer's side does not declare was added or removed by the new version."""
    return [replace(gap, rule="undeclared", detail="") if gap.path is here else gap for gap in gaps]


TOGETHER: Final = {
    "type": ("type", "x-draft4-integer"),
    "if": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
}
"""Keywords whose meaning depends on the keywords beside them."""


def alone(wanted: dict[str, Any], gap: Gap) -> dict[str, Any]:
    """The keyword of a gap as a schema of its own, unless its meaning depends on the keywords beside it."""
    if gap.keyword.startswith("unevaluated"):
        return wanted
    if gap.detail:
        return {gap.keyword: [gap.detail]}
    together = TOGETHER.get(gap.keyword, (gap.keyword,))
    return {keyword: wanted[keyword] for keyword in together if keyword in wanted}
