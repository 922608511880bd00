"""What a person reads of a filter that can never match: the place, and what to write in its place."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.record import passes, record_problems
from bridge.settings.yaml_source import parse_yaml
from tests.builders.records import lambda_record


def problem(pattern: Any) -> tuple[tuple[str | int, ...], str, str]:
    (found,) = record_problems(pattern)
    return found.path, found.message, found.suggestion


@pytest.mark.parametrize(
    ("tag", "matcher", "advice"),
    [
        ("S", 5, 'write N: ["5"]'),
        ("B", 5, 'write N: ["5"]'),
        ("N", 5, 'write N: ["5"]'),
        ("NS", 5, 'write NS: ["5"]'),
        ("SS", 5, 'write NS: ["5"]'),
        ("BS", 5, 'write NS: ["5"]'),
        ("S", {"numeric": ["=", 5]}, 'write N: ["5"]'),
        ("NS", {"numeric": ["=", 5]}, 'write NS: ["5"]'),
        ("S", True, "write BOOL: [true]"),
        ("N", False, "write BOOL: [false]"),
        ("S", None, 'write "NULL": [true]'),
        ("S", {"anything-but": 5}, 'write {anything-but: "5"}'),
        ("N", {"anything-but": [5, 6]}, 'write {anything-but: ["5", "6"]}'),
        ("BOOL", "True", "write BOOL: [true]"),
        ("BOOL", "false", "write BOOL: [false]"),
        ("BOOL", "maybe", "write BOOL: [true]"),
        ("BOOL", 1, "write BOOL: [true]"),
        ("NULL", "true", 'write "NULL": [true]'),
        ("NULL", None, 'write "NULL": [true]'),
        ("NULL", False, 'write "NULL": [true]'),
    ],
)
def test_a_value_that_its_type_never_has_is_named_with_the_right_one(
    tag: str, matcher: Any, advice: str
) -> None:
    pattern = {"dynamodb": {"NewImage": {"a": {tag: ["x" if tag != "BOOL" else True, matcher]}}}}
    if tag == "NULL":
        pattern = {"dynamodb": {"NewImage": {"a": {tag: [True, matcher]}}}}
    path, _, suggestion = problem(pattern)
    assert path == ("dynamodb", "NewImage", "a", tag, 1)
    assert suggestion == advice
    # The advice is YAML that is read as it is meant: NULL without quotes is no name.
    ((name, _),) = parse_yaml(suggestion.removeprefix("write ").encode(), "f.yaml").data.items()
    assert name in ("N", "NS", "BOOL", "NULL", "anything-but")


@pytest.mark.parametrize(
    ("tag", "matcher"),
    [
        ("S", "x"), ("S", {"exists": True}), ("N", {"exists": False}), ("S", {"anything-but": "5"}),
        ("S", {"anything-but": ["5"]}), ("N", "5"), ("S", {"prefix": "x"}), ("BOOL", True), ("BOOL", False),
        ("BOOL", {"anything-but": "x"}), ("NULL", True), ("NULL", {"exists": True}), ("BOOL",
        {"exists": True}),
    ],
)  # fmt: skip
def test_a_value_that_its_type_can_have_is_fine(tag: str, matcher: Any) -> None:
    assert record_problems({"dynamodb": {"NewImage": {"a": {tag: [matcher]}}}}) == []
    assert record_problems({"dynamodb": {"Keys": {"m": {"M": {"a": {tag: [matcher]}}}}}}) == []


@pytest.mark.parametrize(
    ("matchers", "written"),
    [
        (["x"], "write a: {S: [x]}"),
        ([5], 'write a: {"N": ["5"]}'),
        ([5, 6], 'write a: {"N": ["5", "6"]}'),
        ([True], "write a: {BOOL: [true]}"),
        ([None], 'write a: {"NULL": [true]}'),
        ([{"numeric": ["=", 5]}], 'write a: {"N": ["5"]}'),
        ([{"prefix": "x"}], "write a: {S: [{prefix: x}]}"),
        ([{"exists": True}], "write a: {S: [{exists: true}]}"),
    ],
)
def test_a_value_outside_its_type_is_written_inside_it(matchers: list[Any], written: str) -> None:
    path, message, suggestion = problem({"dynamodb": {"NewImage": {"a": matchers}}})
    assert (path, suggestion) == (("dynamodb", "NewImage", "a"), written)
    assert "never matches" in message


def test_absence_of_an_attribute_matches_every_record() -> None:
    _, message, _ = problem({"dynamodb": {"NewImage": {"a": [{"exists": False}]}}})
    assert "exists looks at values only" in message
    assert message.endswith("matches every record")


@pytest.mark.parametrize(("image", "where"), [("Keys", "key"), ("OldImage", "before"), ("NewImage", "after")])
def test_a_numeric_range_becomes_a_condition_of_the_event(image: str, where: str) -> None:
    matcher = {"numeric": [">", 1]}
    condition = '[{numeric: [">", 1]}]'
    inside = problem({"dynamodb": {image: {"m": {"M": {"n": {"N": [matcher]}}}}}})
    assert inside[2] == (
        f'leave it out here, and write when: {{{where}: {{m: {{"n": {condition}}}}}}} in the events'
    )
    untyped = problem({"dynamodb": {image: {"n": [matcher]}}})
    assert untyped[2] == f'leave it out here, and write when: {{{where}: {{"n": {condition}}}}} in the events'


@pytest.mark.parametrize(
    ("image", "exists", "says", "advice"),
    [
        ("OldImage", True, "never matches", "[MODIFY, REMOVE]"),
        ("OldImage", False, "matches every record", "[INSERT]"),
        ("NewImage", True, "never matches", "[INSERT, MODIFY]"),
        ("NewImage", False, "matches every record", "[REMOVE]"),
    ],
)
def test_the_presence_of_an_image_is_asked_by_the_operation(
    image: str, exists: bool, says: str, advice: str
) -> None:
    path, message, suggestion = problem({"dynamodb": {image: [{"exists": exists}]}})
    assert path == ("dynamodb", image)
    assert says in message
    assert suggestion == f"write eventName: {advice} beside dynamodb"
    names = advice.strip("[]").split(", ")
    by_name = compile_pattern({"eventName": names})
    for op, before, after in (
        ("insert", None, {"a": 1}),
        ("modify", {"a": 2}, {"a": 1}),
        ("remove", {"a": 1}, None),
    ):
        record = lambda_record(op=op, key={"id": "a"}, before=before, after=after)
        assert by_name.matches(record) == ((image in record["dynamodb"]) == exists)


@pytest.mark.parametrize("matchers", [["x"], [{"exists": True}, "x"]])
def test_an_image_itself_has_no_value(matchers: list[Any]) -> None:
    for image in ("Keys", "NewImage", "OldImage"):
        path, message, suggestion = problem({"dynamodb": {image: matchers}})
        assert (path, message) == (("dynamodb", image), f"{image} holds attributes, so this never matches")
        assert suggestion == f"name one: {image}: {{id: {{S: [...]}}}}"
    assert problem({"dynamodb": {"Keys": [{"exists": True}]}})[1].startswith("Keys holds attributes")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s", "S"),
        ("String", "S"),
        ("number", "N"),
        ("int", "N"),
        ("bool", "BOOL"),
        ("map", "M"),
        ("ss", "SS"),
    ],
)
def test_a_type_that_is_almost_one_is_named(written: str, meant: str) -> None:
    path, message, suggestion = problem({"dynamodb": {"NewImage": {"a": {written: ["x"]}}}})
    assert path == ("dynamodb", "NewImage", "a", written)
    assert (message, suggestion) == (
        f"{written} is no type of DynamoDB, so this never matches",
        f"did you mean '{meant}'?",
    )


def test_a_name_inside_a_map_may_look_like_a_type() -> None:
    assert problem({"dynamodb": {"NewImage": {"a": {"M": {"s": ["x"]}}}}})[2] == "write s: {S: [x]}"
    assert problem({"dynamodb": {"NewImage": {"S": ["x"]}}})[2] == "write S: {S: [x]}"


@pytest.mark.parametrize(
    ("pattern", "path", "suggestion"),
    [
        ({"eventname": ["INSERT"]}, ("eventname",), "did you mean 'eventName'?"),
        ({"nothing": ["x"]}, ("nothing",), None),
        ({"nothing": {"inside": ["x"]}}, ("nothing",), None),
        ({"dynamodb": {"Key": {"id": {"S": ["x"]}}}}, ("dynamodb", "Key"), "did you mean 'Keys'?"),
        ({"userIdentity": {"typ": ["Service"]}}, ("userIdentity", "typ"), "did you mean 'type'?"),
        ({"userIdentity": ["x"]}, ("userIdentity",), ""),
        ({"dynamodb": ["x"]}, ("dynamodb",), ""),
        ({"eventName": {"x": ["INSERT"]}}, ("eventName", "x"), ""),
        ({"eventName": ["insert"]}, ("eventName", 0), "did you mean 'INSERT'?"),
        ({"eventName": ["INSERT", "x"]}, ("eventName", 1), "write INSERT"),
        ({"eventName": [5]}, ("eventName", 0), "write INSERT"),
        ({"eventSource": ["aws:kinesis"]}, ("eventSource", 0), None),
        ({"userIdentity": {"type": ["service"]}}, ("userIdentity", "type", 0), "did you mean 'Service'?"),
        ({"eventID": [5]}, ("eventID", 0), 'write "5"'),
        ({"eventID": [True]}, ("eventID", 0), ""),
        ({"eventID": [None]}, ("eventID", 0), ""),
        ({"eventID": [{"numeric": [">", 1]}]}, ("eventID", 0), ""),
        ({"dynamodb": {"SizeBytes": ["5"]}}, ("dynamodb", "SizeBytes", 0), 'write {numeric: [">", 0]}'),
        ({"dynamodb": {"StreamViewType": ["KEYS"]}}, ("dynamodb", "StreamViewType", 0), None),
        ({"Keys": {"id": {"S": ["x"]}}}, ("Keys",), "write dynamodb: {Keys: {id: {S: [x]}}}"),
        ({"body": {"a": ["x"]}}, ("body",), "write a: [x]"),
        ({"data": ["x"]}, ("data",), "a filter sees DynamoDB's own record"),
        ({"$or": [{"eventName": ["INSERT"]}, {"detail": {"a": ["x"]}}]}, ("$or", 1, "detail"),
        "write a: [x]"),
        ({"$or": [{"eventName": ["INSERT"]}, {"eventname": ["x"]}]}, ("$or", 1, "eventname"), None),
    ],
)  # fmt: skip
def test_a_wrong_name_or_value_is_named_at_its_place(pattern: Any, path: Any, suggestion: str | None) -> None:
    found = problem(pattern)
    assert found[0] == path
    if suggestion is not None:
        assert found[2] == suggestion


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["INSERT", {"prefix": "RE"}]},
        {"eventName": [{"exists": True}]},
        {"eventID": ["x", {"prefix": "5"}]},
        {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}},
        {"dynamodb": {"SizeBytes": [5, {"numeric": ["<", 9]}, {"anything-but": 3}, {"exists": True}]}},
        {"dynamodb": {"SequenceNumber": ["5"], "StreamViewType": ["NEW_IMAGE"]}},
    ],
)
def test_members_of_a_record_that_can_match_are_fine(pattern: Any) -> None:
    assert record_problems(pattern) == []


@pytest.mark.parametrize(
    ("patterns", "operations"),
    [
        ([], {"insert", "modify", "remove"}),
        ([{"eventName": ["INSERT"]}], {"insert"}),
        ([{"eventName": ["INSERT"]}, {"eventName": ["REMOVE"]}], {"insert", "remove"}),
        ([{"eventName": [{"anything-but": "MODIFY"}]}], {"insert", "remove"}),
        ([{"dynamodb": {"Keys": {"id": {"S": ["x"]}}}}], {"insert", "modify", "remove"}),
        ([{"$or": [{"eventName": ["INSERT"]}, {"eventName": ["MODIFY"]}]}], {"insert", "modify"}),
        ([{"eventName": ["INSERT"], "$or": [{"eventName": ["MODIFY"]}, {"eventID": ["x"]}]}], {"insert"}),
        ([{"$or": [{"eventName": ["INSERT"]}, {"eventID": ["x"]}]}], {"insert", "modify", "remove"}),
    ],
)
def test_which_operations_pass_is_decided_by_their_names(patterns: Any, operations: set[str]) -> None:
    assert {op for op in ("insert", "modify", "remove") if passes(patterns, op)} == operations
