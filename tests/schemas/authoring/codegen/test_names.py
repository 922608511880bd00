"""Names that code cannot have get others, and each member is read by its real name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.schemas.authoring.codegen import rig

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}

AWKWARD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "members that Python would call alike": ({"a-b": TEXT, "a_b": WHOLE, "a b": TEXT}, {"a_b": 3}),
    "members whose names Python reads in another form": (
        {
            **dict.fromkeys(("ｉｄ", "ﬁrst", "µ", "ª-b", "①", "ſ"), TEXT),
            "inner": {"type": "object", "properties": {"ｉｄ": WHOLE}, "required": ["ｉｄ"]},
        },
        {**{name: name for name in ("ｉｄ", "ﬁrst", "µ", "ª-b", "①", "ſ")}, "inner": {"ｉｄ": 1}},
    ),
    "members that Python would read as one name": (
        {"id": WHOLE, "ｉｄ": TEXT, "𝐢𝐝": {"enum": [True]}, "id_1": TEXT, "id2": TEXT, "s": TEXT, "ſ": TEXT},
        {"id": 1, "ｉｄ": "a", "𝐢𝐝": True, "id_1": "b", "id2": "c", "s": "x", "ſ": "y"},
    ),
    "titles that Python would read as one name": (
        {
            "b": {"title": "Ｐart", "type": "object", "properties": {"x": TEXT}},
            "c": {"title": "Part", "type": "object", "properties": {"x": WHOLE}},
            "Part": {"title": "1st part", "type": "object", "properties": {"x": WHOLE}},
        },
        {"b": {"x": "s"}, "c": {"x": 1}, "Part": {"x": 2}},
    ),
    "members that Python has words for": (
        dict.fromkeys(("class", "None", "copy", "model_config", "_x", "__y", "", "1st", "self"), TEXT),
        {"class": "a", "None": "b", "copy": "c", "model_config": "d", "_x": "e", "__y": "f", "": "g",
         "1st": "h", "self": "i"},
    ),
    "members that generated code has words for": (
        dict.fromkeys(("str", "Any", "member", "to_json", "from_json", "ID", "Literal", "Sequence"), TEXT),
        {"str": "a", "Any": "b", "member": "c", "to_json": "d", "from_json": "e", "ID": "f", "Literal": "g"},
    ),
    "classes that generated code has words for": (
        {
            name: {"title": name, "type": "object", "properties": {"x": WHOLE}}
            for name in ("JsonObject", "Any", "CloudEvent", "ThingV1", "ThingV1Data", "Record", "None", "ID")
        },
        {name: {"x": 1} for name in ("JsonObject", "Any", "CloudEvent", "ThingV1", "ThingV1Data", "Record")},
    ),
    "texts with the marks of code": (
        {'"""': {"description": 'A """ text \\ with \n */ marks.', "enum": ['"""', "*/", "\\", "\u2028"]}},
        {'"""': "\u2028"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_every_member_is_read_by_its_real_name(tmp_path: Path, name: str) -> None:
    properties, data = AWKWARD[name]
    schema = rig.proposed(tmp_path, {"type": "object", "properties": properties}, "com.example.thing")
    package = rig.imported([schema], tmp_path)
    made = package.EVENTS[schema.event_type].from_json(rig.event_of(schema.event_type, data))
    assert json.dumps(made.to_json()["data"]) == json.dumps(data)
    read = {
        each.name: getattr(made.data, attribute) for attribute, each in type(made.data)._members().items()
    }
    rig.forget(package)
    assert set(read) == set(properties)
    assert {name: _json(each) for name, each in read.items() if each is not None} == data


def _json(value: Any) -> Any:
    return value.to_json() if hasattr(value, "to_json") else value


def test_another_name_is_close_to_the_real_one(tmp_path: Path) -> None:
    names = {"first-name": "first_name", "class": "class_", "to_json": "to_json_", "str": "str_",
             "_x": "field_x", "1st": "field_1st", "": "field_"}  # fmt: skip
    inner = {"type": "object", "properties": {"x": WHOLE}}
    document = {"type": "object", "properties": {**dict.fromkeys(names, TEXT), "Inner": inner}}
    names["Inner"] = "Inner_"
    package = rig.imported([rig.proposed(tmp_path, document, "com.example.thing")], tmp_path)
    data_class = rig.module(package, "com_example_thing_v1").ThingV1Data
    rig.forget(package)
    assert {each.name: attribute for attribute, each in data_class._members().items()} == names


def test_a_description_is_the_docstring_whatever_is_in_it(tmp_path: Path) -> None:
    text = 'Ends with "quotes" and a \\ and \U0001f600 \u2028 "'
    inner = {"type": "object", "description": text, "properties": {"x": WHOLE}}
    document = {"type": "object", "properties": {"inner": inner}}
    package = rig.imported([rig.proposed(tmp_path, document, "com.example.thing")], tmp_path)
    assert rig.module(package, "com_example_thing_v1").Inner.__doc__ == " ".join(text.split())
    rig.forget(package)


def test_a_member_keeps_its_name_where_python_allows_it(tmp_path: Path) -> None:
    names = ["userId", "UserID", "user_id", "größe", "list", "data", "get", "items", "type"]
    document = {"type": "object", "properties": dict.fromkeys(names, TEXT)}
    package = rig.imported([rig.proposed(tmp_path, document, "com.example.thing")], tmp_path)
    data_class = rig.module(package, "com_example_thing_v1").ThingV1Data
    rig.forget(package)
    assert list(data_class._members()) == names
