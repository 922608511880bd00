"""Parsing a pattern: from the object that a person wrote to alternatives, each a flat set of fields.

As in AWS, ``$or`` is expanded into alternatives: a field that is both inside and beside a ``$or`` keeps the
value that is written last. Source: aws/event-ruler, JsonRuleCompiler and Constants; EventBridge user guide,
"Or matching".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bridge.core.pattern.complexity import is_too_complex
from bridge.core.pattern.fields import Field, Leaf
from bridge.core.pattern.matchers import OPERATORS, compile_matchers
from bridge.core.pattern.text import Refused

Place = tuple[str | int, ...]
Fields = dict[str, Field]
"""The fields of one alternative by their dotted names, in the order they were written."""

COMBINATIONS_MAX: Final = 1000
"""User guide, "Or matching": the lengths of all ``$or`` lists of a pattern, multiplied."""

_DEPTH_MAX: Final = 100
"""Not a rule of AWS: deeper than any item can be, and shallow enough for recursion."""

_TOO_COMPLEX: Final = (
    "EventBridge refuses these wildcards as too complex: use fewer *, or prefix and suffix in their place"
)

_RESERVED: Final = frozenset(OPERATORS) | {
    "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after",
    "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range",
    "ip-address-not-in-range",
}  # fmt: skip
"""Field names that turn a ``$or`` into something else (event-ruler, Constants)."""


class PatternError(ValueError):
    """A pattern that is not valid. ``path`` is the place inside the pattern."""

    def __init__(self, path: Place, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def parse_pattern(pattern: Any) -> tuple[list[Fields], list[PatternError]]:
    """The alternatives of a pattern, and all its problems."""
    problems: list[PatternError] = []
    if _combinations(pattern, 0) > COMBINATIONS_MAX:
        message = (
            f"the $or lists of a pattern make at most {COMBINATIONS_MAX} combinations: split the pattern"
        )
        return [], [PatternError((), message)]
    alternatives = _Reader(problems).read_object(pattern, (), (), [{}], inside_or=False)
    return alternatives, problems


def _combinations(pattern: Any, depth: int) -> int:
    """AWS multiplies the lengths of all ``$or`` lists, nested ones too."""
    if not isinstance(pattern, Mapping) or depth > _DEPTH_MAX:
        return 1
    product = 1
    for name, below in pattern.items():
        if name == "$or" and isinstance(below, list | tuple):
            product *= max(len(below), 1)
            inner: Sequence[Any] = below
        else:
            inner = (below,)
        for each in inner:
            product *= _combinations(each, depth + 1)
            if product > COMBINATIONS_MAX:
                return product
    return product


class _Reader:
    def __init__(self, problems: list[PatternError]) -> None:
        self._problems = problems

    def _wrong(self, place: Place, message: str) -> None:
        self._problems.append(PatternError(place, message))

    def read_object(
        self,
        pattern: Any,
        place: Place,
        steps: tuple[str, ...],
        alternatives: list[Fields],
        *,
        inside_or: bool,
    ) -> list[Fields]:
        """``alternatives`` with the fields of ``pattern`` in each. ``steps`` is the name of ``pattern``."""
        if not isinstance(pattern, Mapping):
            self._wrong(place, "a pattern is an object of fields")
        elif not pattern:
            self._wrong(place, "an empty object matches nothing: name a field or leave it out")
        elif len(steps) > _DEPTH_MAX:
            self._wrong(place, f"a pattern is at most {_DEPTH_MAX} levels deep")
        else:
            for name, below in pattern.items():
                here = (*place, name)
                if not isinstance(name, str):
                    self._wrong(
                        here, f"a field's name is a string: write it in quotes, {json.dumps(str(name))}"
                    )
                elif name == "$or":
                    alternatives = self._read_or(below, here, steps, alternatives)
                elif inside_or and name in _RESERVED:
                    self._wrong(here, f"inside $or no field can be called {name!r}, which is an operator")
                else:
                    inner = (*steps, *name.split("."))
                    alternatives = self._read_field(below, here, inner, alternatives, inside_or=inside_or)
        return alternatives

    def _read_field(
        self, below: Any, place: Place, steps: tuple[str, ...], alternatives: list[Fields], *, inside_or: bool
    ) -> list[Fields]:
        if isinstance(below, Mapping):
            return self.read_object(below, place, steps, alternatives, inside_or=inside_or)
        if not isinstance(below, list | tuple):
            self._wrong(place, _not_a_list(place, below))
            return alternatives
        field = Field(steps, self._read_leaf(below, place))
        return [alternative | {field.name: field} for alternative in alternatives]

    def _read_or(
        self, choices: Any, place: Place, steps: tuple[str, ...], alternatives: list[Fields]
    ) -> list[Fields]:
        if not isinstance(choices, list | tuple) or len(choices) < 2:
            self._wrong(place, "$or takes a list of at least two objects")
            return alternatives
        return [
            fields
            for index, choice in enumerate(choices)
            for fields in self.read_object(choice, (*place, index), steps, alternatives, inside_or=True)
        ]

    def _read_leaf(self, matchers: Sequence[Any], place: Place) -> Leaf:
        if not matchers:
            self._wrong(place, "an empty list matches nothing: name a value or leave it out")
        wrong: list[tuple[int, Refused]] = []
        accepts, absent = compile_matchers(matchers, wrong)
        for index, refused in wrong:
            self._wrong((*place, index), str(refused))
        if not wrong and is_too_complex(matchers):
            self._wrong(place, _TOO_COMPLEX)
        return Leaf(accepts, absent, _text(list(matchers)), tuple(matchers))


def _text(value: Any) -> str:
    """A piece of a pattern, for messages."""
    return json.dumps(value, default=str, ensure_ascii=False)[:200]


def _not_a_list(place: Place, below: Any) -> str:
    if place[-1] in OPERATORS and len(place) > 1:
        return (
            f"a field is matched by a list of values: put brackets around it, [{_text({place[-1]: below})}]"
        )
    return f"a field is matched by a list of values: put brackets around it, [{_text(below)}]"
