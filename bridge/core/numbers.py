"""``numbers: string``: a table's numbers as text with DynamoDB's own digits, everywhere or at chosen paths.

The exact conversion comes first, as for every other table, and refuses illegal values. The typed values then
show which members were numbers. Tables without this option do not use this module.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bridge.core.change import TypedItem, TypedValue
from bridge.core.pointer import Segments, below, parse_pointer
from bridge.core.values import plain, plain_item

PlainItem = Callable[[TypedItem, str], dict[str, Any]]
"""From an image, and its name in errors, to plain JSON."""

PlainAt = Callable[[TypedValue, str], Any]
"""From a typed value, and the JSON Pointer of its place in the item, to plain JSON."""

EVERYWHERE: tuple[Segments, ...] = ((),)


class NumbersAsText:
    """The conversions of a table whose numbers are text at and below ``paths`` (with ``*`` segments).

    A number set becomes an array of texts, in numeric order. Both methods raise
    :class:`bridge.errors.MalformedRecord` where a value is not legal typed JSON.
    """

    __slots__ = ("_paths",)

    def __init__(self, paths: tuple[Segments, ...] = EVERYWHERE) -> None:
        self._paths = paths

    def item(self, item: TypedItem, what: str) -> dict[str, Any]:
        """Like :func:`bridge.core.values.plain_item`."""
        result = plain_item(item, what)
        _members(result, item, self._paths)
        return result

    def at(self, value: TypedValue, path: str) -> Any:
        """Like :func:`bridge.core.values.plain`, for the value at ``path``."""
        paths = self._paths
        for segment in parse_pointer(path):
            paths = _below(paths, segment)
        return _as_text(value, plain(value, path), paths)


def _below(paths: tuple[Segments, ...], name: str) -> tuple[Segments, ...]:
    return EVERYWHERE if () in paths else below(paths, name)


def _members(result: dict[str, Any], typed: TypedItem, paths: tuple[Segments, ...]) -> None:
    for name in result:
        inside = _below(paths, name)
        if inside:
            result[name] = _as_text(typed[name], result[name], inside)


def _as_text(typed: TypedValue, exact: Any, paths: tuple[Segments, ...]) -> Any:
    """``exact``, the new plain value of ``typed``, with its numbers at ``paths`` as text."""
    ((tag, content),) = typed.items()
    if tag == "M":
        _members(exact, content, paths)
    elif tag == "L":
        for index, element in enumerate(content):
            inside = _below(paths, str(index))
            if inside:
                exact[index] = _as_text(element, exact[index], inside)
    elif () in paths:
        if tag == "N":
            return content
        if tag == "NS":
            return sorted(content, key=Decimal)
    return exact
