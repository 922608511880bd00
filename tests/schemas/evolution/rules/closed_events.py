"""Random closed events: a schema without open places, a value that mostly follows it, and a rule that mostly
matches that value. Each is drawn from the one before, because three independent draws hardly ever meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

_VALUES = st.sampled_from(["a", "b", "1", 1, 2, 7.5, True, False, None])
_LEAF = st.one_of(
    st.lists(_VALUES, min_size=1, max_size=3, unique_by=repr).map(lambda values: {"enum": values}),
    st.sampled_from([{"type": "string", "minLength": 3}, {"type": "number", "multipleOf": 7}]),
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "number", "maximum": 3},
            {"type": ["boolean", "null"]},
            {},
            True,
            {"type": "string", "minLength": 3},
            {"type": "number", "multipleOf": 7},
        ]
    ),
)
_OBJECT = st.dictionaries(st.sampled_from("xyz"), _LEAF, min_size=1, max_size=3).map(
    lambda properties: {"type": "object", "properties": properties, "additionalProperties": False}
)
SCHEMAS = st.recursive(
    _OBJECT,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: {"anyOf": list(two)}),
        st.tuples(inner, inner).map(lambda two: {"oneOf": list(two)}),
        st.tuples(inner, inner).map(lambda two: {"if": two[0], "then": two[0], "else": two[1]}),
        inner.map(lambda one: {"type": "array", "items": one}),
        inner.map(
            lambda one: {
                "type": "object",
                "properties": {"x": one},
                "required": ["x"],
                "additionalProperties": False,
            }
        ),
    ),
    max_leaves=4,
)
_ANY = st.recursive(
    _VALUES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=6,
)
_MATCHERS = st.one_of(
    _VALUES,
    st.booleans().map(lambda there: {"exists": there}),
    st.sampled_from(
        [{"prefix": "a"}, {"anything-but": ["a"]}, {"numeric": [">", 2]}, {"numeric": ["<=", 1]},
         {"suffix": "1"}, {"wildcard": "*b"}]
    ),
)  # fmt: skip


def instances(schema: Any) -> st.SearchStrategy[Any]:
    """Values that follow the schema; of three one is any value."""
    return st.one_of(_following(schema), _following(schema), _ANY)


def _following(schema: Any) -> st.SearchStrategy[Any]:
    if schema is True or not schema:
        return _ANY
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    branches = (
        schema.get("anyOf") or schema.get("oneOf") or [schema[k] for k in ("then", "else") if k in schema]
    )
    if branches:
        return st.one_of(*map(_following, branches))
    match schema["type"]:
        case "object":
            members = {name: _following(part) for name, part in schema["properties"].items()}
            required = {name: members.pop(name) for name in schema.get("required", ())}
            every = st.fixed_dictionaries({**required, **members})
            return st.one_of(every, every, st.fixed_dictionaries(required, optional=members))
        case "array":
            return st.lists(_following(schema["items"]), min_size=1, max_size=2) | st.just([])
        case "string":
            return st.sampled_from(["abb", "a1b"] if "minLength" in schema else ["a", "b", "1"])
        case "number":
            return st.sampled_from([14, 21] if "multipleOf" in schema else [1, 2, 2.5])
        case _:
            return st.sampled_from([True, False, None])


@st.composite
def patterns(draw: st.DrawFn, instance: Any) -> dict[str, Any]:
    """Rules over one or two fields: of four matchers three accept a value that stands there."""
    there, anywhere = sorted(set(_places(instance))), [("x",), ("y", "z"), ("z",)]
    place = st.sampled_from(anywhere)
    if there:
        place = st.one_of(st.sampled_from(there), st.sampled_from(there), place)
    chosen = draw(st.lists(place, min_size=1, max_size=2, unique=True))
    pattern: dict[str, Any] = {}
    for *outer, last in chosen:
        here = pattern
        for step in outer:
            deeper = here.setdefault(step, {})
            here = deeper if isinstance(deeper, dict) else here
        held = list(_held(instance, (*outer, last)))
        fitting = st.sampled_from(held).flatmap(_matching) if held else st.just({"exists": False})
        matchers = st.one_of(fitting, fitting, fitting, _MATCHERS)
        here[last] = draw(st.lists(matchers, min_size=1, max_size=2))
    return pattern


def _matching(value: Any) -> st.SearchStrategy[Any]:
    """Matchers that accept a scalar."""
    ways: list[Any] = [value, {"exists": True}, {"anything-but": ["q"]}]
    if isinstance(value, str):
        ways += [{"prefix": value[:1]}, {"suffix": value[-1:]}, {"wildcard": f"*{value[-1:]}"}]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        ways += [{"numeric": [">", value - 0.5]}, {"numeric": [">=", value - 1, "<", value + 1]}]
    return st.sampled_from(ways)


def _places(value: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields of an event that a rule can name, lists looked through."""
    if isinstance(value, list):
        for element in value:
            yield from _places(element, steps)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _places(member, (*steps, name))
    elif steps:
        yield steps


def _held(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    """The scalars at a field."""
    if isinstance(value, list):
        for element in value:
            yield from _held(element, steps)
    elif isinstance(value, dict):
        if steps and steps[0] in value:
            yield from _held(value[steps[0]], steps[1:])
    elif not steps:
        yield value
