"""Numbers within bounds that are multiples of some numbers and not of others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any, Final, NamedTuple

from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.solving.expand import Item
from bridge.schemas.compatibility.solving.signed import EMPTY, Found

MAX_TRIED: Final = 4_000
_PARTS: Final = (2, 4, 5, 3, 7, 8, 10, 11, 13, 100)
_PLAIN: Final = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 5), Fraction(1, 10))


class Wanted(NamedTuple):
    """Bounds are the value and whether the value itself is out."""

    low: tuple[Fraction, bool] | None
    high: tuple[Fraction, bool] | None
    multiples: list[Fraction]
    refused: list[Fraction]

    def takes(self, value: Fraction) -> bool:
        if self.low is not None and (value < self.low[0] or (value == self.low[0] and self.low[1])):
            return False
        if self.high is not None and (value > self.high[0] or (value == self.high[0] and self.high[1])):
            return False
        if any((value / each).denominator != 1 for each in self.multiples):
            return False
        return all((value / each).denominator != 1 for each in self.refused)


def exact(value: Any) -> Fraction:
    """The number that is written in the document, not its approximation in binary."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(value)))


def wanted_of(literals: list[Item]) -> Wanted:
    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    multiples: list[Fraction] = []
    refused: list[Fraction] = []
    for item in literals:
        word, value, flag = item[0], exact(item[1]), item[2]
        if word == "above":
            low = (value, flag) if low is None else max(low, (value, flag))
        elif word == "below":
            high = (value, flag) if high is None or (value, not flag) < (high[0], not high[1]) else high
        elif word == "multiple":
            (multiples if flag else refused).append(value)
    return Wanted(low, high, multiples, refused)


def find_numbers(kind: str, literals: list[Item], excluded: set[str], want: int) -> Found:
    """``kind``: ``integer``, ``whole`` (written as ``1.0``) or ``fraction``."""
    wanted = wanted_of(literals)
    if wanted.low is not None and wanted.high is not None and wanted.low[0] > wanted.high[0]:
        return EMPTY
    if kind == "fraction":
        return _fractions(wanted, excluded, want)
    return _integers(wanted, excluded, want, kind)


def _integers(wanted: Wanted, excluded: set[str], want: int, kind: str) -> Found:
    step = lcm(1, *(each.numerator for each in wanted.multiples))
    period = lcm(step, *(each.numerator for each in wanted.refused)) // step
    low, high = _first(wanted), _last(wanted)
    if low is not None:
        begin, direction = ceil(Fraction(low, step)), 1
    elif high is not None:
        begin, direction = floor(Fraction(high, step)), -1
    else:
        begin, direction = 0, 1
    found: list[int] = []
    enough = period * (1 + len(excluded) + want)
    for number in range(min(enough, MAX_TRIED)):
        value = (begin + direction * number) * step
        if (high is not None and value > high) or (low is not None and value < low):
            return _shown(found, kind, complete=True)
        if wanted.takes(Fraction(value)) and key_of(value) not in excluded:
            found.append(value)
            if len(found) >= want:
                return _shown(found, kind, complete=False)
    return _shown(found, kind, complete=not found and enough <= MAX_TRIED)


def _first(wanted: Wanted) -> int | None:
    if wanted.low is None:
        return None
    value, without = wanted.low
    return floor(value) + 1 if without else ceil(value)


def _last(wanted: Wanted) -> int | None:
    if wanted.high is None:
        return None
    value, without = wanted.high
    return ceil(value) - 1 if without else floor(value)


def _shown(values: list[int], kind: str, *, complete: bool) -> Found:
    return Found(tuple(map(float, values) if kind == "whole" else values), complete)


def _fractions(wanted: Wanted, excluded: set[str], want: int) -> Found:
    if wanted.multiples:
        numerator = lcm(*(each.numerator for each in wanted.multiples))
        step = Fraction(numerator, gcd(*(each.denominator for each in wanted.multiples)))
        if step.denominator == 1:
            return EMPTY
        return _multiples(wanted, step, excluded, want)
    low, high = wanted.low, wanted.high
    if low is not None and high is not None and low[0] == high[0]:
        value = low[0]
        good = value.denominator != 1 and wanted.takes(value) and key_of(float(value)) not in excluded
        return Found((float(value),), True) if good else EMPTY
    found = []
    for value in _between(low, high):
        if value.denominator != 1 and wanted.takes(value) and key_of(float(value)) not in excluded:
            found.append(float(value))
            if len(found) >= want:
                break
    return Found(tuple(dict.fromkeys(found)), False)


def _between(low: tuple[Fraction, bool] | None, high: tuple[Fraction, bool] | None) -> Iterator[Fraction]:
    if low is not None and high is not None:
        width = high[0] - low[0]
        yield from (low[0], high[0])
        yield from (low[0] + width / parts for parts in _PARTS)
        yield from (high[0] - width / parts for parts in _PARTS)
        return
    begin, direction = (
        (low[0], 1) if low is not None else (high[0], -1) if high is not None else (Fraction(0), 1)
    )
    yield begin
    for number in range(40):
        yield from (floor(begin) + direction * (number + each) for each in _PLAIN)


def _multiples(wanted: Wanted, step: Fraction, excluded: set[str], want: int) -> Found:
    low, high = wanted.low, wanted.high
    if low is not None:
        begin, direction = ceil(low[0] / step), 1
    elif high is not None:
        begin, direction = floor(high[0] / step), -1
    else:
        begin, direction = 1, 1
    refused = [each / step for each in wanted.refused]
    period = lcm(step.denominator, *(each.numerator for each in refused))
    enough = period * (1 + len(excluded) + want)
    found: list[float] = []
    for number in range(min(enough, MAX_TRIED)):
        value = (begin + direction * number) * step
        if (high is not None and value > high[0]) or (low is not None and value < low[0]):
            return Found(tuple(found), True)
        if value.denominator != 1 and wanted.takes(value) and key_of(float(value)) not in excluded:
            found.append(float(value))
            if len(found) >= want:
                return Found(tuple(found), False)
    return Found((), True) if not found and enough <= MAX_TRIED else Found(tuple(found), False)
