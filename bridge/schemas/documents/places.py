"""Line and column of a JSON Pointer in a file, so that a finding opens at its place in an editor."""

from __future__ import annotations

import json
import re
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
    """Where the value of each pointer begins, counted from 1; for a member, where its name begins. A pointer
    that leads nowhere gets the nearest place around it. Empty for text that is no JSON.
    """
    found: dict[str, int] = {}
    wanted = {pointer[:end] for pointer in pointers for end in _ends(pointer)}
    try:
        _Walk(text, wanted, found).value(0, "", 0)
    except (ValueError, IndexError, RecursionError):
        return {}
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, Place] = {}
    for pointer in pointers:
        nearest = next(found[pointer[:end]] for end in reversed(_ends(pointer)) if pointer[:end] in found)
        line = _line_of(starts, nearest)
        places[pointer] = (line + 1, nearest - starts[line] + 1)
    return places


def with_places(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, with line and column for those about a part of a JSON file."""
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


def _line_of(starts: list[int], offset: int) -> int:
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if starts[middle] <= offset else (low, middle - 1)
    return low


class _Walk:
    """Reads JSON that parses, noting where wanted values begin."""

    def __init__(self, text: str, wanted: set[str], found: dict[str, int]) -> None:
        self.text = text
        self.wanted = wanted
        self.found = found

    def value(self, at: int, pointer: str, depth: int, name_at: int | None = None) -> int:
        """Read the value at ``at``; answers where it ends."""
        if depth > _DEEPEST:
            raise ValueError("nested too deep to be worth a line")
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
