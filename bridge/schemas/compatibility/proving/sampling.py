"""A few short texts that match a regular expression (ECMA-262): guesses that the validator checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bridge.schemas.compatibility.proving.parts import matches

_DIGITS: Final = "0123456789"
_WORD: Final = "a0_Z"
_CLASSES: Final = {"d": "0159", "w": "aZ0_", "s": " ", "D": "a-", "W": "- ", "S": "a0"}
_LITERAL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_MOST: Final = 24


class _Unknown(Exception):
    """The pattern contains something that this reader does not know, such as a look-ahead."""


@dataclass
class _Reader:
    """Reads a pattern and returns texts for each part of it."""

    text: str
    at: int = 0

    def alternatives(self) -> list[str]:
        found = self.sequence()
        while self.peek() == "|":
            self.at += 1
            found = [*found, *self.sequence()]
        return found[:_MOST]

    def sequence(self) -> list[str]:
        texts = [""]
        while self.at < len(self.text) and self.peek() not in "|)":
            part = self.repeated()
            texts = [left + right for right in part for left in texts][:_MOST]
        return texts

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def repeated(self) -> list[str]:
        part = self.one()
        mark = self.peek()
        if not mark or mark not in "*+?{":
            return part
        self.at += 1
        least, most = {"*": (0, 2), "+": (1, 2), "?": (0, 1)}.get(mark, (0, 0))
        if mark == "{":
            end = self.text.find("}", self.at)
            low, comma, high = self.text[self.at : end].partition(",")
            if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
                raise _Unknown
            self.at = end + 1
            least = int(low)
            most = int(high) if high else least + 1 if comma else least
        if self.peek() == "?":
            self.at += 1
        if least > 400:
            raise _Unknown
        counts = sorted({least, min(most, least + 1)} | ({1} if least <= 1 <= most else set()))
        # one repeated character, or a mixture, so that the texts differ
        return [self._fill(part, count, shift) for count in counts for shift in range(len(part))][:_MOST]

    @staticmethod
    def _fill(part: list[str], count: int, shift: int) -> str:
        return "".join(part[(index + shift) % len(part)] for index in range(count))

    def one(self) -> list[str]:
        mark = self.peek()
        self.at += 1
        if mark in "^$":
            return [""]
        if mark == ".":
            return ["a", "0"]
        if mark == "(":
            if self.peek() == "?":
                if self.text[self.at : self.at + 2] == "?:":
                    self.at += 2
                elif self.text[self.at : self.at + 2] == "?<" and self.text[self.at + 2] not in "=!":
                    self.at = self.text.index(">", self.at) + 1
                else:
                    raise _Unknown
            inner = self.alternatives()
            if self.peek() != ")":
                raise _Unknown
            self.at += 1
            return inner
        if mark == "[":
            return self.bracket()
        if mark == "\\":
            return list(self.escaped())
        return [mark]

    def escaped(self) -> str:
        mark = self.peek()
        self.at += 1
        if mark in _CLASSES:
            return _CLASSES[mark]
        if mark in _LITERAL:
            return _LITERAL[mark]
        if mark == "u" and self.text[self.at : self.at + 4].isalnum():
            code = int(self.text[self.at : self.at + 4], 16)
            self.at += 4
            return chr(code)
        if mark.isalnum():
            raise _Unknown
        return mark

    def bracket(self) -> list[str]:
        negated = self.peek() == "^"
        self.at += negated
        chars: list[str] = []
        while self.peek() != "]":
            if not self.peek():
                raise _Unknown
            first = self._member()
            if (
                self.peek() == "-"
                and self.text[self.at + 1 : self.at + 2] not in ("]", "")
                and len(first) == 1
            ):
                self.at += 1
                last = self._member()
                middle = chr((ord(first) + ord(last[0])) // 2)
                chars += [first, last[0], middle]
            else:
                chars += first
        self.at += 1
        if not negated:
            return list(dict.fromkeys(chars)) or [""]
        end = self.text.rfind("[", 0, self.at)
        whole = "^" + self.text[end : self.at] + "$"
        return [each for each in "a0 -_~Zéx9" if matches(whole, each)][:4]

    def _member(self) -> str:
        mark = self.peek()
        self.at += 1
        return self.escaped() if mark == "\\" else mark


@lru_cache(maxsize=512)
def sample_texts(pattern: str) -> tuple[str, ...]:
    """Texts that match, shortest first. A pattern that is not understood may have none."""
    try:
        found = _Reader(pattern).alternatives()
    except (_Unknown, ValueError, IndexError, OverflowError):
        found = []
    found = sorted(
        {*found, *("a", "A", "0", "a-b", "user@example.com", "2030-01-01")}, key=lambda t: (len(t), t)
    )
    return tuple(each for each in found if len(each) < 2_000 and matches(pattern, each))[:_MOST]


def sample_name(pattern: str | None, taken: set[str]) -> str:
    """A name that matches and is not ``taken``; any name if none is found."""
    for name in sample_texts(pattern) if pattern is not None else _names():
        if name not in taken:
            return name
    return "undeclared"


def _names() -> Iterator[str]:
    yield "undeclared"
    yield from (f"undeclared{number}" for number in range(2, 100))
