"""How much work a schema may cause, measured before the work is done, and how much is allowed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema, in_place, subschemas
from bridge.schemas.compatibility.reading.references import Unusable

_MANY: Final = 10**9


class TooComplex(Exception):
    """A reading or a proof needs more than may be spent on it."""


class Patience:
    """``limit_s`` of this thread's work from now on, so that a busy machine changes no answer; ``None`` never
    ends."""

    __slots__ = ("_ends_at",)

    def __init__(self, limit_s: float | None) -> None:
        self._ends_at = None if limit_s is None else time.thread_time() + limit_s

    @property
    def endless(self) -> bool:
        return self._ends_at is None

    def check(self) -> None:
        """Raises :class:`TooComplex` when the time is up."""
        if self._ends_at is not None and time.thread_time() > self._ends_at:
            raise TooComplex("it takes too long")


@dataclass(frozen=True, slots=True)
class Complexity:
    """``tree``: the number of schemas when every reference is written out (once, in recursion).

    ``cases``: alternatives that describe one place, multiplied where they combine. ``values``: the longest
    enum.
    """

    tree: int
    cases: int
    values: int

    def within(self, limit: Complexity) -> bool:
        return self.tree <= limit.tree and self.cases <= limit.cases and self.values <= limit.values


_COMBINING: Final = ('"$ref"', 'Of"', '"if"', '"not"', '"dependen', 'Ref"')


def simple_complexity(text: str) -> Complexity | None:
    """An upper bound for a schema (as JSON text) without combining keywords; ``None`` if it has any."""
    if any(each in text for each in _COMBINING):
        return None
    return Complexity(text.count("{"), 1, text.count(",") if '"enum"' in text else 0)


def complexity_of(normal: Normal) -> Complexity:
    """Raises :class:`Unusable` where a reference leads back to itself without a step into the event."""
    _refuse_loops(normal)
    measure = _Measure(normal)
    tree, cases = measure.node(normal.root)
    return Complexity(tree, cases, measure.values)


class _Measure:
    def __init__(self, normal: Normal) -> None:
        self._defs = normal.defs
        self._known: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()
        self.values = 0

    def node(self, node: Schema) -> tuple[int, int]:
        """``tree`` and ``cases`` of one schema."""
        if isinstance(node, bool):
            return 1, 1
        tree, cases, below = 1, 1, 1
        for keyword, value in node.items():
            if keyword == "enum":
                self.values = max(self.values, len(value))
            inner = subschemas(keyword, value)
            results = [self._reference(value)] if keyword == "$ref" else [self.node(each) for each in inner]
            tree = min(tree + sum(size for size, _ in results), _MANY)
            factors = [factor for _, factor in results]
            if keyword in ("anyOf", "oneOf"):
                cases = min(cases * max(1, sum(factors)), _MANY)
            elif keyword in _MULTIPLYING:
                for factor in factors:
                    cases = min(cases * (factor + (keyword in _CONDITIONS)), _MANY)
            else:
                below = max([below, *factors])
        return tree, max(cases, below)

    def _reference(self, reference: str) -> tuple[int, int]:
        name = reference.removeprefix(DEFS)
        if name in self._known:
            return self._known[name]
        if name in self._open:
            return 1, 1
        self._open.add(name)
        result = self.node(self._defs[name])
        self._open.discard(name)
        self._known[name] = result
        return result


_MULTIPLYING: Final = ("$ref", "allOf", "if", "then", "else", "not", "dependentSchemas")
_CONDITIONS: Final = ("if", "dependentSchemas")
"""One more case: the one where the condition does not hold."""


def _refuse_loops(normal: Normal) -> None:
    """A reference that describes its own place through itself means nothing."""
    done: set[str] = set()
    for start in normal.defs:
        path: dict[str, None] = {}
        waiting: list[tuple[str, bool]] = [(start, True)]
        while waiting:
            name, entering = waiting.pop()
            if not entering:
                del path[name]
                done.add(name)
                continue
            if name in path:
                pointer = normal.origin.get(id(normal.defs[name]), "")
                raise Unusable("", pointer, "a reference leads back to itself and describes nothing")
            if name in done:
                continue
            path[name] = None
            waiting.append((name, False))
            waiting += ((each, True) for each in _references_in_place(normal.defs[name]))


def _references_in_place(node: Schema) -> Iterator[str]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "$ref" in each:
                yield each["$ref"].removeprefix(DEFS)
            waiting += in_place(each)
            if "not" in each:
                waiting.append(each["not"])
