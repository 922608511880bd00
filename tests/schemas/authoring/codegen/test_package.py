"""A package has a module for each event and for what they refer to; the same schemas give the same bytes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError
from bridge.schemas.authoring.codegen import package as package_module
from bridge.schemas.authoring.codegen.generate import generated_files
from bridge.schemas.documents.nodes import Documents, Node
from bridge.schemas.documents.proposed import Proposed
from tests.builders.places import ROOT
from tests.schemas.authoring.codegen import rig

LANGUAGES = ("python", "typescript")
ADDRESS = "https://x.example.com/com.example.address/1.0.0.json"


def together(documents: dict[str, dict[str, Any]], wanted: list[str]) -> list[Proposed]:
    """Events of a set: ``documents`` by type, each as version 1.0.0."""
    known = {f"https://x.example.com/{name}/1.0.0.json": each for name, each in documents.items()}
    validator: Any = None
    return [
        Proposed(f"https://x.example.com/{name}/1.0.0.json", name, "1.0.0", documents[name], known, validator)
        for name in wanted
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_schemas_give_the_same_bytes_wherever_it_runs(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = rig.newest(ROOT / rig.FOLDERS[0])
    first = generated_files(schemas, language)
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 40\n")
    monkeypatch.chdir(tmp_path)
    assert generated_files(list(reversed(schemas)), language) == first
    suffix = "py" if language == "python" else "ts"
    text = first[f"com_example_user_plan_changed_v2.{suffix}"]
    assert "com.example.user.plan_changed 2.0.0\n" in text
    assert " sha256 " in text


def test_the_hash_in_the_header_changes_with_a_document_that_is_referred_to() -> None:
    event = {"properties": {"home": {"$ref": ADDRESS}}}
    heads = {
        generated_files(
            together({"com.example.a": event, "com.example.address": address}, ["com.example.a"]), "python"
        )["com_example_a_v1.py"].partition("from __future__")[0]
        for address in ({"type": "object"}, {"type": "object", "title": "Address"})
    }
    assert len(heads) == 2


def test_what_several_events_refer_to_is_written_once(tmp_path: Path) -> None:
    address = {
        "$id": ADDRESS,
        "type": "object",
        "properties": {"zip": {"type": "string"}, "owner": {"$ref": "../com.example.a/1.0.0.json"}},
    }
    event = {"type": "object", "properties": {"home": {"$ref": ADDRESS}}, "required": ["home"]}
    documents = {"com.example.address": address, "com.example.a": event, "com.example.b": event}
    package = rig.imported(together(documents, ["com.example.a", "com.example.b"]), tmp_path)
    data = {"home": {"zip": "1", "owner": {"home": {"zip": "2"}}}}
    made = [
        package.EVENTS[f"com.example.{name}.v1"].from_json(rig.event_of(f"com.example.{name}.v1", data))
        for name in "ab"
    ]
    assert type(made[0].data.home) is type(made[1].data.home)
    assert made[1].data.home.owner.home.zip == "2"
    assert type(made[0].data.home).__name__ == "AddressV1"
    with pytest.raises(ValueError, match="/data/home/owner lacks the required member 'home'"):
        package.EVENTS["com.example.b.v1"].from_json(
            rig.event_of("com.example.b.v1", {"home": {"owner": {}}})
        )
    rig.forget(package)


def test_a_module_does_not_depend_on_what_else_is_requested() -> None:
    schemas = rig.newest(ROOT / rig.FOLDERS[0])
    for language in LANGUAGES:
        everything = generated_files(schemas, language)
        for schema in schemas:
            alone = generated_files([schema], language)
            own = {name for name in alone if name.startswith("com_")}
            assert own
            assert {name: alone[name] for name in own} == {name: everything[name] for name in own}


def test_a_reference_that_leads_nowhere_refuses_everything_as_the_bridge_does(tmp_path: Path) -> None:
    documents = {"com.example.a": {"properties": {"x": {"$ref": "https://nowhere.example.com/x"}}}}
    package = rig.imported(together(documents, ["com.example.a"]), tmp_path)
    model = package.EVENTS["com.example.a.v1"]
    assert model.from_json(rig.event_of("com.example.a.v1", {"y": 1})).to_json()["data"] == {"y": 1}
    with pytest.raises(package.InvalidJson):
        model.from_json(rig.event_of("com.example.a.v1", {"x": 1}))
    rig.forget(package)


def test_a_schema_that_extends_another_one_dynamically_decides(tmp_path: Path) -> None:
    tree: dict[str, Any] = {
        "$id": "https://x.example.com/com.example.tree/1.0.0.json",
        "$dynamicAnchor": "node",
        "properties": {"name": {"type": "string"}, "children": {"items": {"$dynamicRef": "#node"}}},
    }
    strict: dict[str, Any] = {
        "$id": "https://x.example.com/com.example.strict/1.0.0.json",
        "$dynamicAnchor": "node",
        "$ref": "../com.example.tree/1.0.0.json",
        "unevaluatedProperties": False,
    }
    documents = {"com.example.tree": tree, "com.example.strict": strict}
    package = rig.imported(together(documents, ["com.example.strict"]), tmp_path)
    model, kind = package.EVENTS["com.example.strict.v1"], "com.example.strict.v1"
    data = {"children": [{"name": "a"}]}
    assert model.from_json(rig.event_of(kind, data)).data["children"] == data["children"]
    with pytest.raises(package.InvalidJson, match="/data/children/0"):
        model.from_json(rig.event_of(kind, {"children": [{"nam": "a"}]}))
    rig.forget(package)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_schemas_of_a_set_stay_as_they_are(language: str) -> None:
    schema = {"properties": {"plan": {"enum": ["free"], "x-extensible-enum": True}}}
    generated_files(together({"com.example.a": schema}, ["com.example.a"]), language)
    assert schema == {"properties": {"plan": {"enum": ["free"], "x-extensible-enum": True}}}


def test_two_versions_of_one_major_are_refused(tmp_path: Path) -> None:
    schemas = [rig.proposed(tmp_path, {"type": "object"}, "com.example.t", v) for v in ("1.0.0", "1.1.0")]
    with pytest.raises(BridgeError, match=r"two versions of com\.example\.t\.v1"):
        generated_files(schemas, "python")


def test_two_types_with_one_module_name_are_refused(tmp_path: Path) -> None:
    schemas = [
        rig.proposed(tmp_path, {"type": "object"}, name) for name in ("com.example.a_b", "com.example.a.b")
    ]
    with pytest.raises(BridgeError, match="need the same module name"):
        generated_files(schemas, "typescript")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a document is parsed for references, and a schema is looked at."""
    counted: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def count(*values: Any) -> Any:
            counted[name] += 1
            return real(*values)

        return count

    monkeypatch.setattr(package_module, "_refers", counting("refers", package_module._refers))
    monkeypatch.setattr(package_module, "_opened", counting("opened", package_module._opened))
    monkeypatch.setattr(Documents, "resolve", counting("resolve", Documents.resolve))
    monkeypatch.setattr(Node, "at", counting("at", Node.at))
    return counted


def chained(count: int) -> list[Proposed]:
    """Events that refer to each other in a chain, and all to one definition."""
    documents = {
        f"com.example.n{number}": {
            "type": "object",
            "properties": {
                "next": {"$ref": f"../com.example.n{number + 1}/1.0.0.json"},
                "home": {"$ref": "../com.example.n0/1.0.0.json#/$defs/home"},
            },
            "$defs": {"home": {"type": "object", "properties": {"zip": {"type": "string"}}}},
        }
        for number in range(count)
    }
    return together(documents, list(documents))


@pytest.mark.parametrize("language", LANGUAGES)
def test_work_and_text_grow_with_the_number_of_schemas_and_not_with_its_square(
    language: str, steps: Counter[str]
) -> None:
    small = sum(map(len, generated_files(chained(20), language).values()))
    few = dict(steps)
    steps.clear()
    large = sum(map(len, generated_files(chained(80), language).values()))
    assert set(few) == {"refers", "opened", "resolve", "at"}
    assert max(steps[name] / few[name] for name in few) <= 4.2
    assert large <= 4.4 * small
