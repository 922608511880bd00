"""JSONPath, parsed by jsonpath-ng; simple paths are followed without the library.

A *simple* path has only members, indexes and wildcards (``$.after.items[*].sku``). It becomes a tuple of
steps, which costs a fraction of the library's search. Filters, slices and ``..`` are left to the library. Its
functions, sorting and arithmetic are refused: what they give is no value of the document. Regular expressions
in filters must be bounded (:mod:`bridge.core.regular`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bridge.core.regular import Unbounded, check_bounded


class JsonPathError(ValueError):
    """The text is not a JSONPath that can be used; the message says why, ``suggestion`` what to write."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


ANY = object()
"""The step ``*``: all members or elements."""

Step = Any  # str: a member, int: an index, ANY


@dataclass(frozen=True, slots=True)
class JsonPath:
    """``root`` is the first member after ``$``; ``steps`` are the following ones, None where the path is not
    simple."""

    text: str
    root: str
    steps: tuple[Step, ...] | None
    find: Callable[[Any], list[Any]]  # over plain JSON, by jsonpath-ng; from ``$``
    many: bool  # may match more than one value: the result is a list


@lru_cache(maxsize=4096)
def parse_path(text: str) -> JsonPath:
    """Parse ``$.root.…``. Raises :class:`JsonPathError`, which says what is wrong and where."""
    # Imported here: the grammar tables are only needed while a configuration is read.
    from jsonpath_ng.exceptions import JSONPathError as LibraryError
    from jsonpath_ng.ext.parser import parse

    if not text.startswith(("$.", "$[")):
        raise JsonPathError("a JSONPath begins with '$.'")
    try:
        tree = parse(text)
    except (LibraryError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        # The library's own errors, and those that its grammar raises for some malformed texts.
        raise JsonPathError(f"not a JSONPath: {str(error)[:120]}") from error
    steps = _steps(tree)
    if steps is None:
        _refuse_unusable(text, tree)
        return JsonPath(text, _first_name(text), None, _finder(tree), many=True)
    if not steps or not isinstance(steps[0], str):
        raise JsonPathError("a JSONPath names a member after '$.'")
    return JsonPath(text, steps[0], steps[1:], _finder(tree), many=ANY in steps)


_ALLOWED: Final = frozenset(
    {"Root", "This", "Child", "Descendants", "Fields", "Wildcard", "Index", "Slice", "Filter"}
    | {"Expression", "And", "Or"}
)


def _refuse_unusable(text: str, tree: Any) -> None:
    """Raises :class:`JsonPathError` for what the library can do and a mapping cannot use."""
    for node in _nodes(tree):
        name = type(node).__name__
        if name not in _ALLOWED:
            before = re.split(r"\.?`|\[\s*[/\\]|\s[-+*/|]\s", text, maxsplit=1)[0].rstrip()
            advice = f"did you mean '{before}'?" if _is_path(before) else ""
            raise JsonPathError("functions, sorting and arithmetic of jsonpath-ng are not supported", advice)
        if name == "Expression" and node.op == "=~":
            try:
                check_bounded(str(node.value))
            except Unbounded as error:
                raise JsonPathError(f"the regular expression: {error}", error.advice) from error


def _is_path(text: str) -> bool:
    try:
        return parse_path(text) is not None
    except JsonPathError:
        return False


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for value in vars(tree).values():
        for each in value if isinstance(value, list | tuple) else (value,):
            if type(each).__module__.startswith("jsonpath_ng"):
                yield from _nodes(each)


_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def step_text(name: str) -> str:
    """The step to a member of any name: ``.sku``, ``['odd name']``."""
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    return "['" + re.sub(r"(['\\])", r"\\\1", name) + "']"


def written(steps: tuple[Step, ...]) -> str:
    """The JSONPath of simple steps: ``$.cards[*].number``, ``$['odd name'][0]``."""
    text = "$"
    for step in steps:
        if isinstance(step, str):
            text += step_text(step)
        else:
            text += "[*]" if step is ANY else f"[{step}]"
    return text


def _first_name(text: str) -> str:
    name = ""
    for character in text[2:]:
        if not (character.isalnum() or character == "_"):
            break
        name += character
    return name


def _finder(tree: Any) -> Callable[[Any], list[Any]]:
    def find(document: Any) -> list[Any]:
        return [match.value for match in tree.find(document)]

    return find


def _steps(tree: Any) -> tuple[Step, ...] | None:
    """The steps of a parsed path; None where it is not simple."""
    from jsonpath_ng import Child, Fields, Index, Root
    from jsonpath_ng.jsonpath import Wildcard

    if isinstance(tree, Root):
        return ()
    if isinstance(tree, Child):
        left, right = _steps(tree.left), _steps(tree.right)
        return None if left is None or right is None else left + right
    if isinstance(tree, Wildcard):
        return (ANY,)
    if isinstance(tree, Fields) and len(tree.fields) == 1:
        return (tree.fields[0],)
    if isinstance(tree, Index):
        return tuple(tree.indices) if len(tree.indices) == 1 else None
    return None


def walk_plain(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    """All values that ``steps`` reach from a plain JSON ``value``."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is ANY:
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for each in children:
            yield from walk_plain(each, rest)
    elif isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from walk_plain(value[step], rest)
    elif isinstance(value, list) and -len(value) <= step < len(value):
        yield from walk_plain(value[step], rest)
