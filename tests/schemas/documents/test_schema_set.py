"""A folder of schemas is proven as a whole: what is wrong is named, all of it, and nothing else is read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet, Version
from tests.schemas.folders import BASE, TYPE, put, schema


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sound version."""
    put(tmp_path, f"set/{TYPE}/1.0.0.json", schema())
    put(tmp_path, f"set/{TYPE}/meta.yaml", "summary: A thing was made.\nowner: {team: makers}\n")
    return tmp_path / "set"


def problems(folder: Path) -> list[str]:
    """The problems of a refused folder, with paths relative to it."""
    with pytest.raises(ConfigurationError) as caught:
        SchemaSet.load(folder)
    return [_line(folder, problem) for problem in caught.value.problems if problem.severity == "error"]


def warnings(folder: Path) -> list[str]:
    return [_line(folder, problem) for problem in SchemaSet.load(folder).warnings]


def _line(folder: Path, problem: Problem) -> str:
    return str(problem).replace(f"{folder}/", "").replace(f"{TYPE}/", "T/")


def test_a_sound_folder_gives_its_versions_by_type_and_version(folder: Path) -> None:
    put(folder, f"{TYPE}/1.10.0.json", schema("1.10.0"))
    put(folder, f"{TYPE}/1.9.0.json", schema("1.9.0"))
    schemas = SchemaSet.load(folder)
    assert list(map(str, schemas.versions(TYPE))) == ["1.0.0", "1.9.0", "1.10.0"]
    found = schemas.get(TYPE, "1.9.0")
    assert (found.type, found.version, found.id) == (TYPE, Version(1, 9, 0), f"{BASE}/{TYPE}/1.9.0.json")
    assert schemas.get(TYPE, Version(1, 9, 0)) is found
    assert (schemas.base, schemas.types, len(schemas)) == (BASE, (TYPE,), 3)
    assert (schemas.metas[TYPE].summary, schemas.metas[TYPE].team) == ("A thing was made.", "makers")
    assert schemas.warnings == ()


REFUSED: dict[str, tuple[str, Any, str]] = {
    "broken JSON": ("T/1.1.0.json", '{\n  "a": ,\n}', "T/1.1.0.json:2:8 is not JSON"),
    "a member twice": ("T/1.1.0.json", '{"a": 1, "a": 2}', 'the member "a" occurs twice'),
    "NaN": ("T/1.1.0.json", '{"a": NaN}', "NaN is not a JSON number"),
    "no object": ("T/1.1.0.json", "[]", "is not a JSON object"),
    "a byte order mark": ("T/1.1.0.json", "\ufeff{}", "T/1.1.0.json begins with a byte order mark"),
    "nesting without end": ("T/1.1.0.json", "[" * 100_000, "is nested too deep"),
    "a schema nested too deep": (
        "T/1.1.0.json",
        schema("1.1.0", items=json.loads('{"not":' * 300 + "{}" + "}" * 300)),
        "cannot be read as a schema",
    ),
    "half a surrogate pair": ("T/1.1.0.json", '{"a": "\\ud800"}', "is no character"),
    "another dialect": (
        "T/1.1.0.json",
        schema("1.1.0", dialect="http://json-schema.org/draft-07/schema#"),
        "/$schema: is not JSON Schema 2020-12",
    ),
    "no dialect": ("T/1.1.0.json", {"$id": f"{BASE}/{TYPE}/1.1.0.json"}, "/$schema: is missing"),
    "an unknown type": ("T/1.1.0.json", schema("1.1.0", type="strin"), "/type: is not JSON Schema"),
    "a broken pattern": (
        "T/1.1.0.json",
        schema("1.1.0", properties={"a": {"pattern": "("}}),
        "/properties/a/pattern: is not JSON Schema",
    ),
    "no id": ("T/1.1.0.json", {"$schema": schema()["$schema"]}, "/$id: is missing"),
    "an id of another version": ("T/1.1.0.json", schema("1.2.0"), "disagrees with the file's path"),
    "an id that is taken": ("T/1.1.0.json", schema("1.0.0"), "is already the $id of T/1.0.0.json"),
    "an id with another base": (
        "T/1.1.0.json",
        schema("1.1.0", id=f"https://other.example/{TYPE}/1.1.0.json"),
        "does not begin with the base of the others",
    ),
    "a version spelled twice": ("T/01.0.0.json", schema(), "spells version 1.0.0 a second time"),
    "a version with a v": (
        "T/v1.1.0.json",
        schema("1.1.0"),
        "is not named after a version such as 1.0.0 — call it 1.1.0",
    ),
    "half a version": ("T/1.1.json", schema("1.1.0"), "is not named after a version"),
    "examples of a bad version": ("T/examples/1.0/valid/a.json", {}, "T/examples/1.0 is not named after"),
    "examples of no version": (
        "T/examples/9.0.0/valid/a.json",
        {},
        "there are examples of 9.0.0 and no schema",
    ),
    "a type with its major": (
        "com.example.a.v1/1.0.0.json",
        schema(),
        "has no major in its name — call it com.example.a",
    ),
    "a name that is no type": ("made/1.0.0.json", schema(), "made is not the name of a type"),
    "a reference to nothing": (
        "T/1.1.0.json",
        schema("1.1.0", properties={"a": {"$ref": "#/$defs/a"}}),
        "/properties/a/$ref: '#/$defs/a' leads nowhere",
    ),
    "a reference to no file": (
        "T/1.1.0.json",
        schema("1.1.0", items={"$ref": "1.0.1.json"}),
        f"'1.0.1.json' is not a file of this folder — did you mean '{BASE}/T/1.0.0.json'?",
    ),
    "a reference to the network": (
        "T/1.1.0.json",
        schema("1.1.0", items={"$ref": "http://127.0.0.1:1/a.json"}),
        "is not a file of this folder, and nothing is fetched from elsewhere",
    ),
    "a reference to a file elsewhere": (
        "T/1.1.0.json",
        schema("1.1.0", items={"$ref": "file:///etc/hostname"}),
        "nothing is fetched from elsewhere",
    ),
    "a reference out of the folder": (
        "T/1.1.0.json",
        schema("1.1.0", items={"$ref": f"../../{TYPE}/1.0.0.json"}),
        "leaves the folder of the schemas",
    ),
    "an id inside": (
        "T/1.1.0.json",
        schema("1.1.0", items={"$id": "https://x.example/y"}),
        "/items/$id: only the document as a whole has an $id",
    ),
    "meta that is no YAML": ("T/meta.yaml", "summary: [", "T/meta.yaml:1:11 is not YAML"),
    "meta without owner": ("T/meta.yaml", "summary: a\n", "T/meta.yaml:1:1 required key 'owner' is missing"),
    "meta misspelt": (
        "T/meta.yaml",
        "summary: a\nowner: b\nsumary: c\n",
        "T/meta.yaml:3:1 sumary: unknown key 'sumary' — did you mean 'summary'?",
    ),
    "meta without text": (
        "T/meta.yaml",
        "summary: 5\nowner: {team: a}\n",
        "T/meta.yaml:1:10 summary: must be text",
    ),
    "an empty meta": ("T/meta.yaml", "", "T/meta.yaml is empty"),
    "a base that is no URI": (
        "registry.yaml",
        "base: here\n",
        "registry.yaml:1:7 base: must be an absolute URI",
    ),
    "a base that ids do not have": (
        "registry.yaml",
        "base: https://b.example\n",
        "does not begin with the base",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_with_its_place(folder: Path, name: str) -> None:
    file, content, expected = REFUSED[name]
    put(folder, file.replace("T/", f"{TYPE}/"), content)
    found = problems(folder)
    assert any(expected.lstrip() in line for line in found), found


def test_all_problems_come_at_once(folder: Path) -> None:
    put(folder, f"{TYPE}/1.1.0.json", "{")
    put(folder, f"{TYPE}/1.2.0.json", schema("1.2.0", type=3))
    put(folder, f"{TYPE}/1.3.0.json", schema("1.3.0", items={"$ref": "#/nowhere"}))
    put(folder, f"{TYPE}/meta.yaml", "summary: ''\n")
    assert [line.split()[0] for line in problems(folder)] == [
        "T/1.1.0.json:1:2",
        "T/1.2.0.json",
        "T/1.3.0.json",
        "T/meta.yaml:1:1",
        "T/meta.yaml:1:10",
    ]


@pytest.mark.parametrize("target", ["file", "folder", "loop", "nothing"])
def test_a_symlink_out_of_the_folder_is_not_followed(folder: Path, target: str) -> None:
    outside = put(folder.parent, "outside/1.1.0.json", schema("1.1.0"))
    link = folder / "com.example.other" if target == "folder" else folder / TYPE / "1.1.0.json"
    link.symlink_to(
        {"file": outside, "folder": outside.parent, "loop": link, "nothing": folder / "none"}[target]
    )
    assert [line for line in problems(folder) if "leads out of the folder" in line]


@pytest.mark.parametrize("place", [f"{TYPE}/1.1.0.json", "com.example.pipe", f"{TYPE}/meta.yaml"])
def test_a_pipe_in_the_folder_is_reported_and_not_read(folder: Path, place: str) -> None:
    (folder / place).unlink(missing_ok=True)
    os.mkfifo(folder / place)
    assert [line for line in problems(folder) if "is neither a file nor a folder" in line]


def test_a_missing_folder_is_reported_with_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such folder — set `schemas` in bridge"):
        SchemaSet.load(tmp_path / "none")
    with pytest.raises(ConfigurationError, match="is not a folder"):
        SchemaSet.load(put(tmp_path, "file", ""))


@pytest.mark.parametrize(
    "reference", ["../com.example.money/1.0.0.json#/$defs/m", f"{BASE}/com.example.money/1.0.0.json#m"]
)
def test_a_reference_may_lead_to_another_file_of_the_folder(folder: Path, reference: str) -> None:
    defs = {"m": {"$anchor": "m", "type": "integer"}}
    put(folder, "com.example.money/1.0.0.json", schema(of="com.example.money", defs=defs))
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0", properties={"a": {"$ref": reference}}))
    validator = SchemaSet.load(folder).get(TYPE, "1.1.0").validator
    assert validator.is_valid({"a": 1})
    assert not validator.is_valid({"a": "1"})


def test_a_ref_in_data_is_not_a_reference(folder: Path) -> None:
    member = {"$ref": "http://127.0.0.1:1/a", "format": "none", "$id": "x"}
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0", const=member, examples=[member], default=member))
    assert warnings(folder) == []


WARNED: dict[str, tuple[str, Any, str]] = {
    "an unknown format": (
        "T/1.1.0.json",
        schema("1.1.0", properties={"a": {"format": "emial"}}),
        "/properties/a/format: 'emial' is not a known format and is not asserted — did you mean 'email'?",
    ),
    "no meta": (
        "com.example.b/1.0.0.json",
        schema(of="com.example.b"),
        "com.example.b has no meta.yaml — write one with summary and owner",
    ),
    "a stray file": ("notes.txt", "", "notes.txt is not used here — schemas are <type>/<version>.json"),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_is_legal_and_probably_not_meant_is_a_warning(folder: Path, name: str) -> None:
    file, content, expected = WARNED[name]
    put(folder, file.replace("T/", f"{TYPE}/"), content)
    assert [line for line in warnings(folder) if line.endswith(expected)]


def test_a_missing_version_is_another_error_than_an_unreadable_folder(folder: Path) -> None:
    schemas = SchemaSet.load(folder)
    with pytest.raises(SchemaNotFound) as caught:
        schemas.get(TYPE, "2.0.0")
    assert str(caught.value) == f"{TYPE} has no schema version 2.0.0 - available: 1.0.0"
    with pytest.raises(SchemaNotFound, match=f"did you mean '{TYPE}'"):
        schemas.get("com.example.thing.maid", "1.0.0")
    with pytest.raises(SchemaNotFound):
        schemas.get(TYPE, "latest")
    assert not isinstance(caught.value, ConfigurationError)


@pytest.mark.parametrize(
    "text", ["1.0", "1.0.0-rc1", "01.0.0", "1.0.0 ", "v1.0.0", "1.0.٣", "", "1.0.1000000"]
)
def test_a_version_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def test_versions_sort_by_their_numbers() -> None:
    parse: Callable[[str], Version] = Version.parse
    assert sorted(map(parse, ["1.10.0", "1.9.9", "0.20.0"])) == list(
        map(parse, ["0.20.0", "1.9.9", "1.10.0"])
    )
    assert str(parse("1.10.0")) == "1.10.0"
