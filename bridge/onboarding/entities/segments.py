"""The segments of a key's text: where it is divided, and which segments are surely data."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

DELIMITERS: Final = "#|/:"

_CLOCK: Final = r"\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_DAY: Final = r"\d{4}-\d\d-\d\d"
_WHOLE: Final = rf"{_DAY}[Tt ]{_CLOCK}|\d{{4}}/\d\d/\d\d|{_CLOCK}"
"""Times and dates: a delimiter inside them divides nothing."""

_TOKEN: Final = re.compile(rf"({_WHOLE})|([{DELIMITERS}])|.", re.DOTALL)
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]{1,15}://")
_LABEL: Final = re.compile(r"[^\w\s]*[A-Za-z](?:[A-Za-z _.@$-]*[A-Za-z])?_?[0-9]?[^\w\s]*")
_LABEL_CHARS: Final = 40

FORMS: Final = {
    "time": re.compile(rf"{_DAY}[Tt ]{_CLOCK}"),
    "date": re.compile(rf"{_DAY}|\d{{4}}/\d\d/\d\d|\d{{4}}-\d\d|20\d\d[01]\d[0-3]\d"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    "ulid": re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "epoch": re.compile(r"1[0-9]{9}|1[0-9]{12}"),
    "number": re.compile(r"[+-]?[0-9]+(\.[0-9]+)?"),
    "hex": re.compile(r"(?=.*[0-9])[0-9A-Fa-f]{8,}"),
}
"""The forms of data, in order of preference."""


class Segment(NamedTuple):
    """Text, and the delimiter after it: empty at the end of the value. Delimiters before the first segment
    belong to it."""

    text: str
    delimiter: str


@lru_cache(maxsize=65_536)
def split(value: str) -> tuple[Segment, ...]:
    """A value at its first delimiter, and at every later one that is the same. Times and addresses stay
    whole."""
    lead = len(value) - len(value.lstrip(DELIMITERS))
    if _ADDRESS.match(value) or lead == len(value):
        return (Segment(value, ""),)
    first = ""
    begin, found = 0, []
    for match in _TOKEN.finditer(value, lead):
        delimiter = match.group(2)
        if delimiter and (not first or delimiter == first):
            first = delimiter
            found.append(Segment(value[begin : match.start()], delimiter))
            begin = match.end()
    return (*found, Segment(value[begin:], ""))


def form_of(text: str) -> str:
    """The form of a text that is surely data; empty for any other text."""
    return next((name for name, form in FORMS.items() if form.fullmatch(text)), "")


def common_form(texts: list[str]) -> str:
    """The form of every text."""
    return next(
        (name for name, form in FORMS.items() if texts and all(form.fullmatch(text) for text in texts)), ""
    )


def is_word(text: str) -> bool:
    """Whether a segment may be a label: a word or a few, with at most one digit, at the end."""
    return len(text) <= _LABEL_CHARS and _LABEL.fullmatch(text) is not None and not form_of(text)
