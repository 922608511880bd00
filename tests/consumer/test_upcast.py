"""An old event becomes one of the newest major by the declared mappings, and keeps what identifies it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bridge.consumer.upcast import Upcaster
from bridge.errors import MappingFailed

TYPE = "com.example.user.plan_changed"
DECLARED = {
    TYPE: {
        "1": {
            "to": "2.1.0",
            "dataschema": "s/2.1.0",
            "data": {"user": "$.userId", "plan": {"name": "$.plan"}},
        },
        "2": {"to": "3.0.0", "dataschema": "s/3.0.0", "data": {"id": "$.user", "plan": "$.plan.name"}},
    }
}
OLD: dict[str, Any] = {
    "specversion": "1.0", "id": "e-1:x.v1", "type": f"{TYPE}.v1", "sequence": "s/01", "dataschema": "s/1.0.0",
    "deprecated": True, "deprecationsunset": "2027-06-30T23:59:59Z", "correlationid": "e-1:x",
    "data": {"userId": "u-1", "plan": "pro"},
}  # fmt: skip


def test_an_old_event_becomes_one_of_the_newest_major_and_keeps_its_identity() -> None:
    before = dict(OLD, data=dict(OLD["data"]))
    made = Upcaster(DECLARED).upcast(OLD)
    assert made == {
        "specversion": "1.0", "id": "e-1:x.v1", "type": f"{TYPE}.v3", "sequence": "s/01",
        "dataschema": "s/3.0.0", "correlationid": "e-1:x", "data": {"id": "u-1", "plan": "pro"},
    }  # fmt: skip
    assert before == OLD


@pytest.mark.parametrize("type_name", [f"{TYPE}.v3", f"{TYPE}.v9", "com.example.other.v1", TYPE, ""])
def test_an_event_without_a_mapping_is_returned_as_it_is(type_name: str) -> None:
    event = {**OLD, "type": type_name}
    assert Upcaster(DECLARED).upcast(event) == event


def test_a_function_is_used_where_a_mapping_is_not_enough() -> None:
    def newer(data: dict[str, Any]) -> dict[str, Any]:
        return {"user": data["userId"].upper(), "plan": {"name": data.pop("plan")}}

    made = Upcaster(DECLARED, {(TYPE, 1): newer}).upcast(OLD)
    assert made["data"] == {"id": "U-1", "plan": "pro"}
    assert OLD["data"]["plan"] == "pro"  # the function got a copy


def test_what_fails_is_named_without_its_values() -> None:
    def broken(data: dict[str, Any]) -> dict[str, Any]:
        raise KeyError(data["userId"])

    with pytest.raises(MappingFailed, match="raised KeyError") as caught:
        Upcaster(DECLARED, {(TYPE, 1): broken}).upcast(OLD)
    assert "u-1" not in str(caught.value)


def test_data_that_is_stored_elsewhere_is_fetched_first() -> None:
    stored = {name: value for name, value in OLD.items() if name != "data"}
    with pytest.raises(MappingFailed, match="fetch what dataref points to first"):
        Upcaster(DECLARED).upcast({**stored, "dataref": "s3://b/k"})


def test_a_declaration_that_leads_nowhere_newer_is_refused() -> None:
    with pytest.raises(ValueError, match="which is no newer major"):
        Upcaster({TYPE: {"2": {"to": "2.1.0", "dataschema": "s", "data": {}}}})
    with pytest.raises(ValueError, match="is never called"):
        Upcaster(DECLARED, {(TYPE, 7): dict})


def test_it_needs_only_the_standard_library_and_the_reader_of_paths() -> None:
    code = (
        "import sys, bridge.consumer.upcast as u; u.Upcaster({'a.b': {'1': {'to': '2.0.0', 'dataschema': 's',"
        " 'data': {'x': {'$path': '$.y.z', '$default': 1}}}}});"
        "known = {*sys.stdlib_module_names, 'bridge', 'jsonpath_ng'};"
        "print([m for m in sys.modules if m.split('.')[0] not in known and not m.startswith('_')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
