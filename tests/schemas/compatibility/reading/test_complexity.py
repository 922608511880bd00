"""How much work a schema may cause is measured before it is done; and what a consumer accepts, opened."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.reading import complexity as module
from bridge.schemas.compatibility.reading.complexity import (
    Complexity,
    Patience,
    TooComplex,
    complexity_of,
    simple_complexity,
)
from bridge.schemas.compatibility.reading.drafts import KEYWORDS, Draft, asserts_format
from bridge.schemas.compatibility.reading.normal import Normal, normalise
from bridge.schemas.compatibility.reading.opened import opened
from bridge.schemas.compatibility.reading.references import Unusable

S, INT = {"type": "string"}, {"type": "integer"}


def normal(document: Any) -> Normal:
    return normalise(document, {}, "n", lambda *_: None)


def measured(document: Any) -> tuple[int, int, int]:
    found = complexity_of(normal(document))
    return found.tree, found.cases, found.values


TWO, THREE = {"anyOf": [S, INT]}, {"oneOf": [S, INT, True]}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (True, (1, 1, 0)),
        ({}, (1, 1, 0)),
        ({"properties": {"a": S, "b": INT}}, (3, 1, 0)),
        ({"enum": [1, 2, 3]}, (1, 1, 3)),
        ({"properties": {"a": {"enum": [1, 2, 3]}, "b": {"enum": [1]}}}, (3, 1, 3)),
        (TWO, (3, 2, 0)),
        (THREE, (4, 3, 0)),
        ({**TWO, **THREE}, (6, 6, 0)),
        ({"allOf": [TWO, THREE]}, (8, 6, 0)),
        ({"properties": {"a": TWO, "b": THREE}}, (8, 3, 0)),
        ({"anyOf": [TWO, THREE]}, (8, 5, 0)),
        ({"not": THREE}, (5, 3, 0)),
        ({"if": S, "then": TWO, "else": INT}, (6, 4, 0)),
        ({"if": S}, (2, 2, 0)),
        ({"dependentSchemas": {"a": S, "b": INT}}, (3, 4, 0)),
        ({"$ref": "#/$defs/t", "$defs": {"t": TWO}}, (4, 2, 0)),
        ({"allOf": [{"$ref": "#/$defs/t"}, {"$ref": "#/$defs/t"}], "$defs": {"t": TWO}}, (9, 4, 0)),
        ({"properties": {"a": {"$ref": "#"}}}, (5, 1, 0)),
    ],
)
def test_a_schema_has_so_many_places_cases_and_values(document: Any, found: tuple[int, int, int]) -> None:
    assert measured(document) == found


def test_a_number_of_cases_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MANY", 5)
    assert measured({"allOf": [TWO, THREE, THREE]}) == (5, 5, 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"type":"string"}', Complexity(1, 1, 0)),
        ('{"properties":{"a":{"enum":[1,2,3]}}}', Complexity(3, 1, 2)),
        ('{"properties":{"a":{},"b":{}}}', Complexity(4, 1, 0)),
        ('{"$ref":"#"}', None),
        ('{"anyOf":[]}', None),
        ('{"if":{}}', None),
        ('{"not":{}}', None),
        ('{"dependentSchemas":{}}', None),
        ('{"dependencies":{}}', None),
        ('{"$dynamicRef":"#"}', None),
    ],
)
def test_a_text_without_combining_keywords_is_measured_as_it_is(text: str, found: Complexity | None) -> None:
    assert simple_complexity(text) == found


def test_a_limit_holds_for_each_measure_and_may_be_reached() -> None:
    limit = Complexity(3, 2, 1)
    assert limit.within(limit)
    for more in (Complexity(4, 2, 1), Complexity(3, 3, 1), Complexity(3, 2, 2)):
        assert not more.within(limit)


@pytest.mark.parametrize(
    "loop",
    [
        {"$ref": "#/$defs/a"},
        {"allOf": [{"$ref": "#/$defs/a"}]},
        {"anyOf": [S, {"$ref": "#/$defs/a"}]},
        {"not": {"$ref": "#/$defs/a"}},
        {"if": {"$ref": "#/$defs/a"}},
        {"dependentSchemas": {"x": {"$ref": "#/$defs/a"}}},
    ],
)
def test_a_reference_that_describes_its_own_place_is_refused_and_one_below_is_not(loop: Any) -> None:
    with pytest.raises(Unusable, match="leads back to itself") as caught:
        complexity_of(normal({"$ref": "#/$defs/a", "$defs": {"a": loop}}))
    assert "/$defs/a" in str(caught.value)
    below = {"properties": {"p": {"$ref": "#/$defs/a"}}}
    assert complexity_of(normal({"$ref": "#/$defs/a", "$defs": {"a": below}})).cases == 1
    twice = {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]}
    both = {"$ref": "#/$defs/a", "allOf": [{"$ref": "#/$defs/b"}], "$defs": {"a": twice, "b": S}}
    assert complexity_of(normal(both)).cases == 1


def test_patience_ends_after_its_time_or_never(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.thread_time", lambda: now[0])
    some, endless = Patience(5.0), Patience(None)
    assert (some.endless, endless.endless) == (False, True)
    for at in (100.0, 104.9, 105.0):
        now[0] = at
        some.check()
        endless.check()
    now[0] = 105.1
    endless.check()
    with pytest.raises(TooComplex, match="too long"):
        some.check()


def test_each_draft_asserts_its_keywords() -> None:
    since = {
        "const": Draft.D6,
        "contains": Draft.D6,
        "propertyNames": Draft.D6,
        "if": Draft.D7,
        "dependentSchemas": Draft.D2019,
        "unevaluatedProperties": Draft.D2019,
        "prefixItems": Draft.D2020,
        "minimum": Draft.D4,
    }
    for keyword, first in since.items():
        assert {draft for draft in Draft if keyword in KEYWORDS[draft]} == {d for d in Draft if d >= first}
    content = {draft for draft in Draft if "contentEncoding" in KEYWORDS[draft]}
    assert content == {Draft.D6, Draft.D7}
    assert "additionalItems" not in KEYWORDS[Draft.D2020]
    assert asserts_format(Draft.D2020, "date") is True
    assert asserts_format(Draft.D2020, "no-such-format") is False


# --- the open reading ------------------------------------------------------------------------------

CLOSED = {"properties": {"a": S}, "additionalProperties": False}
OPEN = {"properties": {"a": S}}
GROWING = {"enum": ["a"], "x-extensible-enum": True}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (CLOSED, OPEN),
        ({**OPEN, "unevaluatedProperties": False}, OPEN),
        ({"properties": {"p": CLOSED, "q": S}}, {"properties": {"p": OPEN, "q": S}}),
        ({"patternProperties": {"p": CLOSED}}, {"patternProperties": {"p": OPEN}}),
        ({"dependentSchemas": {"p": CLOSED}}, {"dependentSchemas": {"p": OPEN}}),
        ({"additionalProperties": CLOSED}, {"additionalProperties": OPEN}),
        ({"allOf": [CLOSED, S]}, {"allOf": [OPEN, S]}),
        ({"anyOf": [S, CLOSED]}, {"anyOf": [S, OPEN]}),
        ({"prefixItems": [CLOSED]}, {"prefixItems": [OPEN]}),
        ({"items": CLOSED}, {"items": OPEN}),
        ({"contains": CLOSED}, {"contains": OPEN}),
        ({"contains": CLOSED, "maxContains": 2}, {"contains": CLOSED, "maxContains": 2}),
        ({"items": CLOSED, "maxContains": 2}, {"items": OPEN, "maxContains": 2}),
        ({"if": CLOSED, "then": CLOSED, "else": CLOSED}, {"if": CLOSED, "then": OPEN, "else": OPEN}),
        ({"not": CLOSED}, {"not": CLOSED}),
        ({"oneOf": [CLOSED, S]}, {"allOf": [{"anyOf": [{"oneOf": [CLOSED, S]}, {"oneOf": [OPEN, S]}]}]}),
        (
            {"oneOf": [CLOSED, S], "allOf": [INT]},
            {"allOf": [{"anyOf": [{"oneOf": [CLOSED, S]}, {"oneOf": [OPEN, S]}]}, INT]},
        ),
        (
            {"allOf": [INT], "oneOf": [CLOSED, S]},
            {"allOf": [INT, {"anyOf": [{"oneOf": [CLOSED, S]}, {"oneOf": [OPEN, S]}]}]},
        ),
        (GROWING, {"type": ["string"]}),
        ({**GROWING, "type": ["string", "null"]}, {"type": ["null", "string"]}),
        ({"enum": [1, "a"], "x-extensible-enum": True}, {"type": ["integer", "string"]}),
    ],
)
def test_a_consumer_accepts_more_where_a_schema_closes_or_may_grow(written: Any, read: Any) -> None:
    assert opened(normal(written)).root == read


def test_what_closes_nothing_stays_the_same_schema() -> None:
    for written in (OPEN, {"properties": {"p": CLOSED}, "not": OPEN}):
        made = normal(written)
        if not made.has_closing:
            assert opened(made) is made
    made = normal({"properties": {"p": CLOSED, "q": {"properties": {"r": S}}}, "items": {"items": S}})
    read: Any = opened(made).root
    whole: Any = made.root
    assert read["properties"]["q"] is whole["properties"]["q"]
    assert read["items"] is whole["items"]
    assert opened(made).origin[id(read)] == ""
    assert opened(made).origin[id(read["properties"]["p"])] == "/properties/p"


def test_lenient_opens_whatever_is_declared_beside_and_keeps_enums() -> None:
    def lenient(written: Any) -> Any:
        return opened(normal(written), lenient=True).root

    assert lenient({**OPEN, "additionalProperties": INT}) == OPEN
    assert lenient({"additionalProperties": INT}) == {"additionalProperties": INT}
    assert lenient({"additionalProperties": False}) == {}
    assert lenient(GROWING) == {"enum": ["a"]}
    assert opened(normal({**OPEN, "additionalProperties": INT})).root == {**OPEN, "additionalProperties": INT}


def test_a_definition_that_closes_has_an_open_twin_wherever_it_is_used() -> None:
    document = {
        "properties": {"a": {"$ref": "#/$defs/a"}, "c": {"$ref": "#/$defs/c"}},
        "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": CLOSED, "c": S},
    }
    made = normal(document)
    read = opened(made)
    closed = {name for name in made.defs if f"{name}o" in read.defs}
    assert len(closed) == 2
    assert len(read.defs) == len(made.defs) + 2
    root: Any = read.root
    assert root["properties"]["a"]["$ref"].endswith("o")
    assert not root["properties"]["c"]["$ref"].endswith("o")
    twin: Any = read.defs[root["properties"]["a"]["$ref"].removeprefix("#/$defs/")]
    assert read.defs[twin["items"]["$ref"].removeprefix("#/$defs/")] == OPEN
