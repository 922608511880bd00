"""The target of a conversion: an older draft, and a schema of it that is built keyword by keyword."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Draft:
    """``booleans``: whether ``true`` and ``false`` are schemas everywhere. ``modern``: whether it has
    ``const``, ``contains``, ``propertyNames`` and numbers as ``exclusiveMinimum`` (draft 6), and ``if``
    (draft 7). ``asserts_content``: whether its validators may check data by ``contentEncoding`` and
    ``contentMediaType``, which 2020-12 forbids."""

    name: str
    uri: str
    id_keyword: str
    booleans: bool
    modern: bool
    asserts_content: bool


DRAFT4: Final = Draft("draft 4", "http://json-schema.org/draft-04/schema#", "id", False, False, False)
DRAFT7: Final = Draft("draft 7", "http://json-schema.org/draft-07/schema#", "$id", True, True, True)


class Result:
    """Keywords that must all hold. A keyword that would conflict with another one goes into ``allOf``."""

    def __init__(self) -> None:
        self._members: dict[str, Any] = {}
        self._also: list[Any] = []

    def put(self, **members: Any) -> None:
        """Keywords that belong together, such as ``items`` and ``additionalItems``."""
        if self._members.keys() & members.keys():
            self._also.append(members)
        else:
            self._members |= members

    def also(self, schema: Any) -> None:
        """A schema that must also hold, independent of the keywords beside it."""
        self._also.append(schema)

    def schema(self) -> dict[str, Any]:
        reference = self._members.pop("$ref", None)
        also = list(self._also)
        if reference is not None:
            if not self._members and not also:
                return {"$ref": reference}
            also.insert(0, {"$ref": reference})  # before 2019-09, keywords beside a $ref are ignored
        if also:
            self._members["allOf"] = [*self._members.get("allOf", ()), *also]
        return self._members
