"""A fingerprint changes exactly when the diff would say that the item changed."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.diff.fields import compile_diff, differing_names
from bridge.core.fingerprint import canonical_json, compile_fingerprint, field_hashes, fingerprint_version_of
from bridge.errors import MalformedRecord
from tests.builders.strategies import ITEMS, shuffled_item, two_images

fingerprint = compile_fingerprint(b"secret")


@given(two_images())
def test_two_items_have_one_fingerprint_exactly_when_they_do_not_differ(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = images
    differ = bool(compile_diff()(before, after, differing_names(before, after)))
    assert (fingerprint(before) != fingerprint(after)) == differ


@given(st.data())
def test_order_does_not_count(data: st.DataObject) -> None:
    item = data.draw(ITEMS)
    assert fingerprint(item) == fingerprint(shuffled_item(data.draw, item))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1.0"}, {"N": "1"}),
        ({"N": "1E+2"}, {"N": "100"}),
        ({"N": "-0"}, {"N": "0"}),
        ({"N": "007"}, {"N": "7"}),
        ({"N": ".5"}, {"N": "0.50"}),
        ({"N": "5."}, {"N": "5"}),
        ({"N": "-0.0"}, {"N": "0"}),
        ({"NS": ["10", "9.0"]}, {"NS": ["9", "1E+1"]}),
        ({"B": b"\x00"}, {"B": "AA=="}),
        ({"BS": [b"b", b"a"]}, {"BS": ["YQ==", "Yg=="]}),
        ({"SS": {"a", "b"}}, {"SS": ["b", "a"]}),
        ({"L": [{"M": {"x": {"N": "1.50"}}}]}, {"L": [{"M": {"x": {"N": "1.5"}}}]}),
    ],
)
def test_the_notation_of_a_value_does_not_count(one: Any, other: Any) -> None:
    assert fingerprint({"a": one}) == fingerprint({"a": other})


def test_ignored_paths_do_not_count() -> None:
    ignoring = compile_fingerprint(b"secret", (("updatedAt",), ("lines", "*", "seen")))
    item: dict[str, Any] = {
        "updatedAt": {"N": "1"},
        "lines": {"L": [{"M": {"seen": {"BOOL": True}, "n": {"N": "1"}}}]},
    }
    other: dict[str, Any] = {"lines": {"L": [{"M": {"n": {"N": "1"}}}]}}
    assert ignoring(item) == ignoring(other)
    other["lines"]["L"][0]["M"]["n"] = {"N": "2"}
    assert ignoring(item) != ignoring(other)


def test_hashes_depend_on_the_secret() -> None:
    item = {"a": {"S": "x"}}
    assert fingerprint(item) != compile_fingerprint(b"other")(item)
    assert field_hashes(b"one", item) != field_hashes(b"two", item)


def test_field_hashes_name_the_attributes_that_changed() -> None:
    one = field_hashes(b"k", {"a": {"N": "1"}, "b": {"S": "x"}, "c": {"S": "y"}})
    two = field_hashes(b"k", {"a": {"N": "1.0"}, "b": {"S": "z"}, "d": {"S": "y"}})
    changed = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    assert changed == {"b", "c", "d"}


def test_the_careful_and_the_quick_way_agree_on_what_is_plain_already() -> None:
    plain = {"a": {"N": "12.5"}, "b": {"N": "-7"}, "c": {"S": '"SS":'}}
    assert canonical_json(plain) == b'{"a":{"N":"12.5"},"b":{"N":"-7"},"c":{"S":"\\"SS\\":"}}'


@given(ITEMS)
def test_whichever_way_is_taken_the_text_is_what_the_careful_way_makes(item: dict[str, Any]) -> None:
    """Ledgers hold fingerprints: a faster way must give the same bytes."""
    careful = {name: carefully(value) for name, value in item.items()}
    assert canonical_json(item) == orjson.dumps(careful, option=orjson.OPT_SORT_KEYS)


def carefully(value: dict[str, Any]) -> dict[str, Any]:
    """Every value rebuilt, none passed over."""
    ((tag, content),) = value.items()
    if tag == "M":
        return {tag: {name: carefully(each) for name, each in content.items()}}
    if tag == "L":
        return {tag: [carefully(each) for each in content]}
    if tag == "N":
        return {tag: plain_notation(content)}
    if tag == "NS":
        return {tag: sorted(map(plain_notation, content))}
    return {tag: sorted(content)} if tag in ("SS", "BS") else value


def plain_notation(text: str) -> str:
    """By way of the decimal module alone."""
    with localcontext(prec=200):
        number = Decimal(text)
        if number == 0:
            return "0"
        return f"{number.normalize():f}"


@pytest.mark.parametrize(
    "value", [{"S": "\ud800"}, {"SS": ["\ud800"]}, {"N": "x.0"}, {"SS": 1}, {"B": object()}]
)
def test_what_is_not_legal_has_no_fingerprint(value: Any) -> None:
    with pytest.raises(MalformedRecord):
        fingerprint({"a": value})


def test_the_hashes_that_ledgers_hold_are_these() -> None:
    """Another value for the same item would make every row of every ledger differ."""
    item = {"id": {"S": "1"}, "n": {"N": "7"}}
    assert compile_fingerprint(b"k")(item) == "1c4fd19e177c030cb74b4a270cece0cb"
    assert field_hashes(b"k", item) == {"id": "2d2c9013", "n": "3f3dbe6f"}
    assert fingerprint_version_of(b"k", ["/a"], [("$.b", "hmac", b"x"), ("$.c", "drop", b"")]) == "79ce43bb"


def test_a_rule_of_redaction_counts_with_its_path_its_action_and_its_key() -> None:
    base = [("$.b", "hmac", b"x")]
    rules = [base, [("$.c", "hmac", b"x")], [("$.b", "mask", b"x")], [("$.b", "hmac", b"y")], []]
    versions = {fingerprint_version_of(b"k", (), each) for each in rules}
    assert len(versions) == len(rules)
    assert len({fingerprint_version_of(secret, (), base) for secret in (b"k", b"j")}) == 2
    assert fingerprint_version_of(b"k", ["/a", "/b"], ()) == fingerprint_version_of(b"k", ["/b", "/a"], ())


@pytest.mark.parametrize(
    ("path", "others"),
    [
        (("a",), {"b", "c"}),
        (("*",), set()),
        (("a", "x"), {"a", "b", "c"}),
        (("*", "x"), {"a", "b", "c"}),
        (("a", "x", "y"), {"a", "b", "c"}),
    ],
)
def test_only_what_is_named_is_ignored(path: tuple[str, ...], others: set[str]) -> None:
    """A change beside an ignored path changes the fingerprint."""
    of = compile_fingerprint(b"k", ignore=(path,))
    item: dict[str, Any] = {name: {"M": {"x": {"M": {"y": {"N": "1"}}}, "z": {"N": "1"}}} for name in "abc"}
    changed = set()
    for name in "abc":
        value = {"M": {**item[name]["M"], "z": {"N": "2"}}}
        if of({**item, name: value}) != of(item):
            changed.add(name)
    assert changed == others
    inner = {"M": {"x": {"M": {"y": {"N": "2"}}}, "z": {"N": "1"}}}
    assert of({**item, "a": inner}) == of(item)


def test_a_value_below_an_ignored_path_may_be_of_any_type() -> None:
    of = compile_fingerprint(b"k", ignore=(("a", "x"),))
    values: list[dict[str, Any]] = [
        {"S": "M"},
        {"N": "1"},
        {"M": {}},
        {"L": []},
        {"SS": ["x"]},
        {"NULL": True},
    ]
    assert len({of({"a": value}) for value in values}) == len(values)


def test_sets_that_are_python_sets_read_as_lists_of_their_members_in_order() -> None:
    listed = {"s": {"SS": ["a", "b"]}, "b": {"BS": ["YQ==", "Yg=="]}, "m": {"M": {"s": {"SS": ["a", "b"]}}}}
    native = {"s": {"SS": {"b", "a"}}, "b": {"BS": {b"b", b"a"}}, "m": {"M": {"s": {"SS": {"b", "a"}}}}}
    assert canonical_json(native) == canonical_json(listed)  # type: ignore[arg-type]


@pytest.mark.parametrize("beside", [{"SS": ["b", "a"]}, {"S": "x"}, {"N": "1"}, {"N": "1.0"}, {"BOOL": True}])
@pytest.mark.parametrize("inside", [{"SS": ["b", "a"]}, {"N": "1.0"}, {"N": "1"}, {"S": "x"}])
def test_a_set_or_a_number_inside_is_found_whatever_is_beside_it(
    beside: dict[str, Any], inside: dict[str, Any]
) -> None:
    for held in ({"M": {"k": inside}}, {"L": [inside]}):
        item = {"a": beside, "m": held, "z": beside}
        careful = {name: carefully(value) for name, value in item.items()}
        assert canonical_json(item) == orjson.dumps(careful, option=orjson.OPT_SORT_KEYS)
