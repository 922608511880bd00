"""What a mapping may say of a value beyond a path: a table of values, a default, a constant."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.mapping.derive import data_getter
from bridge.core.mapping.language import compile_mapping, mapping_problems
from bridge.core.mapping.paths import MappingError
from bridge.core.mapping.project import getter_of
from bridge.core.records.decode import decode
from bridge.errors import MappingFailed
from tests.builders.bridges import table
from tests.builders.records import lambda_record

DATA = {
    "plan": "pro",
    "seats": 3,
    "active": True,
    "note": None,
    "price": 1.5,
    "lines": [{"sku": "TEA"}, {"sku": "POT"}],
    "deep": {"er": {"est": 1}},
}


def of_data(mapping: dict[str, Any]) -> Any:
    return compile_mapping(mapping, data_getter)(DATA)


def of_change(mapping: dict[str, Any]) -> Any:
    under_after = lambda_record(
        key={"id": "a"}, after={"id": "a", **{k: DATA[k] for k in DATA if k != "price"}}
    )
    return compile_mapping(mapping, getter_of)(table().view(decode(under_after)))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ({"$path": "$.plan"}, "pro"),
        ({"$path": "$.plan", "$lookup": {"free": 0, "pro": 1}}, 1),
        ({"$path": "$.plan", "$lookup": {"free": 0}, "$default": 9}, 9),
        ({"$path": "$.nowhere", "$lookup": {"free": 0}, "$default": 9}, 9),
        ({"$path": "$.nowhere", "$default": "none"}, "none"),
        ({"$path": "$.nowhere", "$default": "$.plan"}, "pro"),
        ({"$path": "$.nowhere", "$default": {"$path": "$.nowhere", "$default": [1]}}, [1]),
        ({"$path": "$.note", "$default": "none"}, None),
        ({"$path": "$.seats", "$lookup": {"3": "three"}}, "three"),
        ({"$path": "$.active", "$lookup": {"true": "yes", "false": "no"}}, "yes"),
        ({"$path": "$.note", "$lookup": {"null": "nothing"}}, "nothing"),
        ({"$path": "$.plan", "$lookup": {"pro": "$.seats"}}, 3),
        ({"$path": "$.lines[*].sku", "$lookup": {"TEA": "tea"}, "$default": "other"}, ["tea", "other"]),
        ({"$const": {"$path": "$.plan"}}, {"$path": "$.plan"}),
        ({"$const": "$.plan"}, "$.plan"),
        ({"$$path": "$.plan", "$$$x": "$$5"}, {"$path": "pro", "$$x": "$5"}),
    ],
)
def test_a_value_may_be_looked_up_defaulted_or_constant(said: Any, value: Any) -> None:
    assert of_data({"it": said}) == {"it": value}


def test_changes_are_mapped_by_the_same_language() -> None:
    assert of_change(
        {
            "tier": {"$path": "$.after.plan", "$lookup": {"free": "free", "pro": "paid"}},
            "was": {"$path": "$.before.plan", "$default": "nothing"},
            "paths": {"$const": ["$.after.plan"]},
        }
    ) == {"tier": "paid", "was": "nothing", "paths": ["$.after.plan"]}


def test_a_path_that_finds_nothing_leaves_its_member_out_also_with_a_table() -> None:
    assert of_data({"it": {"$path": "$.nowhere", "$lookup": {"a": 1}}, "deep": "$.deep.er.nowhere"}) == {}


def test_data_is_selected_and_renamed_at_every_depth() -> None:
    assert of_data({"a": "$.deep.er.est", "b": "$.lines[1].sku", "c": "$.lines[?(@.sku == 'POT')].sku"}) == {
        "a": 1,
        "b": "POT",
        "c": ["POT"],
    }


def test_a_value_that_the_table_lacks_fails_the_mapping_without_showing_it() -> None:
    for path in ("$.plan", "$.price", "$.lines[*].sku"):
        with pytest.raises(MappingFailed, match=r"mapping of /a/b: .* is not in its \$lookup") as caught:
            of_data({"a": {"b": {"$path": path, "$lookup": {"free": 0}}}})
        assert "pro" not in caught.value.message.replace("$.price", "")


@pytest.mark.parametrize(
    ("said", "place", "problem"),
    [
        ({"$pth": "$.plan"}, ("a", "$pth"), "'$pth' is none of"),
        ({"$path": "$.plan", "default": 1}, ("a", "default"), "'default' is none of"),
        ({"$path": "plan["}, ("a", "$path"), "begins with"),
        ({"$path": 7}, ("a", "$path"), "is text"),
        ({"$path": ["$.plan"], "$lookup": {"a": 1}}, ("a", "$path"), "is text"),
        ({"$lookup": {"a": 1}}, ("a",), "$path is missing"),
        ({"$path": "$.plan", "$lookup": {}}, ("a", "$lookup"), "must be a mapping"),
        ({"$path": "$.plan", "$lookup": {"a": "$.b["}}, ("a", "$lookup", "a"), "not a JSONPath"),
        ({"$path": "$.plan", "$default": {"b": "$x"}}, ("a", "$default", "b"), "begins with"),
        ({"$const": 1, "$default": 2}, ("a",), "$const must be the only member"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(
    said: Any, place: tuple[str, ...], problem: str
) -> None:
    (found,) = mapping_problems({"a": said}, data_getter)
    assert (found.path, problem in found.message) == (place, True), found.message
    with pytest.raises(MappingError):
        compile_mapping({"a": said}, data_getter)


def test_a_misspelt_word_gets_a_suggestion_and_all_problems_are_found_at_once() -> None:
    found = mapping_problems({"a": {"$pth": "$.x"}, "b": "$x", "c": [{"$dollars": 1}]}, data_getter)
    assert [(each.path, each.suggestion) for each in found] == [
        (("a", "$pth"), "did you mean '$path'?"),
        (("b",), ""),
        (("c", 0, "$dollars"), "write $$dollars for a member of that name"),
    ]


def test_what_a_derivation_reads_stays_as_it_was() -> None:
    before = repr(DATA)
    of_data({"all": "$.deep", "line": {"$path": "$.lines[0].sku", "$lookup": {"TEA": [1]}}})
    assert repr(DATA) == before
