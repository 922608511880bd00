"""Where patterns are easily misread: dots in names, lists of objects, ``$or``, either case, addresses."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.pattern.matching import PatternError, check_pattern, compile_pattern


def matches(pattern: Any, event: Any) -> bool:
    return compile_pattern(pattern).matches(event)


@pytest.mark.parametrize("pattern", [{"a.b": ["x"]}, {"a": {"b": ["x"]}}])
@pytest.mark.parametrize("event", [{"a.b": "x"}, {"a": {"b": "x"}}])
def test_a_dot_in_a_name_and_a_level_below_are_one_field(pattern: Any, event: Any) -> None:
    """event-ruler joins names with dots on both sides; the oracle does so for patterns only."""
    assert matches(pattern, event)


def test_a_dotted_name_is_found_at_any_level() -> None:
    assert matches({"l": {"a.b": {"S": ["x"]}}}, {"l": {"a.b": {"S": "x"}}})
    assert matches({"l": {"a": {"b": ["x"]}}}, {"l": [{"a.b": "x"}]})


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"l": {"k": [1], "v": [2]}}, {"l": [{"k": 1, "v": 3}, {"k": 1, "v": 2}]}, True),
        ({"l": {"k": [1], "v": [2]}}, {"l": [[{"k": 1}, {"v": 2}]]}, False),
        ({"l": {"k": [1]}, "m": {"v": [2]}}, {"l": [{"k": 0}, {"k": 1}], "m": [{"v": 2}]}, True),
        ({"l": {"m": {"k": [1]}, "v": [2]}}, {"l": [{"m": [{"k": 0}, {"k": 1}], "v": 2}]}, True),
        ({"l": {"m": {"k": [1]}, "v": [2]}}, {"l": [{"m": [{"k": 1}], "v": 0}, {"m": [], "v": 2}]}, False),
    ],
)
def test_fields_of_listed_objects_match_within_one_element(pattern: Any, event: Any, expected: bool) -> None:
    assert matches(pattern, event) is expected


def test_two_lists_that_are_one_python_object_are_still_two_lists() -> None:
    shared = [{"k": 1}, {"k": 2}]
    assert matches({"a": {"k": [1]}, "b": {"k": [2]}}, {"a": shared, "b": shared})


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        # "exists: false" asks for an event without the field; one element that lacks it is not that.
        ({"l": {"k": [{"exists": False}]}}, {"l": [{"k": 1}, {}]}, False),
        ({"l": {"k": [{"exists": False}]}}, {"l": [{"z": 1}, {}]}, True),
        # By then the field named earlier has chosen the first element (fields are taken by name).
        ({"l": {"k": [1], "z": [{"exists": False}]}}, {"l": [{"k": 1}, {"z": 1}]}, True),
        ({"l": {"k": [1], "a": [{"exists": False}]}}, {"l": [{"k": 1}, {"a": 1}]}, False),
    ],
)
def test_absence_is_asked_of_every_element_still_in_question(
    pattern: Any, event: Any, expected: bool
) -> None:
    """As event-ruler does; the oracle asks each element alone."""
    assert matches(pattern, event) is expected


def test_a_field_beside_and_inside_or_keeps_what_is_written_last() -> None:
    inside_last = {"a": ["1"], "$or": [{"a": ["2"]}, {"b": ["3"]}]}
    assert matches(inside_last, {"a": "2"})
    assert not matches(inside_last, {"a": "1"})
    assert matches(inside_last, {"a": "1", "b": "3"})
    beside_last = {"$or": [{"a": ["2"]}, {"b": ["3"]}], "a": ["1"]}
    assert matches(beside_last, {"a": "1"})
    assert not matches(beside_last, {"a": "2"})


@pytest.mark.parametrize(
    ("operand", "value", "expected"),
    [
        ("straße", "STRASSE", True),
        ("STRASSE", "straße", False),
        ("k", "\N{KELVIN SIGN}", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("É", "é", True),
    ],
)
def test_case_is_ignored_character_by_character_of_the_pattern(
    operand: str, value: str, expected: bool
) -> None:
    assert matches({"a": [{"equals-ignore-case": operand}]}, {"a": value}) is expected
    begins = {"a": [{"prefix": {"equals-ignore-case": operand}}]}
    ends = {"a": [{"suffix": {"equals-ignore-case": operand}}]}
    if operand:
        assert matches(begins, {"a": f"{value}-"}) is expected
        assert matches(ends, {"a": f"-{value}"}) is expected


@pytest.mark.parametrize(
    ("block", "value", "expected"),
    [
        ("10.0.0.5/24", "10.0.0.255", True),
        ("10.0.0.0/8", "010.0.0.1", True),
        ("0.0.0.0/0", "255.1.2.3", True),
        ("0.0.0.0/0", "::1", False),
        ("0.0.0.0/0", 1, False),
        ("10.0.0.0/8", "10.0.0.256", False),
        ("2001:db8::/33", "2001:db8:8000::", False),
        ("fe80::/64", "fe80::1%eth0", False),
        ("::/0", "::ffff:10.0.0.1", False),
    ],
)
def test_addresses_are_read_as_aws_reads_them(block: str, value: Any, expected: bool) -> None:
    assert matches({"a": [{"cidr": block}]}, {"a": value}) is expected


def test_numbers_are_compared_as_numbers_and_literals_as_themselves() -> None:
    mixed = {"a": [300, True, None, "x"]}
    assert all(matches(mixed, {"a": value}) for value in (300, 300.0, 3.0e2, True, None, "x"))
    assert not any(matches(mixed, {"a": value}) for value in ("300", 1, False, 0, ""))
    assert matches({"a": [10**30]}, {"a": 10**30})
    assert not matches({"a": [10**30]}, {"a": 10**30 + 1})


@pytest.mark.parametrize(
    ("pattern", "path", "message"),
    [
        ([], (), "object of fields"),
        ({1: ["x"]}, (1,), "in quotes"),
        ({True: ["x"]}, (True,), "in quotes"),
        ({"a": [float("nan")]}, ("a", 0), "a matcher is"),
        ({"a": [{"anything-but": float("inf")}]}, ("a", 0), "anything-but takes"),
        ({"a": [{"numeric": [">", float("nan")]}]}, ("a", 0), "not a number"),
        ({"a": [{"numeric": [["="], 1]}]}, ("a", 0), "is not one of"),
        ({"a": [{"cidr": "10.0.0.1/32"}]}, ("a", 0), "name the address itself"),
        ({"a": [{"cidr": "::1/128"}]}, ("a", 0), "name the address itself"),
        ({"a": [{"cidr": "fe80::1%eth0/64"}]}, ("a", 0), "not an IPv4 or IPv6 address"),
        ({"a": [{"startsWith": "x"}]}, ("a", 0), "did you mean 'prefix'?"),
        ({"a": [{"equals_ignore_case": "x"}]}, ("a", 0), "did you mean 'equals-ignore-case'?"),
        ({"a": {"prefix": "x"}}, ("a", "prefix"), '[{"prefix": "x"}]'),
        ({"a": "pro"}, ("a",), '["pro"]'),
        ({"$or": {"a": [1]}}, ("$or",), "at least two"),
        ({"$or": [{"prefix": [1]}, {"b": [1]}]}, ("$or", 0, "prefix"), "operator"),
        ({"$or": [{"a": [1]}] * 40, "b": {"$or": [{"a": [1]}] * 40}}, (), "1000 combinations"),
    ],
)
def test_a_pattern_that_cannot_mean_what_it_says_is_refused(pattern: Any, path: Any, message: str) -> None:
    (problem,) = check_pattern(pattern)
    assert problem.path == path
    assert message in problem.message


def test_a_pattern_nested_without_end_is_refused_and_does_not_exhaust_the_stack() -> None:
    pattern: dict[str, Any] = {"a": [1]}
    for _ in range(5_000):
        pattern = {"a": pattern}
    with pytest.raises(PatternError, match="levels deep"):
        compile_pattern(pattern)


def test_an_event_of_lists_within_lists_does_not_exhaust_the_stack() -> None:
    value: Any = "x"
    for _ in range(5_000):
        value = [value]
    assert matches({"a": ["x"]}, {"a": value})


def test_an_explanation_says_when_fields_fail_only_together() -> None:
    pattern = compile_pattern({"l": {"k": [1], "v": [2]}})
    found = pattern.explain({"l": [{"k": 1}, {"v": 2}]})
    assert [(each.path, each.problem) for each in found] == [("l.k", "no match"), ("l.v", "no match")]
    assert {"same list element" in each.expected for each in found} == {True}


def test_an_explanation_of_or_begins_with_what_fails_in_every_alternative() -> None:
    pattern = compile_pattern({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]})
    found = pattern.explain({"c": 0})
    assert [each.path for each in found] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ({"a": "x"}, '["x"]'),
        ({"a": {"b": "é"}}, '["é"]'),
        ({"prefix": "x"}, '["x"]'),
        ({"a": {"prefix": "x"}}, '[{"prefix": "x"}]'),
    ],
)
def test_a_value_without_brackets_is_refused_with_what_to_write(pattern: Any, advice: str) -> None:
    (problem,) = check_pattern(pattern)
    assert str(problem).endswith(f"put brackets around it, {advice}")


def or_lists(*sizes: int) -> dict[str, Any]:
    """Lists of so many alternatives, each below another field."""
    return {
        f"f{number}": {"$or": [{"a": [each]} for each in range(size)]} for number, size in enumerate(sizes)
    }


def test_the_or_lists_of_a_pattern_make_exactly_so_many_combinations() -> None:
    assert check_pattern(or_lists(10, 100)) == []
    for sizes in ((10, 101), (7, 11, 13), (2, 501), (10, 100, 2), (1_000, 2)):
        assert len(check_pattern(or_lists(*sizes))) == 1, sizes
    assert check_pattern(or_lists(9, 111)) == []
    assert check_pattern({"a": [{"numeric": [">", 1]}, "x", "y"] * 400}) == []


def test_nested_or_lists_multiply() -> None:
    inner = {"$or": [{"a": [1]}, {"b": [1]}]}
    assert check_pattern({"$or": [{**inner, "c": [each]} for each in range(7)]}) == []
    assert len(check_pattern({"$or": [{**inner, "c": [each]} for each in range(8)]})) == 1


def deep(levels: int) -> dict[str, Any]:
    pattern: dict[str, Any] = {"a": ["x"]}
    for _ in range(levels - 1):
        pattern = {"a": pattern}
    return pattern


def test_a_pattern_has_so_many_levels_and_no_more() -> None:
    levels = next(each for each in range(1, 2_000) if check_pattern(deep(each)))
    (problem,) = check_pattern(deep(levels))
    assert f"at most {levels - 2} levels deep" in problem.message
    assert check_pattern(deep(levels - 1)) == []


def test_a_problem_leaves_the_alternatives_before_it_to_be_checked() -> None:
    """All problems are found at once, also after a field or an $or that cannot be read."""
    problems = check_pattern({"a": "x", "$or": 7, "b": ["y"], "c": []})
    assert [problem.path for problem in problems] == [("a",), ("$or",), ("c",)]


def test_a_piece_of_a_pattern_is_shown_up_to_two_hundred_characters_and_as_it_is_written() -> None:
    (problem,) = check_pattern({"ä": "ö" * 300})
    assert '["' + "ö" * 199 + "]" in problem.message
    assert "ö" * 200 not in problem.message


@pytest.mark.parametrize("operator", ["prefix", "suffix"])
def test_text_at_an_end_ignores_case_only_where_it_is_said(operator: str) -> None:
    def takes(argument: Any, value: Any) -> bool:
        return matches({"a": [{operator: argument}]}, {"a": value})

    other = "suffix" if operator == "prefix" else "prefix"
    text, whole = "Ab", "Ab-Cd" if operator == "prefix" else "Cd-Ab"
    assert takes(text, whole)
    assert not takes(text, whole.lower())
    assert not matches({"a": [{other: text}]}, {"a": whole})
    ignoring = {"equals-ignore-case": text}
    assert takes(ignoring, whole)
    assert takes(ignoring, whole.lower())
    assert takes(ignoring, text.upper())
    assert not takes(ignoring, "x" + whole if operator == "prefix" else whole + "x")
    for value in (7, None, "", "a", True):
        assert not takes(text, value)
        assert not takes(ignoring, value)
    for wrong in ({"wildcard": "a"}, {}, {"equals-ignore-case": "a", "x": 1}, 7):
        assert len(check_pattern({"a": [{operator: wrong}]})) == 1


def test_a_field_below_an_object_is_found_under_each_of_its_spellings() -> None:
    """The names with dots that a field may have are looked for at every level, and the longest too."""
    pattern = {"a": {"b": {"c": ["x"]}}}
    for event in (
        {"a": {"b": {"c": "x"}}},
        {"a.b": {"c": "x"}},
        {"a": {"b.c": "x"}},
        {"a.b.c": "x"},
    ):
        assert matches(pattern, event), event
        assert not matches(pattern, {"a": {"b": {}}, "z": event})
    assert not matches(pattern, {"a": {"b": 7}})
    assert matches({"a": {"b": {"c": [{"exists": False}]}}}, {"a": {"b": 7}})
    assert matches({"a": {"b": {"c": [{"exists": False}]}}}, {"a": {}})
    assert not matches({"a": {"b": {"c": [{"exists": False}]}}}, {"a": {"b.c": 1}})
    assert matches({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]})


@pytest.mark.parametrize("bound", [5e9, -5e9])
def test_a_bound_may_be_exactly_the_largest_number(bound: float) -> None:
    assert check_pattern({"a": [{"numeric": ["=", bound]}]}) == []
    assert len(check_pattern({"a": [{"numeric": ["=", bound * 1.0000001]}]})) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"numeric": ["<", 1, "<", 2]},
        {"numeric": [">", 1, ">", 2]},
        {"numeric": ["<", 1, ">", 2]},
        {"numeric": ["=", 1, "<", 2]},
        {"cidr": "10.0.0.0/"},
        {"cidr": "10.0.0.0/1234"},
        {"cidr": "10.0.0.0"},
        {"cidr": "10.0.0.0/x"},
        {"anything-but": []},
        {"anything-but": {"prefix": []}},
        {"anything-but": {"suffix": []}},
        {"anything-but": {"wildcard": []}},
        {"anything-but": {"equals-ignore-case": []}},
    ],
)
def test_a_matcher_that_has_no_meaning_is_refused(wrong: dict[str, Any]) -> None:
    assert len(check_pattern({"a": [wrong]})) == 1


def test_a_name_that_is_almost_an_operator_is_corrected_to_one() -> None:
    (problem,) = check_pattern({"a": [{"anything_but": "x"}]})
    assert "did you mean 'anything-but'?" in problem.message


@pytest.mark.parametrize(("address", "bits"), [("10.0.0.0", 32), ("2001:db8::", 128)])
def test_a_block_has_at_least_one_bit_less_than_an_address(address: str, bits: int) -> None:
    assert check_pattern({"a": [{"cidr": f"{address}/{bits - 1}"}]}) == []
    for length, said in ((bits, "name the address itself"), (bits + 1, "")):
        (problem,) = check_pattern({"a": [{"cidr": f"{address}/{length}"}]})
        assert said in problem.message


def test_an_element_that_fails_says_nothing_of_another_for_the_fields_after_it() -> None:
    pattern = {"l": {"a": ["x"], "b": ["y"]}, "z": ["1"]}
    elements = [{"a": "x", "b": "n"}, {"a": "x", "b": "y"}]
    assert matches(pattern, {"l": elements, "z": "1"})
    assert not matches(pattern, {"l": elements, "z": "2"})
    assert not matches(pattern, {"l": elements[:1], "z": "1"})
    deeper = {"l": {"a": ["x"], "m": {"b": ["y"], "c": ["w"]}}, "z": ["1"]}
    inner = [{"b": "y", "c": "n"}, {"b": "y", "c": "w"}]
    assert matches(deeper, {"l": [{"a": "x", "m": inner[:1]}, {"a": "x", "m": inner}], "z": "1"})
    assert not matches(deeper, {"l": [{"a": "n", "m": inner}, {"a": "x", "m": inner[:1]}], "z": "1"})
