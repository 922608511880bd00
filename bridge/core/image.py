"""An item image whose attributes are converted to plain JSON on request, and only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from bridge.core.change import TypedItem
from bridge.core.numbers import PlainItem
from bridge.core.values import plain_item

_NOT_YET: Any = object()


class Image(Mapping[str, Any]):
    """A mapping from attribute names to plain JSON values.

    ``differing`` names the attributes that differ from ``twin``, the other image of a change; all others are
    converted once for both images, by ``convert``. :meth:`check` checks the attributes that were not read.
    Reading and checking raise :class:`bridge.errors.MalformedRecord` where a value is not legal typed JSON.
    """

    __slots__ = ("_convert", "_differing", "_plain", "_twin", "_typed", "_what")

    def __init__(
        self,
        typed: TypedItem,
        what: str,
        twin: Image | None = None,
        differing: Set[str] = frozenset(),
        convert: PlainItem = plain_item,
    ) -> None:
        self._typed = typed
        self._what = what
        self._twin = twin
        self._differing = differing
        self._convert = convert
        self._plain: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._typed

    def __getitem__(self, name: str) -> Any:
        value = self._plain.get(name, _NOT_YET)
        if value is _NOT_YET:
            if self._twin is not None and name not in self._differing:
                value = self._twin[name]
            else:
                value = self._typed[name]
                if type(value) is dict and len(value) == 1 and type(text := value.get("S")) is str:
                    value = text  # most values are
                else:
                    value = self._convert({name: value}, self._what)[name]
            self._plain[name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._typed))

    def __len__(self) -> int:
        return len(self._typed)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._typed else default

    def check(self) -> None:
        """Check what was not read: whether a record is malformed must not depend on the attributes that an
        event needs."""
        plain, typed = self._plain, self._typed
        names = typed if self._twin is None else self._differing
        if len(plain) < len(typed):
            plain_item(
                {name: typed[name] for name in names if name in typed and name not in plain}, self._what
            )

    def whole(self) -> dict[str, Any]:
        """All attributes, in the order of their names."""
        if len(self._plain) == len(self._typed) and list(self._plain) == sorted(self._plain):
            return self._plain
        if self._twin is None:
            self._plain = self._convert(self._typed, self._what)
            return self._plain
        twin = self._twin.whole()
        self._plain = {}
        for name in sorted(self._typed):
            # A differing attribute gets its place in the order now and its value below.
            self._plain[name] = None if name in self._differing else twin[name]
        own = {name: self._typed[name] for name in self._differing if name in self._typed}
        self._plain.update(self._convert(own, self._what))
        return self._plain
