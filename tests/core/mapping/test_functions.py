"""Functions of mappings: what each makes of a value, and that no value makes one raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mapping.derive import data_getter
from bridge.core.mapping.functions import FUNCTIONS, MISSING
from bridge.core.mapping.language import compile_mapping, mapping_problems
from bridge.core.mapping.project import getter_of
from bridge.core.records.decode import decode
from bridge.errors import MappingFailed
from tests.builders.bridges import table
from tests.builders.records import lambda_record

NOTHING = "left out"
"""Written for a member that is left out."""
LONG = "12345678901234567890123456789012345678"
"""38 digits: all that DynamoDB keeps."""


def of(value: Any, said: Any, **more: Any) -> Any:
    """What ``said`` makes of ``value`` at ``$.x``."""
    made = compile_mapping({"it": said}, data_getter)({"x": value, **more})
    return made.get("it", NOTHING)


@pytest.mark.parametrize(
    ("said", "value", "made"),
    [
        ("$upper", "straße", "STRASSE"),  # Unicode's full casing, whatever the machine's locale
        ("$upper", "i", "I"),
        ("$lower", "İ", "i\u0307"),
        ("$lower", "ΟΔΟΣ", "οδος"),
        ("$upper", "a\ud800", "A\ud800"),
        ("$upper", "", ""),
        ("$upper", 7, "7"),
        ("$trim", "\u00a0 a b\n", "a b"),
        ("$upper", ["a", 1, None, ["b"], "c"], ["A", "1", "C"]),
        ("$string", 5, "5"),
        ("$string", -0.0, "0"),
        ("$string", 1e-7, "0.0000001"),
        ("$string", 0.1, "0.1"),
        ("$string", True, "true"),
        ("$string", LONG, LONG),
        ("$string", 2**1100 - 1, str(2**1100 - 1)),
        ("$number", "1" + "0" * 37, "1" + "0" * 37),
        ("$number", "0" * 199 + "5", 5),
        ("$number", "5", 5),
        ("$number", "-05.50", -5.5),
        ("$number", "1e3", 1000),
        ("$number", "9007199254740991", 9007199254740991),
        ("$number", "9007199254740993", "9007199254740993"),
        ("$number", LONG, LONG),
        ("$number", 1.5, 1.5),
        ("$number", ["1", "x", "2"], [1, 2]),
    ],
)
def test_text_and_numbers_are_made_of_each_other(said: str, value: Any, made: Any) -> None:
    result = of(value, {said: "$.x"})
    assert (result, type(result)) == (made, type(made))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        *((name, value) for name in FUNCTIONS for value in (None, {}, {"a": 1}, float("nan"), float("inf"))),
        *((name, True) for name in FUNCTIONS if name != "$string"),
        *(pytest.param(name, 10**5000, id=f"{name}-huge") for name in FUNCTIONS),
        *(
            (("$number", text))
            for text in ("", "x", " 1", "1 ", "１", "0x1", "1_0", "NaN", LONG + "9", "1e999")
        ),
        *(("$number", text) for text in (LONG + "9", "1e999", "0" * 201, "7".zfill(201))),
        ("$date", "2026-11-30"),
        ("$join", "abc"),
        ("$join", ["a", None]),
        ("$concat", ["a", ["b"]]),
    ],
)
def test_what_a_function_cannot_use_is_left_out_or_the_default(said: str, value: Any) -> None:
    call = {said: "$.x"} | ({"$by": "#"} if said in ("$split", "$join") else {})
    assert of(value, call) == NOTHING
    assert of(value, {**call, "$default": "none"}) == "none"


@pytest.mark.parametrize("said", FUNCTIONS)
def test_a_path_that_finds_nothing_is_left_out_or_the_default(said: str) -> None:
    call = {said: "$.nowhere"} | ({"$by": "#"} if said in ("$split", "$join") else {})
    assert (of(1, call), of(1, {**call, "$default": "$.x"})) == (NOTHING, 1)


@pytest.mark.parametrize(
    ("index", "part"),
    [(0, "ORDER"), (2, "7"), (-1, "7"), (-3, "ORDER"), (3, NOTHING), (-4, NOTHING), (10**30, NOTHING)],
)
def test_a_part_is_counted_from_either_end(index: int, part: str) -> None:
    assert of("ORDER##7", {"$split": "$.x", "$by": "#", "$index": index}) == part


def test_split_without_an_index_gives_all_parts_and_the_separator_may_be_longer() -> None:
    assert of("a, b, ", {"$split": "$.x", "$by": ", "}) == ["a", "b", ""]
    assert of("a", {"$split": "$.x", "$by": ", "}) == ["a"]
    assert of(["a#1", "b", 3.5], {"$split": "$.x", "$by": "#", "$index": 1}) == ["1"]
    assert of("a$b", {"$split": "$.x", "$by": "$$", "$index": 1}) == "b"


@pytest.mark.parametrize(
    ("value", "unit", "made"),
    [
        (0, None, "1970-01-01T00:00:00Z"),
        (1796083200, None, "2026-12-01T00:00:00Z"),
        (1796083200123, None, "2026-12-01T00:00:00.123Z"),
        ("1796083200", None, "2026-12-01T00:00:00Z"),
        (1796083200.5, None, "2026-12-01T00:00:00.500Z"),
        ("1796083200.1234567", None, "2026-12-01T00:00:00.123456Z"),
        (-1, None, "1969-12-31T23:59:59Z"),
        (-0.0000001, None, "1969-12-31T23:59:59.999999Z"),
        (99999999999, None, "5138-11-16T09:46:39Z"),
        (100000000000, None, "1973-03-03T09:46:40Z"),
        (100000000000, "s", "5138-11-16T09:46:40Z"),
        (5000, "ms", "1970-01-01T00:00:05Z"),
        (253402300799, "s", "9999-12-31T23:59:59Z"),
        (253402300800, "s", NOTHING),
        (-62135596800, "s", "0001-01-01T00:00:00Z"),
        (-62135596801, "s", NOTHING),
        (253402300800000, "ms", NOTHING),
        ("253402300799999999", "ms", NOTHING),
        ("253402300799.999999", "s", "9999-12-31T23:59:59.999999Z"),
        ("1E+125", None, NOTHING),
        ("1E-130", None, "1970-01-01T00:00:00Z"),
        (1e300, None, NOTHING),
        ([0, "x", 60], None, ["1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z"]),
    ],
)
def test_an_epoch_becomes_a_date_by_its_magnitude_or_unit(value: Any, unit: str | None, made: Any) -> None:
    assert of(value, {"$date": "$.x"} | ({"$unit": unit} if unit else {})) == made


def test_texts_are_joined_and_one_that_is_missing_leaves_the_whole_out() -> None:
    assert of("b", {"$join": ["a", "$.x", 3], "$by": "/"}) == "a/b/3"
    assert of("b", {"$concat": ["a-", "$.x", "$$"]}) == "a-b$"
    assert of(["a", "b"], {"$join": "$.x", "$by": ", "}) == "a, b"
    assert of([], {"$join": "$.x", "$by": ", "}) == ""
    assert of([{"s": "a"}, {"s": "b"}], {"$concat": "$.x[*].s"}) == "ab"
    assert of("b", {"$concat": ["a", "$.nowhere"]}) == NOTHING
    assert of("b", {"$concat": ["a", {"$string": "$.nowhere", "$default": "?"}]}) == "a?"


def test_functions_are_nested_and_their_results_looked_up() -> None:
    kind = {"$lower": {"$split": {"$trim": "$.x"}, "$by": "#", "$index": 0}}
    assert of(" ORDER#1 ", kind) == "order"
    table = {"order": "bought", "user": "person"}
    assert of("ORDER#1", {**kind, "$lookup": table}) == "bought"
    assert of("CART#1", {**kind, "$lookup": table, "$default": "other"}) == "other"
    assert of(None, {**kind, "$lookup": table, "$default": "other"}) == "other"
    assert of(None, {**kind, "$lookup": table}) == NOTHING
    assert of(["ORDER#1", "USER#2"], {**kind, "$lookup": table}) == ["bought", "person"]
    assert of("a,b", {"$join": {"$upper": {"$split": "$.x", "$by": ","}}, "$by": "+"}) == "A+B"


def test_a_result_that_its_table_lacks_fails_the_mapping_without_showing_it() -> None:
    with pytest.raises(MappingFailed, match=r"the value of \$lower is not in its \$lookup") as caught:
        of("SECRET", {"$lower": "$.x", "$lookup": {"a": "b"}})
    assert "secret" not in caught.value.message


def test_the_functions_read_changes_as_they_read_data() -> None:
    change = decode(lambda_record(key={"id": "USER#a"}, after={"id": "USER#a", "ttl": 60, "n": "5"}))
    mapping = {
        "userId": {"$split": "$.key.id", "$by": "#", "$index": 1},
        "until": {"$date": "$.after.ttl"},
        "n": {"$number": "$.after.n"},
    }
    made = compile_mapping(mapping, getter_of)(table().view(change))
    assert made == {"userId": "a", "until": "1970-01-01T00:01:00Z", "n": 5}


@pytest.mark.parametrize(
    ("said", "place", "problem"),
    [
        ({"$split": "$.x"}, ("a", "$by"), "needs a separator"),
        ({"$split": "$.x", "$by": ""}, ("a", "$by"), "is empty"),
        ({"$join": "$.x", "$by": ""}, ("a", "$by"), "is empty"),
        ({"$split": "$.x", "$by": 5}, ("a", "$by"), "is text"),
        ({"$split": "$.x", "$by": "$.y"}, ("a", "$by"), "no path"),
        ({"$split": "$.x", "$by": "#", "$index": "1"}, ("a", "$index"), "whole number"),
        ({"$split": "$.x", "$by": "#", "$index": True}, ("a", "$index"), "whole number"),
        ({"$date": "$.x", "$unit": "us"}, ("a", "$unit"), "s (seconds)"),
        ({"$date": "$.x", "$unit": None}, ("a", "$unit"), "s (seconds)"),
        ({"$date": "$.x", "$unit": ["s"]}, ("a", "$unit"), "s (seconds)"),
        ({"$upper": "$.x", "$by": "#"}, ("a", "$by"), "belongs to $split and $join"),
        ({"$path": "$.x", "$unit": "s"}, ("a", "$unit"), "belongs to $date"),
        ({"$upper": "$.x", "$trim": "$.x"}, ("a", "$trim"), "cannot both be the value"),
        ({"$path": "$.x", "$trim": "$.x"}, ("a", "$path"), "cannot both be the value"),
        ({"$upper": "$.x["}, ("a", "$upper"), "not a JSONPath"),
        ({"$upper": {"b": "$.x"}}, ("a", "$upper"), "takes a path"),
        ({"$upper": None}, ("a", "$upper"), "takes a path"),
        ({"$concat": "abc"}, ("a", "$concat"), "takes a list"),
        ({"$concat": ["a", "$.x["]}, ("a", "$concat", 1), "not a JSONPath"),
        ({"$uper": "$.x"}, ("a", "$uper"), "is none of"),
        ({"$upper": "$.x", "$const": 1}, ("a",), "only member"),
        ({"$by": "#"}, ("a",), "$path is missing"),
    ],
)
def test_what_a_function_cannot_mean_is_refused_at_its_place(
    said: Any, place: tuple[Any, ...], problem: str
) -> None:
    (found,) = mapping_problems({"a": said}, data_getter)
    assert (found.path, problem in found.message) == (place, True), (found.path, found.message)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.from_regex(r"[+-]?[0-9]{1,40}(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=JSON | st.just(MISSING),
    by=st.text(min_size=1, max_size=2),
    index=st.integers(),
    unit=st.sampled_from(["s", "ms"]),
)
def test_every_function_takes_any_json_and_gives_what_it_says(
    value: Any, by: str, index: int, unit: str
) -> None:
    said = {"$by": by.replace("$", "#"), "$index": index, "$unit": unit}
    kinds = {"text": (str,), "date-time": (str,), "number": (int, float, str)}
    for function in FUNCTIONS.values():
        made = function.make(said)(value)
        if made is MISSING:
            continue
        whole = isinstance(value, list) and not function.whole
        for each in made if whole else [made]:
            assert type(each) in kinds[function.result]


@given(value=JSON)
def test_what_a_function_made_is_made_again(value: Any) -> None:
    for name in ("$trim", "$string", "$number"):
        apply = FUNCTIONS[name].make({})
        once = apply(value)
        assert apply(once) == once or once is MISSING


@given(text=st.text(max_size=20), by=st.text(st.characters(exclude_characters="$"), min_size=1, max_size=3))
def test_joining_the_parts_of_a_text_gives_the_text(text: str, by: str) -> None:
    assert FUNCTIONS["$join"].make({"$by": by})(FUNCTIONS["$split"].make({"$by": by})(text)) == text


def test_lists_of_any_depth_do_not_exhaust_the_stack() -> None:
    deep: Any = "a"
    for _ in range(100_000):
        deep = [deep]
    for function in FUNCTIONS.values():
        assert function.make({"$by": "#"})(deep) in ([], MISSING)
