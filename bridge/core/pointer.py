"""Paths into an item as JSON Pointers (RFC 6901), with ``*`` as a segment that matches any one name."""

from __future__ import annotations

import re

Segments = tuple[str, ...]

_BAD_ESCAPE = re.compile(r"~(?![01])")


def parse_pointer(text: str) -> Segments:
    """``/a/b~1c`` to ``("a", "b/c")``. Raises ``ValueError``, which says what is wrong."""
    if not text.startswith("/"):
        raise ValueError("a JSON Pointer begins with '/'")
    if _BAD_ESCAPE.search(text):
        raise ValueError("in a JSON Pointer '~' is written ~0 and a '/' inside a name ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def escape(name: str) -> str:
    """One segment as it is written in a pointer."""
    if "~" in name or "/" in name:
        return name.replace("~", "~0").replace("/", "~1")
    return name


def below(paths: tuple[Segments, ...], name: str) -> tuple[Segments, ...]:
    """The rests of ``paths`` one step down, at ``name``; an empty rest means that place itself."""
    return tuple(path[1:] for path in paths if path and path[0] in (name, "*"))


class Wanted:
    """A pointer in a condition, to decide whether a change at some path alters the value there."""

    __slots__ = ("_below", "_plain", "_segments", "pointer")

    def __init__(self, pointer: str) -> None:
        """Raises ``ValueError`` where ``pointer`` is not a JSON Pointer."""
        self._segments = parse_pointer(pointer)
        self.pointer = pointer
        self._below = pointer + "/"
        self._plain = "*" not in self._segments

    def touched_by(self, path: str) -> bool:
        """``path`` is the pointer of a change; the change touches the values below it and above it."""
        if self._plain:
            return path == self.pointer or path.startswith(self._below) or self._below.startswith(path + "/")
        changed = parse_pointer(path)
        return all(want in (have, "*") for want, have in zip(self._segments, changed, strict=False))
