"""What a filter looks at: only the key, which an item keeps for life, or more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# The same in every record of one stream.
_CONSTANT = frozenset({"awsRegion", "eventSource", "eventSourceARN", "eventVersion"})


def looks_beyond_keys(patterns: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of the filter patterns can let some changes of an item pass and others not."""
    return any(_beyond(pattern, _CONSTANT, "dynamodb") for pattern in patterns)


def _beyond(pattern: Any, fine: frozenset[str], inside: str) -> bool:
    if not isinstance(pattern, Mapping):
        return False  # refused elsewhere
    for name, value in pattern.items():
        if name == "$or" and isinstance(value, list):
            if any(_beyond(each, fine, inside) for each in value):
                return True
        elif inside and name == inside:
            if _beyond(value, frozenset({"Keys"}), ""):
                return True
        elif name not in fine:
            return True
    return False
