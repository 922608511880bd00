"""The words of a name, and their singular."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words(name: str) -> list[str]:
    """``userProfiles`` and ``user-profiles`` to ``["user", "profiles"]``."""
    return [word.lower() for word in _WORD.findall(name)]


def singular(word: str) -> str:
    """The singular of an English word, by rule. Rename a wrong guess in the files before you publish."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ss|x|ch|sh|z)es$", word):
        return word[:-2]
    if word.endswith("s") and not re.search(r"(ss|us|is)$", word) and len(word) > 2:
        return word[:-1]
    return word
