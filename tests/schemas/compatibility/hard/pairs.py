"""Hard pairs of schemas with the right verdicts: both documents, and a letter for each direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Direction, Policy, Verdict

VERDICTS: Final = {"c": Verdict.COMPATIBLE, "i": Verdict.INCOMPATIBLE, "u": Verdict.UNPROVEN}
DRAFT_7: Final = "http://json-schema.org/draft-07/schema#"
TEXT: Final[dict[str, Any]] = {"type": "string"}
WHOLE: Final[dict[str, Any]] = {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Pair:
    """``expected``, backward and forward: ``c`` where it holds, ``i`` where an event breaks it, ``u`` where
    it holds by what is meant, and not by what the validator accepts."""

    kind: str
    old: Any
    new: Any
    expected: str
    policy: Policy = Policy.STRICT

    def queries(self) -> Iterator[tuple[Direction, Verdict]]:
        """Each direction, and the right verdict."""
        yield "backward", VERDICTS[self.expected[0]]
        yield "forward", VERDICTS[self.expected[1]]


def text(**keywords: Any) -> dict[str, Any]:
    return {"type": "string", **keywords}


def member(schema: Any) -> dict[str, Any]:
    """An object with one declared member ``a``."""
    return {"type": "object", "properties": {"a": schema}}


def both(kind: str, old: Any, new: Any, expected: str) -> Iterator[Pair]:
    """As written, and as a member under the default policy, where the meaning is the same."""
    yield Pair(kind, old, new, expected)
    yield Pair(kind, member(old), member(new), expected, Policy.VIEWS)
