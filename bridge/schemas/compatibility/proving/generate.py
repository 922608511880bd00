"""Values that satisfy a conjunction of schemas: a few different ones, the smallest first, most of them valid.

The values are guesses that must be validated. Nothing is random: one question has one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from math import ceil, floor
from typing import Any, Final

from bridge.schemas.compatibility.proving.gaps import Nodes
from bridge.schemas.compatibility.proving.parts import (
    Parts,
    member_schemas,
    options_of,
    take_apart,
    values_of,
)
from bridge.schemas.compatibility.proving.regions import element_schemas, impossible
from bridge.schemas.compatibility.proving.sampling import sample_texts
from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import Schema

MAX_DEPTH: Final = 40
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("2030-01-31",),
    "date-time": ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00.5+01:00"),
    "time": ("12:00:00Z",),
    "duration": ("P1D", "PT1H"),
    "email": ("a@example.com",),
    "idn-email": ("a@example.com", "é@example.com"),
    "hostname": ("example.com", "a"),
    "idn-hostname": ("example.com", "é.example"),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1", "::"),
    "uri": ("https://example.com/a", "a:b"),
    "uri-reference": ("/a", "https://example.com/a", ""),
    "iri": ("https://example.com/é", "a:b"),
    "iri-reference": ("/é", ""),
    "uuid": ("3f0e1b2a-5c4d-4e6f-8a9b-0c1d2e3f4a5b",),
    "uri-template": ("/a/{b}", ""),
    "json-pointer": ("/a", ""),
    "relative-json-pointer": ("0", "1/a"),
    "regex": ("a", ""),
}
_TEXTS: Final = ("", "a", "0", "A b", "-", "é", "a@example.com", "2030-01-31", "2030-01-31T12:00:00Z", "true")
_NUMBERS: Final = (0, 1, -1, 2, 3, 5, 7, 10, 1000, -1000)


class Generator:
    """``defs``: the definitions that the schemas refer to. ``budget``: how many conjunctions may be tried."""

    def __init__(
        self, defs: Mapping[str, Schema], budget: int = 4_000, patience: Patience | None = None
    ) -> None:
        self._defs = defs
        self._patience = patience or Patience(None)
        self._budget = budget

    def values(self, nodes: Nodes, depth: int = 0, split: frozenset[int] = frozenset()) -> Iterator[Any]:
        """Ends when there are no more ideas or the budget is spent. Raises :class:`TooComplex`."""
        self._patience.check()
        self._budget -= 1
        if self._budget < 0 or depth > MAX_DEPTH:
            return
        try:
            parts = take_apart(self._defs, nodes)
        except TooComplex:
            return
        if impossible(parts, 1):
            return
        for node, keyword in parts.choices:
            mark = id(node) ^ hash(keyword)
            if mark not in split:
                for option in options_of(node, keyword):
                    yield from islice(self.values((*nodes, *option), depth, split | {mark}), 12)
                return
        enumerated = values_of(parts)
        if enumerated is not None:
            yield from _in_all(parts, enumerated)
            return
        for name in _ORDER:
            if name in parts.types:
                yield from self._of_type(name, parts, depth)

    def _of_type(self, name: str, parts: Parts, depth: int) -> Iterator[Any]:
        if name == "object":
            return self._objects(parts, depth)
        if name == "array":
            return self._arrays(parts, depth)
        if name == "string":
            return islice(_strings(parts), 24)
        if name == "integer":
            return islice(_integers(parts), 24)
        if name == "number":
            return islice(_floats(parts), 12)
        return iter((True, False) if name == "boolean" else (None,))

    def first(self, nodes: Nodes, depth: int) -> tuple[Any, ...]:
        """One value, or nothing."""
        return tuple(islice(self.values(nodes, depth), 1))

    def _objects(self, parts: Parts, depth: int) -> Iterator[dict[str, Any]]:
        needed = self._needed(parts, set(parts.required))
        smallest: dict[str, Any] = {}
        for name in sorted(needed):
            value = self.first(member_schemas(parts, name), depth + 1)
            if not value:
                return
            smallest[name] = value[0]
        names = sorted({name for node in parts.objects for name in node.get("properties", ())} - needed)
        patterns = [pattern for node in parts.objects for pattern in node.get("patternProperties", ())]
        extra = [name for pattern in patterns for name in sample_texts(pattern)[:2]]
        extra += ["undeclared", *(f"undeclared{number}" for number in range(2, 12))]
        least = parts.smallest.get("Properties", 0)
        for name in (*names, *extra):
            if len(smallest) >= least:
                break
            self._put(parts, smallest, name, depth)
        yield smallest
        if depth > 6:
            return
        everything = dict(smallest)
        for name in (*names, *extra[:1]):
            if name in smallest:
                continue
            one = dict(smallest)
            if self._put(parts, one, name, depth):
                for also in self._needed(parts, set(one)) - one.keys():
                    self._put(parts, one, also, depth)
                yield one
                everything |= one
        for name in sorted(smallest):
            for value in islice(self.values(member_schemas(parts, name), depth + 1), 1, 6):
                yield {**smallest, name: value}
        for name in names:
            for value in islice(self.values(member_schemas(parts, name), depth + 1), 1, 4):
                yield {**smallest, name: value}
        yield everything

    def _needed(self, parts: Parts, names: set[str]) -> set[str]:
        waiting = list(names)
        while waiting:
            for name in parts.needs.get(waiting.pop(), ()):
                if name not in names:
                    names.add(name)
                    waiting.append(name)
        return names

    def _put(self, parts: Parts, value: dict[str, Any], name: str, depth: int) -> bool:
        schemas = member_schemas(parts, name)
        if any(each is False for each in schemas):
            return False
        found = self.first(schemas, depth + 1)
        if found:
            value[name] = found[0]
        return bool(found)

    def _arrays(self, parts: Parts, depth: int) -> Iterator[list[Any]]:
        least = min(parts.smallest.get("Items", 0), 300)
        most = parts.largest.get("Items", least + 2)
        contained = [node["contains"] for node in parts.arrays if "contains" in node]
        for length in sorted({least, *range(min(1, most), min(most, least + 2) + 1)}):
            if length < least:
                continue
            value: list[Any] = []
            for index in range(length):
                schemas = element_schemas(parts, index)
                if index < len(contained):
                    schemas = (*schemas, contained[index])
                if parts.unique:
                    keys = set(map(key_of, value))
                    options = islice(self.values(schemas, depth + 1), 40)
                    found = tuple(islice((each for each in options if key_of(each) not in keys), 1))
                else:
                    found = self.first(schemas, depth + 1)
                if not found:
                    break
                value.append(found[0])
            if len(value) == length:
                yield value
        if most > 0 and depth <= 6:
            for other in islice(self.values(element_schemas(parts, 0), depth + 1), 1, 8):
                yield [other] * max(1, least) if not parts.unique else [other]


_ORDER: Final = ("object", "array", "string", "integer", "number", "boolean", "null")


def _in_all(parts: Parts, values: list[Any]) -> Iterator[Any]:
    others = [set(map(key_of, each)) for each in parts.enums]
    for value in values:
        key = key_of(value)
        if all(key in each for each in others):
            yield value


def _strings(parts: Parts) -> Iterator[str]:
    least = parts.smallest.get("Length", 0)
    most = parts.largest.get("Length")
    if most is not None and least > most:
        return
    ideas: list[str] = []
    for pattern in sorted(parts.patterns):
        ideas += sample_texts(pattern)
    for name in sorted(parts.formats):
        ideas += FORMATS.get(name, ())
    if not ideas:
        ideas = ["x" * least, *_TEXTS] if not least else ["x" * min(least, 100_000)]
        ideas += [each for each in _TEXTS if len(each) >= least]
        if most is not None and most <= 100_000:
            ideas.append("x" * most)
        ideas.append("x" * (min(least, 100_000) + 1))
    else:
        ideas += [
            (each * (least // max(1, len(each)) + 1))[: max(least, 1)] for each in ideas if len(each) < least
        ]
    for idea in dict.fromkeys(ideas):
        if len(idea) >= least and (most is None or len(idea) <= most):
            yield idea


def _bounds(parts: Parts) -> tuple[float | None, bool, float | None, bool]:
    low = max(parts.lower, key=lambda each: (each[0], each[1]), default=(None, False))
    high = min(parts.upper, key=lambda each: (each[0], not each[1]), default=(None, False))
    return low[0], low[1], high[0], high[1]


def _integers(parts: Parts) -> Iterator[int]:
    low, above, high, below = _bounds(parts)
    first = None if low is None else floor(low) + 1 if above else ceil(low)
    last = None if high is None else ceil(high) - 1 if below else floor(high)
    step = 1
    for each in parts.multiples:
        if float(each).is_integer() and step % int(each):
            step *= int(each)
    ideas = list(_NUMBERS)
    if first is not None:
        ideas = [first, first + 1, first + 2, *ideas]
    if last is not None:
        ideas += [last, last - 1]
    ideas += [(each // step + 1) * step for each in ideas] if step > 1 else []
    for idea in dict.fromkeys(ideas):
        if (first is None or idea >= first) and (last is None or idea <= last) and idea % step == 0:
            yield idea


def _floats(parts: Parts) -> Iterator[float]:
    low, above, high, below = _bounds(parts)
    ideas: list[float] = [0.5, 1.5, -0.5, 1.0, 0.25, 1000.5]
    if low is not None:
        ideas = [low + 0.5, low + 0.25, *ideas] + ([] if above else [low])
    if high is not None:
        ideas += [high - 0.5, high - 0.25] + ([] if below else [high])
    if low is not None and high is not None:
        ideas.append((low + high) / 2)
    ideas += [each * count for each in parts.multiples for count in (1, 3)]
    for idea in dict.fromkeys(map(float, ideas)):
        over = low is None or idea > low or (idea == low and not above)
        under = high is None or idea < high or (idea == high and not below)
        if over and under:
            yield idea
