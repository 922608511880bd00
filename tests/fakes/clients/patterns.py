"""The patterns of botocore's models as Python's. They are written for Java."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

_PLANES = r"\uD800\uDC00-\uDBFF\uDFFF"  # everything beyond U+FFFF, as Java's pairs of surrogates
_CATEGORY = re.compile(r"\\p\{(\w+)\}")
_POSIX = {"Print": r"\x20-\x7e", "ASCII": r"\x00-\x7f"}


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Raises ``re.error`` for a pattern that has no meaning here; a test holds that there is none."""
    text = pattern.replace(_PLANES, r"\U00010000-\U0010ffff")
    text = text.replace(r"[\w-_]", r"[\w\-_]")  # Java takes the hyphen after a class as itself
    text = _with_categories(text)
    return re.compile(text, re.ASCII)  # Java's \w, \d and \s are ASCII


def _with_categories(text: str) -> str:
    parts, at, inside = [], 0, False
    while at < len(text):
        if (found := _CATEGORY.match(text, at)) is not None:
            ranges = _ranges(found[1])
            parts.append(ranges if inside else f"[{ranges}]")
            at = found.end()
            continue
        width = 2 if text[at] == "\\" else 1
        inside = {"[": True, "]": False}.get(text[at], inside)
        parts.append(text[at : at + width])
        at += width
    return "".join(parts)


@cache
def _ranges(name: str) -> str:
    return _POSIX.get(name) or "".join(_of_category(name))


def _of_category(name: str) -> Iterator[str]:
    members = (n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)).startswith(name))
    for _, run in groupby(enumerate(members), lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield f"\\U{numbers[0]:08x}-\\U{numbers[-1]:08x}"
