"""Hard pairs about choices: anyOf, oneOf, not, if, and the conditions that members have among themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Policy
from tests.schemas.compatibility.hard.pairs import TEXT, WHOLE, Pair, both


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "object", "properties": properties}
    return {**out, "required": list(required)} if required else out


def shapes(count: int, word: str = "anyOf", *, first: int = 0, closed: bool = False) -> dict[str, Any]:
    """A choice without a discriminator: each shape requires two members of its own."""
    more = {"additionalProperties": False} if closed else {}
    return {
        "type": "object",
        word: [
            {**thing(f"a{i}", f"b{i}", **{f"a{i}": TEXT, f"b{i}": WHOLE}), **more}
            for i in range(first, first + count)
        ],
    }


def needing(count: int, word: str = "anyOf") -> dict[str, Any]:
    """One object whose members are declared once, and a choice of what is required."""
    return {
        "type": "object",
        "properties": {f"a{i}": TEXT for i in range(count)},
        word: [{"required": [f"a{i}"]} for i in range(count)],
    }


def kinds(count: int, word: str = "oneOf", **more: Any) -> dict[str, Any]:
    return {
        word: [
            thing("kind", "value", kind={"const": f"k{i}"}, value={**TEXT, "maxLength": i + 1}, **more)
            for i in range(count)
        ]
    }


def events(count: int, **more: Any) -> dict[str, Any]:
    """A discriminator that is required beside the choice, and one shape of data for each of its values."""
    shapes = [
        {"properties": {"type": {"const": f"t{i}"}, "data": thing("id", id=TEXT, **{f"f{i}": WHOLE}, **more)}}
        for i in range(count)
    ]
    return {**thing("type", "data", type=TEXT), "oneOf": shapes}


def conditions(count: int, word: str) -> dict[str, Any]:
    """What each value of a discriminator requires: as conditions, or as alternatives."""
    base = thing("type", type={"enum": [f"t{i}" for i in range(count)]})
    values = [{"properties": {"type": {"const": f"t{i}"}}} for i in range(count)]
    needs = [thing(f"f{i}", **{f"f{i}": TEXT}) for i in range(count)]
    if word == "if":
        return {**base, "allOf": [{"if": v, "then": n} for v, n in zip(values, needs, strict=True)]}
    return {**base, word: [{"allOf": [v, n]} for v, n in zip(values, needs, strict=True)]}


def _discriminated() -> Iterator[Pair]:
    for count in (6, 12, 40):
        yield Pair("events", events(count), events(count, note=TEXT), "cc", Policy.VIEWS)
        yield Pair("events", events(count), events(count + 1), "ci", Policy.VIEWS)
        yield Pair("conditions", conditions(count, "if"), conditions(count, "oneOf"), "cc")
        yield Pair("conditions", conditions(count, "if"), conditions(count + 1, "if"), "ci")
        yield Pair("conditions", conditions(count, "if"), conditions(count + 1, "if"), "ci", Policy.VIEWS)


def _unions() -> Iterator[Pair]:
    for count in (2, 5, 6, 7, 8, 12, 70):
        yield Pair("shapes", shapes(count), shapes(count + 1), "ci", Policy.VIEWS)
        yield Pair("shapes", shapes(count), shapes(count + 1), "ci")
        yield Pair("needing", needing(count), needing(count + 1), "ci", Policy.VIEWS)
        yield Pair("kinds", kinds(count), kinds(count + 1), "ci", Policy.VIEWS)
        yield Pair("kinds", kinds(count), kinds(count + 1), "ci")
    for count in (3, 6, 12):
        closed, wider = shapes(count, closed=True), shapes(count + 1, closed=True)
        yield Pair("shapes", closed, wider, "ci")
        yield Pair("shapes", shapes(count, "oneOf", closed=True), wider, "ci")
        yield Pair("shapes", closed, shapes(count, "oneOf", closed=True), "cc")
        yield Pair("shapes", shapes(count, "oneOf"), shapes(count), "ci")
        yield Pair("shapes", shapes(count), shapes(count, first=1), "ii")
        yield Pair("shapes", shapes(count), {**shapes(count), "maxProperties": 4}, "ic")
        yield Pair("needing", needing(count, "oneOf"), needing(count), "ci")
        yield Pair("needing", needing(count), {**needing(count), "minProperties": 1}, "cc")
        yield Pair("needing", needing(count), {**needing(count), "minProperties": 2}, "ic")
    for count in (6, 70):
        grown = kinds(count, note=TEXT)
        yield Pair("kinds", kinds(count), grown, "cc", Policy.VIEWS)
        yield Pair("kinds", kinds(count), kinds(count, "anyOf"), "cc")
        yield Pair("kinds", kinds(count), {"oneOf": kinds(count)["oneOf"][::-1]}, "cc")
        narrowed = kinds(count)
        narrowed["oneOf"][-1]["properties"]["value"] = {**TEXT, "maxLength": 1}
        yield Pair("kinds", kinds(count), narrowed, "ic", Policy.VIEWS)


_A: Final = {"required": ["a"]}
_B: Final = {"required": ["b"]}
_AB: Final = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}

_LOGIC: Final[tuple[tuple[Any, Any, str], ...]] = (
    ({**_AB, "anyOf": [_A, _B]}, {**_AB, "oneOf": [_A, _B]}, "ic"),
    ({**_AB, "anyOf": [_A, _B]}, {**_AB, "not": {"not": {"anyOf": [_A, _B]}}}, "cc"),
    ({**_AB, "anyOf": [_A, _B]}, {**_AB, "if": {"not": _A}, "then": _B}, "cc"),
    ({**_AB, "dependentRequired": {"a": ["b"]}}, {**_AB, "anyOf": [{"not": _A}, _B]}, "cc"),
    ({**_AB, "dependentRequired": {"a": ["b"]}}, {**_AB, "if": _A, "then": _B}, "cc"),
    ({**_AB, "dependentRequired": {"a": ["b"]}}, {**_AB, "dependentSchemas": {"a": _B}}, "cc"),
    ({**_AB, "dependentRequired": {"a": ["b"], "b": ["a"]}},
     {**_AB, "dependentRequired": {"a": ["b"]}}, "ci"),
    ({**_AB, "dependentRequired": {"a": ["b"], "b": ["c"]}},
     {**_AB, "dependentRequired": {"a": ["c"]}}, "ci"),
    ({**_AB, "required": ["a"]}, {**_AB, "dependentRequired": {"b": ["a"]}}, "ci"),
    (_AB, {**_AB, "dependentRequired": {"a": ["b"]}}, "ic"),
    ({**_AB, "not": {"required": ["a", "b"]}}, {**_AB, "maxProperties": 1}, "ic"),
    ({**_AB, "not": {"required": ["a", "b"]}, "additionalProperties": False},
     {**_AB, "maxProperties": 1, "additionalProperties": False}, "cc"),
    ({"type": "object", "properties": {"k": {"enum": ["x", "y"]}, "v": TEXT}, "required": ["k"],
      "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"]}},
     {"type": "object", "properties": {"k": {"enum": ["x", "y"]}, "v": TEXT}, "required": ["k"],
      "if": {"properties": {"k": {"const": "y"}}}, "else": {"required": ["v"]}}, "cc"),
    ({"type": "object", "properties": {"k": {"enum": ["x", "y", "z"]}, "v": TEXT}, "required": ["k"],
      "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"]}},
     {"type": "object", "properties": {"k": {"enum": ["x", "y", "z"]}, "v": TEXT}, "required": ["k"],
      "if": {"properties": {"k": {"enum": ["x", "y"]}}}, "then": {"required": ["v"]}}, "ic"),
    ({"type": "object", "properties": {"k": {"enum": ["x", "y"]}}, "required": ["k"],
      "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"]}},
     {"oneOf": [{"type": "object", "properties": {"k": {"const": "x"}}, "required": ["k", "v"]},
                {"type": "object", "properties": {"k": {"const": "y"}}, "required": ["k"]}]}, "cc"),
    ({"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "integer"}},
     {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}, "cc"),
    ({"type": ["string", "integer"]}, {"anyOf": [TEXT, WHOLE]}, "cc"),
    ({"type": ["string", "integer"]}, {"oneOf": [TEXT, WHOLE]}, "cc"),
    ({"type": ["string", "integer", "null"]}, {"not": {"type": ["object", "array", "boolean"]}}, "ci"),
    ({"not": {"type": ["object", "array", "boolean", "null", "string"]}}, {"type": "number"}, "cc"),
    ({"type": "integer"}, {"oneOf": [{"type": "integer"}, {"type": "number"}]}, "ii"),
    ({"type": "integer"}, {"oneOf": [{"type": "integer"}, {"type": "string"}]}, "ci"),
    ({"enum": [1, "a", None]}, {"anyOf": [{"const": 1}, {"const": "a"}, {"const": None}]}, "cc"),
    ({"enum": [1, "a", None]}, {"type": ["integer", "string", "null"]}, "ci"),
    ({"enum": [1, "a", None], "type": "string"}, {"const": "a"}, "cc"),
    ({"enum": ["a", "b", "c"]}, {"allOf": [{"enum": ["a", "b", "c", "d"]}, {"not": {"const": "d"}}]}, "cc"),
    ({"enum": ["a", "b", "c"]}, {"enum": ["a", "b", "c"], "not": {"const": "c"}}, "ic"),
    ({"enum": [1, 2, 3]}, {"type": "integer", "minimum": 1, "maximum": 3}, "cc"),
    ({"enum": [1, 2, 3]}, {"type": "integer", "minimum": 1, "maximum": 4}, "ci"),
    ({"enum": [1.0, 2]}, {"enum": [1, 2.0]}, "cc"),
    ({"type": "boolean"}, {"enum": [True, False]}, "cc"),
    ({"type": "boolean"}, {"const": True}, "ic"),
    ({"type": "null"}, {"const": None}, "cc"),
)  # fmt: skip


def pairs() -> Iterator[Pair]:
    yield from _unions()
    yield from _discriminated()
    for old, new, expected in _LOGIC:
        yield Pair("logic", old, new, expected)
    for old, new, expected in _LOGIC[15:]:
        yield from list(both("logic", old, new, expected))[1:]
