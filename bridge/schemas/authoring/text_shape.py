"""The formats of JSON Schema that all texts of a place satisfy.

Decided by the library that later validates events, so that a claimed format holds there too.
"""

from __future__ import annotations

import re
from typing import Final

import jsonschema_rs

from bridge.core.values import number
from bridge.errors import MalformedRecord

NUMBER_TEXT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
"""A number whose digits do not fit into a JSON number, as DynamoDB writes it."""

FORMATS: Final = ("date-time", "date", "email", "uuid", "uri")
"""In order of preference. ``uri`` is claimed only for web addresses: formally, ``USER:1`` is a URI too."""

_LOOKS: Final = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]"),
    "date": re.compile(r"\d{4}-\d\d-\d\d\Z"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\Z"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}-"),
    "uri": re.compile(r"https?://"),
}
_VALIDATORS: Final = {
    name: jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True) for name in FORMATS
}
_NUMBER: Final = re.compile(NUMBER_TEXT.replace("$", r"\Z"), re.ASCII)


class TextShape:
    """Counts of texts: all, those of each format, numbers, and numbers whose digits do not fit into a JSON
    number (DESIGN, Values)."""

    __slots__ = ("formats", "numbers", "seen", "unfit")

    def __init__(self) -> None:
        self.seen = 0
        self.numbers = 0
        self.unfit = 0
        self.formats = dict.fromkeys(FORMATS, 0)

    def add(self, text: str) -> None:
        self.seen += 1
        if _NUMBER.match(text):
            self.numbers += 1
            self.unfit += _is_unfit(text)
            return
        for name, looks in _LOOKS.items():
            if looks.match(text) and _is_valid(name, text):
                self.formats[name] += 1

    def merge(self, other: TextShape) -> None:
        self.seen += other.seen
        self.numbers += other.numbers
        self.unfit += other.unfit
        for name, count in other.formats.items():
            self.formats[name] += count

    def common_format(self) -> str | None:
        """The format of every text."""
        return next((name for name in FORMATS if self.seen and self.formats[name] == self.seen), None)

    @property
    def all_numbers(self) -> bool:
        return self.seen > 0 and self.numbers == self.seen

    @property
    def all_unfit(self) -> bool:
        return self.seen > 0 and self.unfit == self.seen

    def nearly(self, share: float) -> tuple[str, int] | None:
        """A format of at least ``share`` of the texts but not of all, and the number of texts with it."""
        for name, count in self.formats.items():
            if count < self.seen and count >= share * self.seen > 0:
                return name, count
        return None


def _is_unfit(text: str) -> bool:
    try:
        return isinstance(number(text), str)
    except MalformedRecord:  # more digits than a DynamoDB number has, so it is text
        return False


def _is_valid(name: str, text: str) -> bool:
    try:
        return _VALIDATORS[name].is_valid(text)
    except ValueError:  # a lone surrogate, which is not a character
        return False
