"""A schema of the older draft while it grows, keyword by keyword."""

from __future__ import annotations

from typing import Any


class Result:
    """Members that all must hold. What would stand in the way of another goes into ``allOf`` beside it."""

    def __init__(self) -> None:
        self._members: dict[str, Any] = {}
        self._also: list[Any] = []

    def put(self, **members: Any) -> None:
        """Members that belong together, such as ``items`` and ``additionalItems``."""
        if self._members.keys() & members.keys():
            self._also.append(members)
        else:
            self._members |= members

    def also(self, schema: Any) -> None:
        """A schema that must hold for itself: its keywords mean nothing to those beside it."""
        self._also.append(schema)

    def schema(self) -> dict[str, Any]:
        reference = self._members.pop("$ref", None)
        also = list(self._also)
        if reference is not None:
            if not self._members and not also:
                return {"$ref": reference}
            also.insert(0, {"$ref": reference})  # before 2019-09, what stands beside a $ref is ignored
        if also:
            self._members["allOf"] = [*self._members.get("allOf", ()), *also]
        return self._members
