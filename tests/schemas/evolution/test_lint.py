"""Lint finds what is legal but will hurt somebody; each finding has its rule, its place and a fix."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.evolution.lint import lint
from bridge.schemas.finding import rule_of
from tests.schemas.folders import BASE, TYPE, put, schema

TODAY = date(2026, 11, 21)
META = "summary: A thing was made.\nowner: {team: makers, contact: '#makers'}\n"
DOCS = {"title": "Thing made", "description": "A thing was made."}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that nothing is wrong with, published to both registries."""
    publish = "[{kind: eventbridge, registry: r}, {kind: glue, registry: r}]"
    put(tmp_path, "registry.yaml", f"base: {BASE}\npublish: {publish}\n")
    put(tmp_path, f"{TYPE}/meta.yaml", META)
    write(tmp_path)
    return tmp_path


def write(folder: Path, version: str = "1.0.0", **more: Any) -> None:
    put(folder, f"{TYPE}/{version}.json", {**schema(version, **more), **DOCS})
    put(folder, f"{TYPE}/examples/{version}/valid/one.json", {})
    put(folder, f"{TYPE}/examples/{version}/invalid/none.type.json", [])


def found(folder: Path, today: date = TODAY) -> list[str]:
    _, findings = lint(folder, today)
    return [f"{f.severity} [{rule_of(f)}] {f}".replace(f"{folder}/{TYPE}", "T") for f in findings]


def member(**rules: Any) -> dict[str, Any]:
    return {"a": {"description": "A member.", **rules}}


def test_a_folder_with_nothing_wrong_has_no_findings(folder: Path) -> None:
    assert found(folder) == []


PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "a contradiction": (
        {"properties": member(type="string", const=3)},
        "error [unsatisfiable] T/1.0.0.json:1:{} /properties/a: nothing satisfies this part",
    ),
    "a contradiction by reference": (
        {"properties": {"a": {"$ref": "#/$defs/b~0c"}}, "defs": {"b~c": {"type": "integer", "const": 1.5}}},
        "error [unsatisfiable] T/1.0.0.json:1:{} /$defs/b~0c: nothing satisfies",
    ),
    "no words in the older draft": (
        {"properties": {**member(), "b": {"title": "B", "$dynamicRef": "#/properties/a"}}},
        "error [portable] T/1.0.0.json:1:{} /properties/b",
    ),
    "a format that readers do not check": (
        {"properties": member(type="string", format="duration")},
        "warning [portable] T/1.0.0.json:1:{} /properties/a/format: draft 4 has no format duration",
    ),
    "a member nobody explains": (
        {"properties": {"b": {"type": "string"}}},
        "warning [docs] T/1.0.0.json:1:{} /properties/b: the member 'b' has neither title nor description",
    ),
    "two ways of spelling": (
        {"properties": {"userId": {"title": "x"}, "user_name": {"title": "x"}}},
        "warning [naming] T/1.0.0.json:1:{} /properties/user_name: 'user_name' is snake_case, and 'userId'",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_harmful_part_is_reported_at_its_place(folder: Path, name: str) -> None:
    parts, expected = PARTS[name]
    write(folder, **parts)
    start, _, end = expected.partition("{}")
    assert any(line.startswith(start) and end in line for line in found(folder)), found(folder)


@pytest.mark.parametrize(
    "parts",
    [
        {"properties": {"a": False, "b": {"title": "B", "not": {}}}},
        {"properties": member(type="string", format="duration", pattern="^P")},
        {"properties": {"a": {"$ref": "#/$defs/b"}}, "defs": {"b": {"title": "B"}}},
        {"properties": {"userId": {"title": "x"}, "id": {"title": "x"}, "URL": {"title": "x"}}},
    ],
    ids=[
        "nothing, on purpose",
        "a format beside its pattern",
        "explained where it refers to",
        "one spelling",
    ],
)
def test_what_is_intended_is_not_reported(folder: Path, parts: dict[str, Any]) -> None:
    write(folder, **parts)
    assert found(folder) == []


def test_a_schema_too_long_for_a_registry_is_reported_with_both_numbers(folder: Path) -> None:
    write(folder, properties=member(enum=[f"value-{number}" for number in range(8_000)]))
    (line,) = found(folder)
    assert line.startswith("error [portable] T/1.0.0.json has ")
    assert "EventBridge's registry accepts 100,000" in line


def test_a_name_and_an_id_that_glue_refuses_are_reported_before_anybody_publishes(folder: Path) -> None:
    base = "https://schemas.example.com/(events)"
    long = "com.example." + "x" * 241
    put(folder, "registry.yaml", f"base: {base}\npublish: [{{kind: glue, registry: r}}]\n")
    shutil.rmtree(folder / TYPE)
    put(folder, f"{long}/meta.yaml", META)
    document = {**schema(of=long), **DOCS, "$id": f"{base}/{long}/1.0.0.json"}
    put(folder, f"{long}/1.0.0.json", document)
    reported = " ".join(line for line in found(folder) if "[portable]" in line)
    assert f"Glue refuses the name {long}.v1" in reported
    assert f"Glue refuses the id {base}/{long}/1.0.0.json as metadata" in reported


def test_missing_texts_about_the_whole_schema_are_reported(folder: Path) -> None:
    put(folder, f"{TYPE}/1.0.0.json", schema())
    assert [line.split("/1.0.0.json")[1].split(" — ")[0] for line in found(folder)] == [
        ":1:1 /description: the schema has no description",
        ":1:1 /title: the schema has no title",
    ]


WAIVER = "waivers: [{{versions: [1.0.0, {}], who: a, why: b, until: {}}}]"
META_LINES = {
    "sunset: {1: 2026-11-20}": "warning [sunset] T/meta.yaml:3:1 sunset.1: the last day of",
    "sunset: {1: {date: 2026-11-20, status: deprecated}}": "warning [sunset] T/meta.yaml:3:1 sunset.1: the",
    "sunset: {1: {date: 2026-11-21, status: retired}}": "warning [sunset] T/meta.yaml:3:1 sunset.1: "
    f"{TYPE} 1 is retired, and its last day is",
    "sunset: {1: 2026-11-21}": "warning [sunset-soon] T/meta.yaml:3:1 sunset.1: "
    f"{TYPE} 1 ends today, on 2026-11-21 — tomorrow stop publishing it",
    "sunset: {3: 2027-01-01}": "warning [sunset] T/meta.yaml:3:1 sunset.3: there is no version 3",
    "status: deprecated": "warning [sunset] T/meta.yaml status: is deprecated, and has no sunset",
    WAIVER.format(
        "1.1.0", "2026-11-20"
    ): "error [waiver] T/meta.yaml:3:1 waivers[0]: the waiver of a ended on",
    WAIVER.format(
        "1.9.0", "2027-01-01"
    ): "error [waiver] T/meta.yaml:3:1 waivers[0]: there is no version 1.9.0",
}


@pytest.mark.parametrize("line", META_LINES)
def test_the_dates_of_meta_yaml_are_compared_with_today(folder: Path, line: str) -> None:
    write(folder, "1.1.0")
    put(folder, f"{TYPE}/meta.yaml", f"{META}{line}\n")
    lines = found(folder)
    assert any(reported.startswith(META_LINES[line]) for reported in lines), lines


def test_a_last_day_that_is_far_and_a_retired_type_are_fine(folder: Path) -> None:
    put(folder, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: 2026-12-22}}\n")
    assert found(folder) == []
    put(folder, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: 2026-11-20}}\nstatus: retired\n")
    assert found(folder) == []


def test_a_major_that_was_retired_after_its_last_day_is_fine_beside_those_that_go_on(folder: Path) -> None:
    write(folder, "2.0.0")
    put(folder, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: {{date: 2026-11-20, status: retired}}}}\n")
    assert found(folder) == []


def test_a_type_name_that_buses_or_file_systems_refuse_is_reported(folder: Path) -> None:
    long = f"com.example.{'a' * 120}"
    for name in (long, "com.example.Thing.Made"):
        put(folder, f"{name}/1.0.0.json", {**schema(of=name), **DOCS})
    lines = [line for line in found(folder) if "[naming]" in line]
    assert any("EventBridge takes 128 as detail-type" in line for line in lines)
    assert any("has capitals in its name" in line for line in lines)
    assert any("differs from com.example.Thing.Made only by case" in line for line in lines)


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/a.json", "https://example.com/a.json#/b"])
def test_a_remote_reference_is_refused_and_not_read(folder: Path, target: str) -> None:
    write(folder, items={"$ref": target})
    schemas, _ = lint(folder, TODAY)
    assert schemas is None
    (line,) = found(folder)
    assert line.startswith("error [reference] T/1.0.0.json:1:")
    assert "nothing is fetched from elsewhere" in line


def test_examples_must_be_what_they_claim(folder: Path) -> None:
    put(folder, f"{TYPE}/examples/1.0.0/valid/one.json", [])
    (line,) = found(folder)
    assert line.startswith("error [examples] T/examples/1.0.0/valid/one.json data breaks")


def test_a_long_chain_of_definitions_is_linted_within_bounds(folder: Path) -> None:
    defs = {f"d{n}": {"properties": {"a": {"$ref": f"#/$defs/d{(n + 1) % 600}"}}} for n in range(600)}
    write(folder, defs=defs, properties={"a": {"title": "A", "$ref": "#/$defs/d0"}})
    lines = [line for line in found(folder) if "[portable]" not in line]
    assert lines == []


def test_a_schema_made_to_explode_is_linted_within_bounds(folder: Path) -> None:
    part: dict[str, Any] = {"type": "string"}
    for depth in range(8):
        part = {"allOf": [{"anyOf": [part, {"minLength": depth}, {"maxLength": 90 - depth}]}] * 2}
    write(folder, properties=member(**part))
    assert [line for line in found(folder) if "[unsatisfiable]" in line] == []


def test_a_schema_of_5000_lines_is_linted_with_its_lines(folder: Path) -> None:
    members = {f"p{number}": {"type": "string"} for number in range(1_700)}
    document = {**schema(properties=members), **DOCS}
    put(folder, f"{TYPE}/1.0.0.json", json.dumps(document, indent=1))
    put(folder, "registry.yaml", f"base: {BASE}\n")
    lines = found(folder)
    assert len(lines) == 1_700
    assert lines[-1].startswith("warning [docs] T/1.0.0.json:5103:3 /properties/p1699")
