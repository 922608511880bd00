"""Full schema versions, ``MAJOR.MINOR.PATCH`` (semver.org 2.0.0 without pre-release and build parts)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_LENIENT = re.compile(r"[vV=]?0*([0-9]{1,6})\.0*([0-9]{1,6})\.0*([0-9]{1,6})(?:[-+].*)?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Sorts by its numbers. ``str`` gives its only valid spelling."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Raises ``ValueError`` for anything but three plain numbers of at most six digits."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError("not a version such as 1.0.0")
        return cls(int(match[1]), int(match[2]), int(match[3]))

    @classmethod
    def read(cls, text: str) -> Version | None:
        """The version that ``text`` spells exactly; None for any other text."""
        try:
            return cls.parse(text)
        except ValueError:
            return None

    @classmethod
    def guess(cls, text: str) -> Version | None:
        """The version that a misspelt text such as ``v1.0.0`` or ``01.0.0`` means, as a suggestion."""
        match = _LENIENT.fullmatch(text)
        return None if match is None else cls(int(match[1]), int(match[2]), int(match[3]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
