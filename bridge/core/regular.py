"""Regular expressions whose time is bounded: what Python's engine could search for without end is refused.

Python's ``re`` backtracks: ``(a+)+$`` takes twice as long for each further letter. An item's text has up to
400 KB, so only expressions are accepted whose work for each character of the text is bounded, judged from the
expression alone. That is stricter than necessary, and it never depends on the text.
"""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator, Sequence
from typing import Any, Final

WAYS_MAX: Final = 100
"""How many ways the bounded parts of an expression may match the same text: the work for each character."""

_ADVICE: Final = "begin it with ^, and use at most one *, + or {n,}, directly after one character or [set]"


class Unbounded(ValueError):
    """The expression is refused; says why. ``advice`` is what to write instead."""

    advice = _ADVICE


def check_bounded(expression: str) -> None:
    """Raises :class:`Unbounded` unless ``re.search`` with ``expression`` takes time in proportion to the
    text."""
    try:
        parsed = parser.parse(expression)
        parts = list(parsed)
    except (re.error, RecursionError, OverflowError) as error:
        raise Unbounded(f"not a regular expression: {str(error)[:100]}") from error
    if parsed.state.flags & re.MULTILINE:
        raise Unbounded("(?m) tries the expression again on every line")
    _refuse_unknown(parts)
    endless = list(_endless(parts, inside=False))
    if any(nested for _, nested in endless):
        raise Unbounded("a repeat without limit inside another part can be searched without end")
    if len(endless) > 1:
        raise Unbounded("several repeats without limit can be searched without end")
    if endless and not _anchored(parts) and parts[-1] is not endless[0][0]:
        raise Unbounded("a repeat without limit is tried again from every character of the text")
    if _ways(parts) > WAYS_MAX:
        raise Unbounded(f"it can match the same text in more than {WAYS_MAX} ways")


def _anchored(parts: Sequence[Any]) -> bool:
    operator, argument = parts[0]
    return operator is sre.AT and argument in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING)


_ONE_CHARACTER: Final = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
_REPEATS: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT)


def _inner(part: Any) -> Iterator[list[Any]]:
    operator, argument = part
    if operator in _REPEATS:
        yield list(argument[2])
    elif operator is sre.SUBPATTERN:
        yield list(argument[-1])
    elif operator is sre.BRANCH:
        yield from map(list, argument[1])


def _refuse_unknown(parts: Sequence[Any]) -> None:
    for part in parts:
        if part[0] not in (*_ONE_CHARACTER, *_REPEATS, sre.AT, sre.SUBPATTERN, sre.BRANCH):
            name = str(part[0]).lower().replace("_", " ")
            raise Unbounded(f"{name} is not supported: it can be searched without end")
        for inner in _inner(part):
            _refuse_unknown(inner)


def _endless(parts: Sequence[Any], *, inside: bool) -> Iterator[tuple[Any, bool]]:
    """Each repeat without limit, and whether it is more than one character, or inside another part."""
    for part in parts:
        endless = part[0] in _REPEATS and part[1][1] == sre.MAXREPEAT
        bodies = list(_inner(part))
        if endless:
            simple = len(bodies[0]) == 1 and bodies[0][0][0] in _ONE_CHARACTER
            yield part, inside or not simple
        for body in bodies:
            yield from _endless(body, inside=True)


def _ways(parts: Sequence[Any]) -> int:
    """In how many ways the parts can match, where a repeat without limit counts as one way. Stops counting
    above the limit."""
    product = 1
    for part in parts:
        operator, argument = part
        bodies = [_ways(inner) for inner in _inner(part)]
        if operator is sre.BRANCH:
            product *= sum(bodies)
        elif operator in _REPEATS and argument[1] != sre.MAXREPEAT:
            product *= _repeated(bodies[0], argument[0], argument[1])
        elif bodies:
            product *= bodies[0]
        if product > WAYS_MAX:
            return WAYS_MAX + 1
    return product


def _repeated(ways: int, least: int, most: int) -> int:
    total = 0
    for times in range(least, most + 1):
        total += int(ways ** min(times, 64))
        if total > WAYS_MAX:
            return WAYS_MAX + 1
    return total
