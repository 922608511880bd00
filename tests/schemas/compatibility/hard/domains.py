"""Small domains of values: a schema that keeps to one is compared by trying every value of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final

LETTERS: Final = "ab"
LONGEST: Final = 4
NAMES: Final = ("a", "b", "ab")
SMALL: Final[tuple[Any, ...]] = ("", "a", "ab", 0, 1, None)
"""The values in arrays and objects."""
NUMBERS: Final[tuple[Any, ...]] = tuple(n // 4 if n % 4 == 0 else n / 4 for n in range(-12, 33))


@dataclass(frozen=True, slots=True)
class Domain:
    """``limits``: a schema that is satisfied by exactly these ``values``."""

    kind: str
    limits: dict[str, Any]
    values: tuple[Any, ...]


@cache
def domain(kind: str) -> Domain:
    if kind == "text":
        texts = ("".join(letters) for n in range(LONGEST + 1) for letters in product(LETTERS, repeat=n))
        return Domain(kind, {"type": "string", "pattern": "^[ab]*$", "maxLength": LONGEST}, tuple(texts))
    if kind == "number":
        return Domain(kind, {"type": "number", "minimum": -3, "maximum": 8, "multipleOf": 0.25}, NUMBERS)
    if kind == "array":
        arrays = (list(each) for n in range(3) for each in product(SMALL, repeat=n))
        return Domain(kind, {"type": "array", "items": {"enum": list(SMALL)}, "maxItems": 2}, tuple(arrays))
    objects = (
        {name: value for name, value in zip(NAMES, values, strict=True) if value is not ...}
        for values in product((..., *SMALL), repeat=len(NAMES))
    )
    names = {"propertyNames": {"enum": list(NAMES)}, "additionalProperties": {"enum": list(SMALL)}}
    return Domain("object", {"type": "object", **names}, tuple(objects))
