"""Texts with patterns, formats, content and lengths that they must have or must not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.proving.generate import FORMATS
from bridge.schemas.compatibility.proving.parts import matches
from bridge.schemas.compatibility.proving.sampling import sample_texts
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.solving.expand import Item
from bridge.schemas.compatibility.solving.formats import (
    CONTENT_INNER,
    CONTENT_OUTER,
    CONTENT_TEXTS,
    IMPLIED,
    INNER,
    LONG_TEXTS,
    LONGEST,
    MEANT,
    OUTER,
    has_content,
    has_format,
)
from bridge.schemas.compatibility.solving.languages import find_texts
from bridge.schemas.compatibility.solving.signed import EMPTY, Found

MORE: Final = 12
"""So many texts are looked at where the validator has to choose among them."""
_LONG: Final = 1_100_000
PADDED: Final = 200
"""From this length on, short texts are made longer."""


def find_strings(literals: list[Item], least: int, most: int | None, excluded: set[str], want: int) -> Found:
    wanted = _Wanted(literals, least, most)
    if wanted.contradicts():
        return EMPTY
    least, most = wanted.least, wanted.most
    if not literals and not excluded:
        return _plain(least, most, want)
    count = want + len(excluded) + (MORE if wanted.judged else 0)
    first = find_texts(wanted.patterns, wanted.refused, least, most, count)
    values = [text for text in first.texts if key_of(text) not in excluded and wanted.takes(text)]
    if first.complete:
        return Found(tuple(values), not any(map(wanted.is_odd, first.texts)))
    if len(values) < want:
        for text in wanted.ideas():
            fits = len(text) >= least and (most is None or len(text) <= most)
            if fits and text not in values and key_of(text) not in excluded and wanted.takes(text):
                values.append(text)
                if len(values) >= want:
                    break
    return Found(tuple(values[:want]), False)


def _plain(least: int, most: int | None, want: int) -> Found:
    if most == 0:
        return Found(("",), True)
    least = min(least, _LONG)
    lengths = range(least, least + want if most is None else min(most, least + want) + 1)
    texts = ["x" * length for length in lengths]
    texts += [letter + text[1:] for letter in "ab0" for text in texts if text]
    return Found(tuple(dict.fromkeys(texts))[:want], False)


class _Wanted:
    """The literals, sorted. ``judged``: whether the patterns alone do not decide."""

    def __init__(self, literals: list[Item], least: int, most: int | None) -> None:
        self._own: dict[tuple[str, bool], list[Any]] = {}
        for word, value, wanted in literals:
            self._own.setdefault((word, wanted), []).append(value)
        self._formats = set(self._of("format", True))
        for name in list(self._formats):
            self._formats.update(IMPLIED.get(name, ()))
        self._contents = [dict(each) for each in self._of("content", True)]
        patterns = {*self._of("pattern", True), *(OUTER[name] for name in self._formats if name in OUTER)}
        for content in self._contents:
            decoded = len(content) > 1  # the media type is of what the encoding holds
            patterns |= {CONTENT_OUTER[key] for key in content if key == "contentEncoding" or not decoded}
        self.patterns = tuple(sorted(patterns))
        inner = {INNER[name] for name in self._of("format", False) if name in INNER}
        for content in map(dict, self._of("content", False)):
            inner |= {CONTENT_INNER[key] for key in content if len(content) == 1}
        self.refused = tuple(sorted({*self._of("pattern", False), *inner}))
        self.least = least
        longest = [LONGEST[name] for name in self._formats if name in LONGEST]
        self.most = min([most, *longest]) if most is not None else min(longest, default=None)
        self.judged = any(word != "pattern" for word, _ in self._own)

    def _of(self, word: str, wanted: bool) -> list[Any]:
        return self._own.get((word, wanted), [])

    def contradicts(self) -> bool:
        patterns = set(self._of("pattern", True))
        if not patterns.isdisjoint(self._of("pattern", False)):
            return True  # also of patterns that cannot be read
        if not self._formats.isdisjoint(self._of("format", False)):
            return True
        refused = map(dict, self._of("content", False))
        return any(each == own or _is_encoding_of(each, own) for each in refused for own in self._contents)

    def is_odd(self, text: str) -> bool:
        """Whether only this validator accepts it."""
        return any(name in MEANT and not matches(MEANT[name], text) for name in self._formats)

    def takes(self, text: str) -> bool:
        if self.is_odd(text):
            return False
        for (word, wanted), values in self._own.items():
            for value in values:
                if _has(word, value, text) != wanted:
                    return False
        return True

    def ideas(self) -> Iterator[str]:
        """Texts of which some may be taken."""
        inner = {INNER[name] for name in self._of("format", True) if name in INNER}
        inner |= {CONTENT_INNER[key] for each in self._contents for key in each if len(each) == 1}
        patterns = tuple(sorted({*self._of("pattern", True), *inner}))
        for count in (2, MORE):
            yield from find_texts(patterns, self.refused, self.least, self.most, count).texts
        yield from find_texts(patterns, tuple(self._of("pattern", False)), self.least, self.most, MORE).texts
        if self.least > PADDED:
            for text in find_texts(patterns, self.refused, 0, self.most, MORE).texts:
                missing = "x" * (min(self.least, _LONG) - len(text))
                yield from (text + missing, missing + text, text * (self.least // max(1, len(text)) + 1))
        for name in sorted(self._formats):
            yield from (*FORMATS.get(name, ()), *LONG_TEXTS.get(name, ()))
        for pattern in sorted(self._of("pattern", True)):
            yield from sample_texts(pattern)
        yield from CONTENT_TEXTS
        for texts in FORMATS.values():
            yield from texts
        yield from ("a", "A", "-", "x" * min(self.least, _LONG), "x" * min(self.most or 0, _LONG))


def _is_encoding_of(content: dict[str, str], whole: dict[str, str]) -> bool:
    """Whether it is the encoding of the other alone: what is decoded first has it."""
    return content == {"contentEncoding": whole.get("contentEncoding")}


def _has(word: str, value: Any, text: str) -> bool:
    if word == "pattern":
        return matches(value, text)
    return has_format(value, text) if word == "format" else has_content(dict(value), text)
