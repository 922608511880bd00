"""A type applies exactly where all its conditions hold, and the explanation agrees."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.events.route import Route
from bridge.core.pattern.matching import compile_pattern
from bridge.core.pointer import Wanted
from bridge.core.records.decode import decode
from bridge.errors import ViewTooNarrow
from tests.builders.bridges import table
from tests.builders.records import lambda_record

ALL = frozenset({"insert", "modify", "remove"})
BEFORE = {"id": "a", "plan": "free", "old": 1}
AFTER = {"id": "a", "plan": "pro", "new": 1}
IMAGES: dict[str, dict[str, Any]] = {
    "insert": {"after": AFTER},
    "modify": {"before": BEFORE, "after": AFTER},
    "remove": {"before": BEFORE},
}


CAPTURED = {"NEW_AND_OLD_IMAGES": ("before", "after"), "NEW_IMAGE": ("after",), "OLD_IMAGE": ("before",)}


def view(op: str, stream_view: str = "NEW_AND_OLD_IMAGES") -> Any:
    captured = CAPTURED.get(stream_view, ())
    images = {name: image for name, image in IMAGES[op].items() if name in captured}
    return table().view(decode(lambda_record(op=op, key={"id": "a"}, view=stream_view, **images)))


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({}, {"insert", "modify", "remove"}),
        ({"operations": frozenset({"modify"})}, {"modify"}),
        ({"key": {"id": ["a"]}}, {"insert", "modify", "remove"}),
        ({"key": {"id": ["b"]}}, set()),
        ({"id": {"userId": ["a"]}}, set()),
        ({"id": {"userId": [{"exists": False}]}}, {"insert", "modify", "remove"}),
        ({"before": {"plan": ["free"]}}, {"modify", "remove"}),
        ({"before": {"plan": ["pro"]}}, set()),
        ({"before": {"plan": [{"exists": False}]}}, set()),
        ({"after": {"plan": ["pro"]}}, {"insert", "modify"}),
        ({"after": {"plan": ["free"]}}, set()),
        ({"before": {"plan": ["free"]}, "after": {"plan": ["pro"]}}, {"modify"}),
        ({"before": {"plan": ["free"]}, "after": {"plan": ["free"]}}, set()),
        ({"key": {"id": ["b"]}, "after": {"plan": ["pro"]}}, set()),
        ({"changed": ["/plan"]}, {"insert", "modify", "remove"}),
        ({"changed": ["/old"]}, {"modify", "remove"}),
        ({"changed": ["/new"]}, {"insert", "modify"}),
        ({"changed": ["/nothing"]}, set()),
        ({"changed": ["/nothing", "/new"]}, {"insert", "modify"}),
        ({"changed": ["/plan"], "after": {"plan": ["free"]}}, set()),
    ],
)
def test_a_type_applies_where_every_condition_holds(conditions: dict[str, Any], applies: set[str]) -> None:
    patterns = {name: compile_pattern(each) for name, each in conditions.items() if isinstance(each, dict)}
    route = Route(
        conditions.get("operations", ALL), tuple(map(Wanted, conditions.get("changed", ()))), **patterns
    )
    found = {op: route.matches(view(op)) for op in sorted(ALL)}
    assert found == {op: op in applies for op in sorted(ALL)}
    assert {op for op in ALL if route.explain(view(op)) is None} == applies


@pytest.mark.parametrize(
    ("conditions", "stream_view", "op"),
    [
        ({"before": {"plan": ["free"]}}, "NEW_IMAGE", "modify"),
        ({"before": {"plan": ["free"]}}, "KEYS_ONLY", "remove"),
        ({"after": {"plan": ["pro"]}}, "OLD_IMAGE", "modify"),
        ({"after": {"plan": ["pro"]}}, "KEYS_ONLY", "insert"),
        ({"changed": ["/plan"]}, "NEW_IMAGE", "modify"),
        ({"changed": ["/plan"]}, "OLD_IMAGE", "insert"),
        ({"changed": ["/plan"]}, "KEYS_ONLY", "remove"),
    ],
)
def test_a_condition_on_what_the_view_lacks_is_not_decided(
    conditions: dict[str, Any], stream_view: str, op: str
) -> None:
    patterns = {name: compile_pattern(each) for name, each in conditions.items() if isinstance(each, dict)}
    route = Route(ALL, tuple(map(Wanted, conditions.get("changed", ()))), **patterns)
    with pytest.raises(ViewTooNarrow):
        route.matches(view(op, stream_view))


def test_an_element_that_moved_changes_its_list() -> None:
    before, after = {"id": "a", "l": [1, 2, 3]}, {"id": "a", "l": [3, 1, 2]}
    moved = table().view(decode(lambda_record(op="modify", key={"id": "a"}, before=before, after=after)))
    assert Route(ALL, (Wanted("/l"),)).matches(moved)
    assert not Route(ALL, (Wanted("/id"),)).matches(moved)


@pytest.mark.parametrize(
    ("route", "says"),
    [
        (Route(frozenset({"insert", "remove"})), "op is modify, not insert or remove"),
        (Route(ALL, (Wanted("/x"), Wanted("/y"))), "none of /x, /y changed"),
        (Route(ALL, key=compile_pattern({"id": ["b"]})), "key.id: no match"),
        (Route(ALL, id=compile_pattern({"userId": ["b"]})), "id.userId: absent"),
        (Route(ALL, before=compile_pattern({"plan": ["x"]})), "before.plan: no match"),
        (Route(ALL, after=compile_pattern({"old": [1]})), "after.old: absent"),
    ],
)
def test_the_explanation_names_the_first_condition_that_does_not_hold(route: Route, says: str) -> None:
    assert str(route.explain(view("modify"))).startswith(says)


def test_the_explanation_names_an_image_that_does_not_exist() -> None:
    assert Route(ALL, before=compile_pattern({"a": [1]})).explain(view("insert")) == (
        "the change has no before image"
    )
    assert Route(ALL, after=compile_pattern({"a": [1]})).explain(view("remove")) == (
        "the change has no after image"
    )
