"""Functions of a mapping whose result its schema never allows, and those that never get what they take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bridge.core.jsonpath import JsonPath, JsonPathError, parse_path, written
from bridge.core.mapping.functions import FUNCTIONS, function_of
from bridge.core.mapping.paths import is_path
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.settings.lint.shape import Kind, Shape

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]
Form = Literal["one", "list", "either"]

_DEPTH_MAX: Final = 8
_NAMES: Final = {"text": "text", "number": "a number", "date-time": "a date"}
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6})?Z").fullmatch
_OTHER_FORMATS: Final = frozenset(
    (
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uuid",
    )
)
"""Formats of JSON Schema that no date with a time has."""
_ALIKE: Final[Mapping[str, Callable[[str], str]]] = {
    "$upper": str.upper,
    "$lower": str.lower,
    "$trim": str.strip,
}
_OBJECTS: Final[Mapping[Kind, str]] = {"object": "an object", "boolean": "a boolean", "null": "null"}


@dataclass(frozen=True, slots=True)
class _Result:
    """What a function gives. ``form``: one value, a list of them, or what its input decides. ``nested``: the
    elements may be lists too."""

    kind: str
    form: Form
    fits: Callable[[Any], bool]
    nested: bool = False


def never_allowed(said: Any, node: Node, documents: Documents) -> tuple[str, str] | None:
    """Why the schema at ``node`` never allows what a function gives, and what to do; None where it may.

    A function with ``$lookup`` is not examined: the values of the table are its result.
    """
    name = function_of(said) if isinstance(said, Mapping) else None
    if name is None or "$lookup" in said:
        return None
    result = _result(name, said)
    what = "a list" if result.form == "list" else _NAMES[result.kind]
    one = result.form != "list" and _may_hold(node, documents, result)
    if one or (result.form != "one" and _may_hold_list(node, documents, result)):
        return None
    if result.form == "list":
        advice = "add $index" if name == "$split" else "name one element: [0] instead of [*]"
        return f"{name} gives {what}", advice
    for other in ("$string", "$number"):
        better = _Result(FUNCTIONS[other].result, result.form, _fits(other, {}))
        if (better.kind == "number") != (result.kind == "number") and _may_hold(node, documents, better):
            return f"{name} gives {what}", f"for {_NAMES[better.kind]} write {other}"
    return f"{name} gives {what}", "use another function, or correct the schema"


def never_given(data: Any, kinds_of: Callable[[JsonPath], set[Kind]], place: Place = ()) -> Iterator[Found]:
    """The paths below functions at which there is never anything that the function takes."""
    if isinstance(data, list | tuple):
        for index, each in enumerate(data):
            yield from never_given(each, kinds_of, (*place, index))
    if not isinstance(data, Mapping):
        return
    name = function_of(data)
    for member, value in data.items():
        if member == "$const":
            continue
        if name is not None and member == name:
            several = isinstance(value, list | tuple)
            for index, each in enumerate(value if several else [value]):
                if is_path(each):
                    yield from _not_taken(
                        name, each, kinds_of, (*place, member, *([index] if several else []))
                    )
        yield from never_given(value, kinds_of, (*place, member))


def kinds_at(shape: Shape, path: JsonPath, *, below: int) -> set[Kind]:
    """The kinds that are known of a path in ``shape``, without its first ``below`` steps; empty: nothing is
    known."""
    steps = path.steps
    if steps is None or not all(isinstance(step, str) for step in steps):
        return set()
    whole = [path.root, *(str(step) for step in steps)][below:]
    return shape.at(whole)[1] if whole else set()


def _not_taken(
    name: str, text: str, kinds_of: Callable[[JsonPath], set[Kind]], place: Place
) -> Iterator[Found]:
    try:
        path = parse_path(text)
    except JsonPathError:
        return
    kinds = kinds_of(path)
    refused = set(_OBJECTS) - ({"boolean"} if name == "$string" else set())
    if kinds and kinds <= refused:
        what = " or ".join(_OBJECTS[kind] for kind in sorted(kinds))
        at = written((path.root, *(path.steps or ())))
        yield place, f"never gives anything: {at} is {what}", f"{name} takes text and numbers"


# --- what a function gives -----------------------------------------------------------------------------


def _result(name: str, said: Mapping[str, Any]) -> _Result:
    form = _form({each: value for each, value in said.items() if each != "$default"})
    nested = name == "$split" and "$index" not in said and _form(said[name]) != "one"
    return _Result(FUNCTIONS[name].result, form, _fits(name, said), nested)


def _form(value: Any) -> Form:
    if is_path(value):
        try:
            return "list" if parse_path(value).many else "either"
        except JsonPathError:
            return "either"
    if isinstance(value, list | tuple):
        return "list"
    if not isinstance(value, Mapping):
        return "one"
    name = function_of(value)
    if name is None:
        return "either"
    if "$lookup" in value:
        return "either"
    form: Form = "one" if FUNCTIONS[name].whole else _form(value[name])
    if name == "$split" and "$index" not in value:
        form = "list"
    return "either" if "$default" in value and form == "list" else form


def _fits(name: str, said: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Whether a value of an enumeration may be what the function gives."""
    if name == "$number":
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    if name == "$date":
        return lambda value: isinstance(value, str) and _DATE_TIME(value) is not None
    if name in _ALIKE:
        return lambda value: isinstance(value, str) and _ALIKE[name](value) == value
    if name == "$split":
        by = str(said.get("$by", ""))
        by = by[1:] if by.startswith("$$") else by
        return lambda value: isinstance(value, str) and by not in value
    return lambda value: isinstance(value, str)


# --- what a schema allows ------------------------------------------------------------------------------


def _may_hold(node: Node, documents: Documents, result: _Result, depth: int = 0) -> bool:
    """Whether a value of this kind may satisfy the schema. What this code does not follow is allowed."""
    schema = node.schema
    if not isinstance(schema, Mapping) or depth > _DEPTH_MAX:
        return schema is not False
    types = _types(schema)
    wanted = {"number", "integer"} if result.kind == "number" else {"string"}
    if types is not None and not types & wanted:
        return False
    if "const" in schema and not result.fits(schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(map(result.fits, schema["enum"])):
        return False
    if result.kind == "date-time" and schema.get("format") in _OTHER_FORMATS:
        return False
    return _in_parts(node, documents, lambda part: _may_hold(part, documents, result, depth + 1))


def _may_hold_list(node: Node, documents: Documents, result: _Result, depth: int = 0) -> bool:
    schema = node.schema
    if not isinstance(schema, Mapping) or depth > _DEPTH_MAX:
        return schema is not False
    types = _types(schema)
    if types is not None and "array" not in types:
        return False
    for keyword in ("const", "enum"):
        values = schema.get(keyword) if keyword == "enum" else [schema.get(keyword)]
        if keyword in schema and isinstance(values, list) and not any(isinstance(v, list) for v in values):
            return False
    # The list may be empty, and then anything holds for its elements; one that is always empty is no use.
    if (
        "items" in schema
        and not result.nested
        and not _may_hold(node.at("items"), documents, result, depth + 1)
    ):
        return False
    return _in_parts(node, documents, lambda part: _may_hold_list(part, documents, result, depth + 1))


def _in_parts(node: Node, documents: Documents, allows: Callable[[Node], bool]) -> bool:
    schema = node.schema
    if isinstance(schema.get("$ref"), str):
        try:
            if not allows(documents.resolve(node, schema["$ref"])):
                return False
        except Undecided:
            return True
    for keyword, holds in (("allOf", all), ("anyOf", any), ("oneOf", any)):
        parts = schema.get(keyword)
        numbers = range(len(parts)) if isinstance(parts, list) else ()
        if numbers and not holds(allows(node.at(keyword, index)) for index in numbers):
            return False
    return True


def _types(schema: Mapping[str, Any]) -> set[str] | None:
    declared = schema.get("type")
    if declared is None:
        return None
    return {str(each) for each in declared} if isinstance(declared, list) else {str(declared)}
