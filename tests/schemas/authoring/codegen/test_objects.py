"""What a program can do with an object of a generated class, and what it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.builders.places import ROOT
from tests.schemas.authoring.codegen import rig

TYPE = "com.example.user.plan_changed.v2"
DATA = {"userId": "u-1", "previousPlan": "free", "plan": "pro", "tier": "paid"}
EVENT = rig.event_of(TYPE, DATA)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    made = rig.imported(rig.newest(ROOT / "event_schemas"), tmp_path_factory.mktemp("objects"))
    yield made
    rig.forget(made)


@pytest.fixture
def events(package: ModuleType) -> ModuleType:
    return rig.module(package, "com_example_user_plan_changed_v2")


def test_a_class_knows_its_event(package: ModuleType, events: Any) -> None:
    kind = events.PlanChangedV2
    assert package.EVENTS[TYPE] is kind
    assert (kind.event_type, kind.major, kind.version) == (TYPE, 2, "2.0.0")
    assert kind.schema_id == "https://schemas.example.com/com.example.user.plan_changed/2.0.0.json"


def test_an_event_of_another_type_is_refused(package: ModuleType, events: Any) -> None:
    with pytest.raises(package.InvalidJson, match="/type breaks const"):
        events.PlanChangedV2.from_json({**EVENT, "type": "com.example.user.plan_changed.v1"})


def test_an_event_whose_data_is_elsewhere_says_what_to_do(package: ModuleType, events: Any) -> None:
    stored = {name: each for name, each in EVENT.items() if name != "data"}
    with pytest.raises(package.InvalidJson, match="fetch it first"):
        events.PlanChangedV2.from_json({**stored, "dataref": "s3://bucket/key"})


def test_text_and_values_give_the_same_object(events: Any) -> None:
    of_text = events.PlanChangedV2.from_text(json.dumps(EVENT).encode())
    assert of_text == events.PlanChangedV2.from_json(EVENT)
    assert json.loads(of_text.to_text()) == EVENT
    assert of_text != events.PlanChangedV2.from_json({**EVENT, "redriven": True})


BROKEN_TEXTS = {
    "not JSON": b"{",
    "a name twice": b'{"a": 1, "a": 1}',
    "not a number": b'{"a": NaN}',
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "bytes that are no text": b"\xff",
    "nested too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN_TEXTS)
def test_text_that_is_not_json_is_refused_without_being_shown(
    name: str, package: ModuleType, events: Any
) -> None:
    with pytest.raises(package.InvalidJson) as caught:
        events.PlanChangedV2Data.from_text(BROKEN_TEXTS[name])
    assert caught.value.__cause__ is None
    assert "1" not in str(caught.value)


@pytest.mark.parametrize(
    "value", [{1: 2}, {"a": b"x"}, {"a": {1}}, {"a": float("inf")}, {"\ud800": 1}, [], 1]
)
def test_a_value_that_is_no_json_object_is_refused(value: Any, package: ModuleType, events: Any) -> None:
    with pytest.raises(package.InvalidJson):
        events.PlanChangedV2Data.from_json(value)


def test_errors_and_the_text_of_an_object_never_show_a_value(package: ModuleType, events: Any) -> None:
    with pytest.raises(package.InvalidJson) as caught:
        events.PlanChangedV2Data.from_json({**DATA, "tier": "secret-1", "userId": "secret-2", "secret-3": 1})
    assert str(caught.value) == "/userId breaks pattern; /tier breaks enum"
    assert repr(events.PlanChangedV2Data.from_json(DATA)) == (
        "PlanChangedV2Data(userId, previousPlan, plan, tier)"
    )


def test_an_object_cannot_change_neither_itself_nor_through_its_json(events: Any) -> None:
    given: dict[str, Any] = {**DATA, "tags": [1]}
    data = events.PlanChangedV2Data.from_json(given)
    given["tags"].append(2)
    data.to_json()["tags"].append(3)
    data["tags"].append(4)
    with pytest.raises(AttributeError, match="cannot be changed"):
        data.plan = "free"
    assert data.to_json() == {**DATA, "tags": [1]}


def test_a_program_can_make_an_object_from_its_members(package: ModuleType, events: Any) -> None:
    data = events.PlanChangedV2Data(
        userId="u-1", previousPlan="free", plan="pro", tier="paid", changedAt=None
    )
    assert data.to_json() == DATA
    attributes = {name: each for name, each in EVENT.items() if name != "data"}
    assert events.PlanChangedV2(**attributes, data=data).to_json() == EVENT
    with pytest.raises(package.InvalidJson, match="required member 'tier'"):
        events.PlanChangedV2Data(userId="u-1", previousPlan="free", plan="pro")
    with pytest.raises(TypeError, match="has no planet"):
        events.PlanChangedV2Data(planet="x")


def test_a_class_is_the_type_of_a_field_in_a_model_of_pydantic(events: Any) -> None:
    inner = events.PlanChangedV2Data
    model: type[BaseModel] = type("Model", (BaseModel,), {"__annotations__": {"data": inner}})
    made: Any = model.model_validate({"data": DATA})
    assert type(made.data) is inner
    assert made.model_dump() == {"data": DATA}
    with pytest.raises(ValidationError, match="breaks enum"):
        model.model_validate({"data": {**DATA, "tier": "x"}})


def test_programs_for_earlier_versions_still_work(events: Any) -> None:
    made = events.PlanChangedV2.model_validate(EVENT)
    assert events.PlanChangedV2.model_validate(made) is made
    assert events.PlanChangedV2.model_validate_json(json.dumps(EVENT)) == made
    assert made.model_dump(mode="json", by_alias=True, exclude_unset=True) == EVENT


@pytest.mark.parametrize("folder", rig.FOLDERS)
def test_valid_examples_are_accepted_and_invalid_ones_are_refused(folder: str, tmp_path: Path) -> None:
    schemas = rig.newest(ROOT / folder)
    package = rig.imported(schemas, tmp_path)
    taken = refused = 0
    for schema in schemas:
        examples = ROOT / folder / schema.type / "examples" / schema.version
        model = package.EVENTS[schema.event_type]
        for path in examples.glob("valid/*.json"):
            event = rig.event_of(schema.event_type, json.loads(path.read_text()))
            taken += model.from_json(event).to_json() == event
        for path in examples.glob("invalid/*.json"):
            with pytest.raises(package.InvalidJson):
                model.from_json(rig.event_of(schema.event_type, json.loads(path.read_text())))
            refused += 1
    rig.forget(package)
    assert min(taken, refused) >= len(schemas)


@pytest.mark.parametrize("depth", [890, 1_000, 100_000])
def test_a_value_may_be_nested_as_deep_as_python_reads_json(
    depth: int, package: ModuleType, events: Any
) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    given = {**DATA, "deep": value}
    if depth < 900:
        assert events.PlanChangedV2Data.from_json(given).to_text().count("[") == depth
        return
    with pytest.raises(package.InvalidJson, match="nested too deep"):
        events.PlanChangedV2Data.from_json(given)
