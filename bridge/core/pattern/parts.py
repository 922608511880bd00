"""The fields of a pattern with their places, and pieces of a pattern as text to put into a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class LeafAt:
    """A field of a pattern: its place, its name split at dots, its matchers."""

    path: Place
    steps: tuple[str, ...]
    matchers: Sequence[Any]


def leaves(pattern: Any, path: Place = (), steps: tuple[str, ...] = ()) -> Iterator[LeafAt]:
    """All fields of a valid pattern, those of every ``$or`` included."""
    for name, below in pattern.items() if isinstance(pattern, Mapping) else ():
        here = (*path, name)
        if name == "$or" and isinstance(below, list | tuple):
            for index, choice in enumerate(below):
                yield from leaves(choice, (*here, index), steps)
        elif isinstance(below, Mapping):
            yield from leaves(below, here, (*steps, *str(name).split(".")))
        elif isinstance(below, list | tuple):
            yield LeafAt(here, (*steps, *str(name).split(".")), below)


_PLAIN: Final = re.compile(r"[A-Za-z_][\w-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})


def flow(value: Any) -> str:
    """``value`` as YAML on one line, to be put into a file as it is."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(name)}: {flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
