"""Hard pairs of schemas with the right verdicts: both documents, and a letter for each direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Direction, Policy

HOLDS: Final = "c"
BROKEN: Final = "i"
DRAFT_7: Final = "http://json-schema.org/draft-07/schema#"
TEXT: Final[dict[str, Any]] = {"type": "string"}
WHOLE: Final[dict[str, Any]] = {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Pair:
    """``expected``: ``c`` where the direction holds, ``i`` where an event breaks it; backward, forward."""

    kind: str
    old: Any
    new: Any
    expected: str
    policy: Policy = Policy.STRICT

    def queries(self) -> Iterator[tuple[Direction, bool]]:
        """Each direction, and whether it holds."""
        yield "backward", self.expected[0] == HOLDS
        yield "forward", self.expected[1] == HOLDS


def text(**keywords: Any) -> dict[str, Any]:
    return {"type": "string", **keywords}


def member(schema: Any) -> dict[str, Any]:
    """An object with one declared member ``a``."""
    return {"type": "object", "properties": {"a": schema}}


def both(kind: str, old: Any, new: Any, expected: str) -> Iterator[Pair]:
    """As written, and as a member under the default policy, where the meaning is the same."""
    yield Pair(kind, old, new, expected)
    yield Pair(kind, member(old), member(new), expected, Policy.VIEWS)
