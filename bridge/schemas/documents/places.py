"""Line and column of a JSON Pointer in a file, so that a finding opens at its place in an editor."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from json.decoder import scanstring  # type: ignore[attr-defined]  # the stubs leave it out
from pathlib import Path

from bridge.core.pointer import escape
from bridge.errors import Problem

_BLANK = re.compile(r"[ \t\r\n]*")
_ATOM = re.compile(r"[^\s,\]}\[{:\"]+")
_DEEPEST = 500

Place = tuple[int, int]


def locate(text: str, pointers: Collection[str]) -> Mapping[str, Place]:
    """Line and column, counted from 1, of the value of each pointer; of its name for a member. A pointer that
    leads nowhere gets the nearest place around it. Empty for text that is not JSON."""
    found: dict[str, int] = {}
    wanted = {pointer[:end] for pointer in pointers for end in _ends(pointer)}
    try:
        _Reader(text, wanted, found).value(0, "", 0)
    except (ValueError, IndexError, RecursionError):
        return {}
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, Place] = {}
    for pointer in pointers:
        nearest = next(found[pointer[:end]] for end in reversed(_ends(pointer)) if pointer[:end] in found)
        line = bisect_right(starts, nearest)
        places[pointer] = (line, nearest - starts[line - 1] + 1)
    return places


def with_places(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, with line and column added to those about a part of a JSON file."""
    problems = list(problems)
    by_file: dict[str, set[str]] = {}
    for problem in problems:
        if not problem.line and problem.path.startswith("/") and problem.file.endswith(".json"):
            by_file.setdefault(problem.file, set()).add(problem.path)
    places: dict[str, Mapping[str, Place]] = {}
    for file, pointers in by_file.items():
        try:
            places[file] = locate(Path(file).read_text("utf-8"), pointers)
        except (OSError, UnicodeDecodeError):
            places[file] = {}
    located = []
    for problem in problems:
        place = places.get(problem.file, {}).get(problem.path) if not problem.line else None
        located.append(problem if place is None else replace(problem, line=place[0], column=place[1]))
    return located


def _ends(pointer: str) -> list[int]:
    """Where the pointer's prefixes end, the empty one first."""
    return [index for index, character in enumerate(pointer) if character == "/"] + [len(pointer)]


class _Reader:
    """Reads valid JSON and records the offsets of wanted values."""

    def __init__(self, text: str, wanted: set[str], found: dict[str, int]) -> None:
        self.text = text
        self.wanted = wanted
        self.found = found

    def value(self, at: int, pointer: str, depth: int, name_at: int | None = None) -> int:
        """Read the value at offset ``at``. Returns the offset of its end."""
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        at = self._blank(at)
        if pointer in self.wanted:
            self.found.setdefault(pointer, at if name_at is None else name_at)
        first = self.text[at]
        if first == "{":
            return self._object(at, pointer, depth)
        if first == "[":
            return self._array(at, pointer, depth)
        if first == '"':
            return int(scanstring(self.text, at + 1)[1])
        match = _ATOM.match(self.text, at)
        if match is None:
            raise json.JSONDecodeError("no value", self.text, at)
        return match.end()

    def _object(self, at: int, pointer: str, depth: int) -> int:
        at = self._blank(at + 1)
        while self.text[at] != "}":
            name, end = scanstring(self.text, at + 1)
            at = self._blank(self.value(self._blank(end) + 1, f"{pointer}/{escape(name)}", depth + 1, at))
            if self.text[at] == ",":
                at = self._blank(at + 1)
        return at + 1

    def _array(self, at: int, pointer: str, depth: int) -> int:
        at = self._blank(at + 1)
        index = 0
        while self.text[at] != "]":
            at = self._blank(self.value(at, f"{pointer}/{index}", depth + 1))
            index += 1
            if self.text[at] == ",":
                at = self._blank(at + 1)
        return at + 1

    def _blank(self, at: int) -> int:
        match = _BLANK.match(self.text, at)
        return at if match is None else match.end()
