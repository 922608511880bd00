"""How complex the wildcards of a field are, by the measure with which EventBridge refuses rules.

The measure is event-ruler's (MachineComplexityEvaluator): the most wildcard prefixes that one text can match
at once. EventBridge does not document its limit. It refuses a rule above 10, in agreement with every verdict
of AWS that is on record: ``*:*:*:*:*:event-bus/*`` and four alternatives ``*/datasync/*.bif`` are refused,
two of these, or four like ``*.bif``, are accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bridge.limits import EVENTBRIDGE_WILDCARD_PREFIXES

_STAR: Final = -1
_OTHER: Final = -2
"""Any byte that no pattern names."""
_SETS_MAX: Final = 5_000
"""Above so many sets of prefixes a pattern counts as too complex, to bound the work."""

_State = tuple[int, int]
"""A wildcard of the field, and how many of its tokens are matched."""


def wildcards_of(matchers: Sequence[Any]) -> list[str]:
    """The wildcards in the matchers of one field."""
    found: list[str] = []
    for matcher in matchers:
        if not isinstance(matcher, Mapping):
            continue
        argument = matcher.get("wildcard")
        but = matcher.get("anything-but")
        if isinstance(but, Mapping):
            argument = but.get("wildcard")
        each = argument if isinstance(argument, list | tuple) else [argument]
        found += [text for text in each if isinstance(text, str)]
    return list(dict.fromkeys(found))


def is_too_complex(matchers: Sequence[Any]) -> bool:
    """Whether EventBridge refuses a field with these matchers for its wildcards."""
    patterns = [_tokens(text) for text in wildcards_of(matchers)]
    if sum(map(len, patterns)) <= EVENTBRIDGE_WILDCARD_PREFIXES:
        return False
    alphabet = {token for tokens in patterns for token in tokens if token != _STAR} | {_OTHER}
    start: frozenset[_State] = frozenset((index, 0) for index in range(len(patterns)))
    seen, waiting = {start}, [start]
    while waiting:
        states = waiting.pop()
        for byte in alphabet:
            after = frozenset(_step(patterns, states, byte))
            if _prefixes(patterns, after) > EVENTBRIDGE_WILDCARD_PREFIXES:
                return True
            if after and after not in seen:
                seen.add(after)
                waiting.append(after)
                if len(seen) > _SETS_MAX:
                    return True
    return False


def _tokens(text: str) -> list[int]:
    """The bytes of a wildcard, between the quotes that every text has in JSON."""
    tokens, escaped = [ord('"')], False
    for byte in text.encode("utf-8", "surrogatepass"):
        if byte == ord("\\") and not escaped:
            escaped = True
            continue
        tokens.append(_STAR if byte == ord("*") and not escaped else byte)
        escaped = False
    return [*tokens, ord('"')]


def _step(patterns: Sequence[Sequence[int]], states: Iterable[_State], byte: int) -> Iterable[_State]:
    for index, at in states:
        tokens = patterns[index]
        if at and tokens[at - 1] == _STAR:
            yield index, at  # a star takes any byte and stays
        if at == len(tokens):
            continue
        if tokens[at] == _STAR:
            yield index, at + 1
            if tokens[at + 1] == byte:
                yield index, at + 2  # a star also takes nothing
        elif tokens[at] == byte:
            yield index, at + 1


def _prefixes(patterns: Sequence[Sequence[int]], states: frozenset[_State]) -> int:
    """A text that matches ``foo`` also matches ``foo*``, so a star that comes next counts too."""
    count = len(states)
    for index, at in states:
        tokens = patterns[index]
        if at < len(tokens) and tokens[at] == _STAR and (index, at + 1) not in states:
            count += 1
    return count
