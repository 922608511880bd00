"""What stands anywhere in a schema."""

from __future__ import annotations

from typing import Any, Final


def mentions(value: Any, keywords: frozenset[str]) -> bool:
    """Whether one of ``keywords`` stands anywhere in it."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if not keywords.isdisjoint(each):
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False


def count_schemas(value: Any) -> int:
    """How many objects stand in it, which are schemas for the most part."""
    found = 0
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += 1
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


TURNING: Final = frozenset({"not", "if", "oneOf", "maxContains"})
"""What takes less where a schema below it takes more."""
_SCALAR: Final = frozenset(
    {
        "type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems",
    }
)  # fmt: skip


class References:
    """Where references stand; asked often of the same nodes, which must live as long as this."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def stand_in(self, value: Any) -> bool:
        """Whether a reference stands somewhere in it: then equal text may mean different things."""
        if not isinstance(value, dict | list):
            return False
        if isinstance(value, dict) and value.keys() <= _SCALAR:
            return False
        known = self._known.get(id(value))
        if known is None:
            inner = value.values() if isinstance(value, dict) else value
            known = (isinstance(value, dict) and "$ref" in value) or any(map(self.stand_in, inner))
            self._known[id(value)] = known
        return known
