"""Which names of an object are data: the keys of a map that an object is used as.

A name is data if it looks like an id, a date or an address; or if several names differ only by their numbers
(``u1``, ``order-17``, ``usr_4f3a``) and come and go from object to object, or are very many. Numbered members
that most objects have (``line1`` to ``line3``) are members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

ALONE_MIN: Final = 3  # of names that look like data themselves
NUMBERED_MIN: Final = 5  # of names that differ by their numbers, none in more than half of the objects
MANY_MIN: Final = 20  # of names that differ by their numbers, however often they occur

_DATA_NAME: Final = re.compile(
    r"[0-9]+|[0-9A-Fa-f]{16,}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|\d{4}-\d\d(-\d\d.*)?|[^@\s]+@[^@\s]+\.[^@\s]+"
)
_SEPARATOR: Final = re.compile(r"([-_.:#/ ])")
_ID: Final = re.compile(
    r"(?=.*\d)([0-9a-f]{3,}|[0-9A-F]{3,}|[0-9A-Za-z]{8,}|\d+[A-Za-z][0-9A-Za-z]*|[A-Za-z]+\d+[A-Za-z]\w*)"
)
"""A part behind a separator that is an id such as ``4f3a``, not a word with a number."""
_NUMBER: Final = "\0"


class Named(NamedTuple):
    """In how many objects a name was, and the kinds of its values."""

    seen: int
    kinds: frozenset[str]


def data_names(names: Mapping[str, Named], objects: int) -> set[str]:
    """The names that are data, of those that ``objects`` had."""
    if len(names) >= ALONE_MIN and all(map(_DATA_NAME.fullmatch, names)):
        return set(names)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_form(name), []).append(name)
    found: set[str] = set()
    for form, group in groups.items():
        if _NUMBER in form and _is_map([names[name] for name in group], objects):
            found |= set(group)
    begins = {_beginning(name) for name in found} - {""}
    # An id of letters only has no number, but the beginning of the others, and it is as rare.
    found |= {name for name in names if _beginning(name) in begins and 2 * names[name].seen <= objects}
    return found


def _is_map(group: Sequence[Named], objects: int) -> bool:
    kinds = [each.kinds - {"null"} for each in group if each.kinds - {"null"}]
    alike = not kinds or bool(frozenset.intersection(*kinds))
    rare = all(2 * each.seen <= objects for each in group)
    return alike and len(group) >= (NUMBERED_MIN if rare else MANY_MIN)


def _beginning(name: str) -> str:
    """The part before the first separator, with it, if only one part follows."""
    first, *rest = _SEPARATOR.split(name)
    return first + rest[0] if len(rest) == 2 else ""


def _form(name: str) -> str:
    """A name with a sign for each number, and for each id behind a separator."""
    first, *rest = _SEPARATOR.split(name)
    return _numberless(first) + "".join(
        _NUMBER if _ID.fullmatch(part) else _numberless(part) for part in rest
    )


def _numberless(text: str) -> str:
    return re.sub(r"\d+", _NUMBER, text)
