"""Generated classes take what the schemas take, refuse what they refuse, and come out the same every time."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.errors import BridgeError
from bridge.schemas.authoring.codegen import module_name, python_modules
from bridge.schemas.documents.event_document import REQUIRED
from bridge.schemas.documents.proposed import Proposed, from_file, newest_of, of_version
from bridge.schemas.documents.schema_set import SchemaSet
from tests.builders.places import ROOT

pytest.importorskip("datamodel_code_generator")

FOLDERS = ["event_schemas", "bridge/demo/configuration/event_schemas"]
UNSAID = {"contains", "uniqueItems"}
"""Rules of JSON Schema that pydantic's models do not have."""


def newest(folder: Path) -> list[Proposed]:
    known = SchemaSet.load(folder)
    return [of_version(known, schema) for name in known.types for schema in newest_of(known, name)]


def attributes(event_type: str, data: Any) -> dict[str, Any]:
    plain = dict.fromkeys(REQUIRED, "x")
    fixed = {"specversion": "1.0", "type": event_type, "datacontenttype": "application/json"}
    return {**plain, **fixed, "time": "2026-01-01T00:00:00Z", "data": data}


@pytest.fixture(params=FOLDERS)
def package(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[ModuleType, list[Proposed], Path]]:
    folder = ROOT / request.param
    schemas = newest(folder)
    name = f"generated_{Path(request.param).parts[0]}_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name).mkdir()
    for file, text in python_modules(schemas).items():
        (tmp_path / name / file).write_text(text)
    sys.path.insert(0, str(tmp_path))
    yield importlib.import_module(name), schemas, folder
    sys.path.remove(str(tmp_path))
    for each in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[each]


def test_every_valid_example_is_accepted_and_every_invalid_one_that_pydantic_can_detect_is_refused(
    package: tuple[ModuleType, list[Proposed], Path],
) -> None:
    generated, schemas, folder = package
    taken = refused = 0
    for schema in schemas:
        model = generated.EVENTS[schema.event_type]
        examples = folder / schema.type / "examples" / schema.version
        for path in examples.glob("valid/*.json"):
            event = attributes(schema.event_type, json.loads(path.read_text()))
            reported = model.model_validate_json(json.dumps(event))
            back = reported.model_dump(mode="json", by_alias=True, exclude_unset=True)
            assert same_times(back) == same_times(event), path
            taken += 1
        for path in examples.glob("invalid/*.json"):
            if path.stem.rpartition(".")[2] in UNSAID:
                continue
            event = attributes(schema.event_type, json.loads(path.read_text()))
            with pytest.raises(ValidationError):
                model.model_validate_json(json.dumps(event))
            refused += 1
    assert taken
    assert refused


def same_times(value: Any) -> Any:
    """Numbers without a fraction are the same whichever way they are written."""
    return json.loads(json.dumps(value), parse_float=float, parse_int=float)


def test_an_event_of_another_type_is_refused(package: tuple[ModuleType, list[Proposed], Path]) -> None:
    generated, schemas, folder = package
    schema = schemas[0]
    path = next((folder / schema.type / "examples" / schema.version / "valid").glob("*.json"))
    event = attributes("com.example.other.v1", json.loads(path.read_text()))
    with pytest.raises(ValidationError, match="type"):
        generated.EVENTS[schema.event_type].model_validate(event)


def test_the_same_schemas_give_the_same_bytes_wherever_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = newest(ROOT / FOLDERS[0])
    first = python_modules(schemas)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.black]\nline-length = 40\n[tool.ruff]\nline-length = 40\n"
    )
    monkeypatch.chdir(tmp_path)
    assert python_modules(list(reversed(schemas))) == first
    text = first[f"{module_name(schemas[0].event_type)}.py"]
    assert f"# {schemas[0].type} {schemas[0].version}" in text
    assert "# sha256 " in text
    assert "timestamp" not in text


def schema_file(folder: Path, document: dict[str, Any], type_name: str, version: str = "1.0.0") -> Proposed:
    path = folder / f"{type_name}-{version}.json"
    path.write_text(json.dumps({"$id": f"https://x.example.com/{type_name}/{version}.json", **document}))
    return from_file(path)


def loaded(text: str, tmp_path: Path, name: str) -> ModuleType:
    """The module's own part, without its package."""
    (tmp_path / f"{name}.py").write_text(text.split("class Thing(")[0].replace("from .cloud_event", "#"))
    spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_an_enumeration_to_which_values_may_be_added_takes_the_next_one(tmp_path: Path) -> None:
    document = {
        "type": "object",
        "properties": {"plan": {"enum": ["free"], "x-extensible-enum": True}, "step": {"enum": ["a"]}},
    }
    modules = python_modules([schema_file(tmp_path, document, "com.example.thing")])
    data = loaded(modules["com_example_thing_v1.py"], tmp_path, "extensible").ThingData
    assert data(plan="gold").plan == "gold"
    with pytest.raises(ValidationError):
        data(step="b")


AWKWARD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "patterns of three dialects": (
        {
            "a": {"type": "string", "pattern": r"^(?!x)\p{L}+$"},
            "b": {"type": "string", "pattern": r"^\p{L}$"},
            "c": {"type": "string", "pattern": r"^(.)\1$"},
            "d": {"type": "object", "patternProperties": {r"^\p{Lu}": {"type": "integer"}}},
        },
        {"a": "bé", "b": "é", "c": "aa", "d": {"Éa": 1}},
    ),
    "members that Python would call alike": (
        {"a-b": {"type": "string"}, "a_b": {"type": "integer"}},
        {"a_b": 3},
    ),
    "members whose names Python reads in another form": (
        {
            **{name: {"type": "string"} for name in ("ｉｄ", "ﬁrst", "µ", "ª-b", "①", "ſ")},
            "inner": {"type": "object", "properties": {"ｉｄ": {"type": "integer"}}, "required": ["ｉｄ"]},
        },
        {**{name: name for name in ("ｉｄ", "ﬁrst", "µ", "ª-b", "①", "ſ")}, "inner": {"ｉｄ": 1}},
    ),
    "members that Python would read as one name": (
        {
            "id": {"type": "integer"},
            "ｉｄ": {"type": "string"},
            "𝐢𝐝": {"type": "boolean"},
            "id_1": {"type": "string"},
            "s": {"type": "string"},
            "ſ": {"type": "string"},
        },
        {"id": 1, "ｉｄ": "a", "𝐢𝐝": True, "id_1": "b", "s": "x", "ſ": "y"},
    ),
    "enumerations and titles that Python would read as one name": (
        {
            "a": {"enum": ["id", "ｉｄ", "𝐢𝐝"]},
            "b": {"title": "Ｐart", "type": "object", "properties": {"x": {"type": "string"}}},
            "c": {"title": "Part", "type": "object", "properties": {"x": {"type": "integer"}}},
        },
        {"a": "ｉｄ", "b": {"x": "s"}, "c": {"x": 1}},
    ),
    "members that Python has words for": (
        {name: {"type": "string"} for name in ("class", "None", "copy", "model_config", "_x", "", "1st")},
        {"class": "a", "None": "b", "copy": "c", "model_config": "d", "_x": "e", "": "f", "1st": "g"},
    ),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_schemas_give_classes_that_take_their_events(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties, data = AWKWARD[name]
    proposed = schema_file(tmp_path, {"type": "object", "properties": properties}, "com.example.thing")
    package = f"awkward_{list(AWKWARD).index(name)}"
    (tmp_path / package).mkdir()
    for file, text in python_modules([proposed]).items():
        (tmp_path / package / file).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = importlib.import_module(package).EVENTS[proposed.event_type]
    event = attributes(proposed.event_type, data)
    reported = model.model_validate_json(json.dumps(event))
    assert reported.model_dump(mode="json", by_alias=True, exclude_unset=True)["data"] == data


def test_two_versions_of_one_major_are_refused(tmp_path: Path) -> None:
    schemas = [schema_file(tmp_path, {"type": "object"}, "com.example.thing", v) for v in ("1.0.0", "1.1.0")]
    with pytest.raises(BridgeError, match="two versions"):
        python_modules(schemas)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datamodel_code_generator", None)
    with pytest.raises(BridgeError, match="needs datamodel-code-generator") as caught:
        python_modules([schema_file(tmp_path, {"type": "object"}, "com.example.thing")])
    assert caught.value.hint == "pip install 'stream-bridge[codegen]'"
