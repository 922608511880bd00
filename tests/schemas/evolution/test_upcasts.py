"""A declared mapping to a newer major is checked on every valid example of the older one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.consumer.upcast import Upcaster
from bridge.errors import ConfigurationError
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.evolution.upcasts import declared_upcasts, find_upcast_problems
from bridge.schemas.finding import rule_of
from tests.schemas.folders import BASE, TYPE, put, schema

TEXT = {"type": "string"}
GOOD = "upcast:\n  1: {data: {user: $.userId, since: 2026-01-01}}\n"


def load(folder: Path, upcast: str, majors: tuple[int, ...] = (1, 2)) -> SchemaSet:
    put(folder, "registry.yaml", f"base: {BASE}\n")
    put(folder, f"{TYPE}/meta.yaml", f"summary: x\nowner: {{team: a, contact: b}}\n{upcast}")
    names = {1: "userId", 2: "user", 3: "id"}
    for major in majors:
        for number in (f"{major}.0.0", f"{major}.1.0"):
            parts: dict[str, Any] = {"required": [names[major]], "properties": {names[major]: TEXT}}
            put(folder, f"{TYPE}/{number}.json", schema(number, **parts))
            put(folder, f"{TYPE}/examples/{number}/valid/one.json", {names[major]: "u-1"})
    return SchemaSet.load(folder)


def problems(folder: Path, upcast: str, majors: tuple[int, ...] = (1, 2)) -> list[str]:
    found = list(find_upcast_problems(load(folder, upcast, majors)))
    assert {rule_of(each) for each in found} <= {"upcast"}
    return [str(each).replace(f"{folder}/{TYPE}", "T") for each in found]


def test_a_declared_mapping_is_what_the_kit_takes(tmp_path: Path) -> None:
    schemas = load(tmp_path, GOOD)
    assert list(find_upcast_problems(schemas)) == []
    declared = declared_upcasts(schemas)
    assert declared == {
        TYPE: {
            "1": {
                "to": "2.1.0",
                "dataschema": f"{BASE}/{TYPE}/2.1.0.json",
                "data": {"user": "$.userId", "since": "2026-01-01"},
            }
        }
    }
    made = Upcaster(declared).upcast({"type": f"{TYPE}.v1", "data": {"userId": "u-1"}})
    schemas.get(TYPE, "2.1.0").validate(made["data"])


WRONG = {
    "the wrong member": ("1: {data: {usr: $.userId}}", "T/examples/1.0.0/valid/one.json", "2.1.0 made of"),
    "the wrong type": ("1: {data: {user: 7}}", "T/examples/1.1.0/valid/one.json", "is not valid: "),
    "no path": ('1: {data: {user: "$.userId["}}', "T/meta.yaml:4:1 upcast.1.data.user", ""),
    "no such function": ("1: {data: {user: {$uper: $.userId}}}", "T/meta.yaml:4:1 upcast.1.data.user", ""),
    "no such major": ("7: {data: {}}", "T/meta.yaml:4:1 upcast.7", "there is no major 7 — available: 1, 2"),
    "no newer major": ("2: {data: {}}", "T/meta.yaml:4:1 upcast.2", "there is no newer major — remove it"),
    "no such version": ("1: {to: 2.7.0, data: {}}", "T/meta.yaml:4:1 upcast.1", "available: 2.0.0, 2.1.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_that_does_not_work_is_reported_at_its_place(tmp_path: Path, name: str) -> None:
    line, place, said = WRONG[name]
    found = problems(tmp_path, f"upcast:\n  {line}\n")
    assert any(each.startswith(place) and said in each for each in found), found


def test_examples_are_followed_through_the_whole_chain(tmp_path: Path) -> None:
    chain = GOOD + "  2: {data: {id: $.nobody}}\n"
    found = problems(tmp_path, chain, (1, 2, 3))
    assert len(found) == 4  # both examples of both majors: the first mapping is fine, the second is not
    assert {f"{TYPE} 3.1.0 made of it is not valid" in each for each in found} == {True}
    assert problems(tmp_path, GOOD + "  2: {data: {id: $.user}}\n", (1, 2, 3)) == []


def test_a_major_without_a_mapping_beside_one_with_it_is_a_warning_whose_advice_works(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD, (1, 2, 3))
    assert "major 2 has no mapping to a newer one, so its events stay as they are — add upcast.2" in found
    assert problems(tmp_path, GOOD + "  2: {data: {id: $.user}}\n", (1, 2, 3)) == []


def test_a_version_can_be_named_as_the_target(tmp_path: Path) -> None:
    schemas = load(tmp_path, "upcast:\n  1: {to: 2.0.0, data: {user: $.userId}}\n")
    assert declared_upcasts(schemas)[TYPE]["1"]["to"] == "2.0.0"


@pytest.mark.parametrize(
    ("text", "said"),
    [("1.0: {data: {}}", "is not a major"), ("1: {}", "'data' is missing"),
     ("1: {data: 7}", "must be a mapping"), ("1: {to: two, data: {}}", "is not a version"),
     ("1: {date: {}}", "did you mean 'data'?")],
)  # fmt: skip
def test_a_mistake_in_the_declaration_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"upcast\.1") as caught:
        load(tmp_path, f"upcast:\n  {text}\n")
    assert said in str(caught.value)
