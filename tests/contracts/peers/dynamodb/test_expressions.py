"""DynamoDB's expressions mean to the peer what they mean to DynamoDB, and what it refuses is refused with its
words. Messages: mhart/dynalite, which recorded them from the service, and the developer guide."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.dynamodb.request import Expressions
from tests.fakes.dynamodb.reserved import RESERVED
from tests.fakes.dynamodb.values import Refused

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "n": {"N": "10"},
    "txt": {"S": "größe"},
    "bin1": {"B": b"\x01\x02"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["x", "y"]},
    "numbers": {"NS": ["1", "2.0"]},
    "list1": {"L": [{"S": "zero"}, {"M": {"deep": {"N": "7"}}}]},
    "map1": {"M": {"in": {"S": "side"}, "status": {"S": "open"}}},
}
VALUES: dict[str, Any] = {
    ":n": {"N": "10.0"},
    ":less": {"N": "9"},
    ":more": {"N": "1E+1"},
    ":most": {"N": "100"},
    ":txt": {"S": "größe"},
    ":gr": {"S": "gr"},
    ":z": {"S": "z"},
    ":x": {"S": "x"},
    ":two": {"N": "2"},
    ":raw": {"B": b"\x01"},
    ":yes": {"BOOL": True},
    ":type": {"S": "SS"},
    ":set": {"SS": ["y", "x"]},
    ":zero": {"S": "zero"},
    ":map": {"M": {"status": {"S": "open"}, "in": {"S": "side"}}},
    ":seven": {"N": "7"},
    ":five": {"N": "5"},
    ":open": {"S": "open"},
}


def read(expression: str, kind: str = "ConditionExpression", **names: str) -> Expressions:
    used = set(re.findall(r":\w+", expression))
    request: dict[str, Any] = {kind: expression}
    if values := {name: VALUES[name] for name in used if name in VALUES}:
        request["ExpressionAttributeValues"] = values
    if names:
        request["ExpressionAttributeNames"] = {f"#{short}": name for short, name in names.items()}
    return Expressions(request)


def refused(expression: str, kind: str = "ConditionExpression", **names: str) -> str:
    with pytest.raises(Refused) as caught:
        read(expression, kind, **names)
    return str(caught.value).removeprefix(f"Invalid {kind}: ")


@pytest.mark.parametrize(
    ("expression", "truth"),
    [
        ("n = :n", True),
        ("n = :less", False),
        ("n <> :less", True),
        ("n <> :n", False),
        ("gone <> :n", True),
        ("gone = :n", False),
        ("txt <> :n", True),  # of another type
        ("n < :more", False),
        ("n <= :more", True),
        ("n > :less", True),
        ("n > :n", False),
        ("n >= :n", True),
        ("gone < :n", False),
        ("txt < :n", False),
        ("txt < :z", True),
        ("bin1 > :raw", True),
        ("tags = :set", True),
        ("map1 = :map", True),
        ("n BETWEEN :less AND :most", True),
        ("n between :n and :more", True),
        ("n BETWEEN :more AND :most", True),
        ("txt BETWEEN :less AND :most", False),
        ("n IN (:less, :more)", True),
        ("n IN (:less)", False),
        ("n IN (:less, :txt)", False),
        ("attribute_exists(txt)", True),
        ("attribute_exists(gone)", False),
        ("attribute_exists(map1.gone)", False),
        ("attribute_not_exists(gone)", True),
        ("attribute_not_exists(nothing)", False),  # null is a value
        ("attribute_type(tags, :type)", True),
        ("attribute_type(txt, :type)", False),
        ("begins_with(txt, :gr)", True),
        ("begins_with(txt, :z)", False),
        ("begins_with(n, :gr)", False),
        ("begins_with(bin1, :raw)", True),
        ("contains(txt, :gr)", True),
        ("contains(tags, :x)", True),
        ("contains(tags, :z)", False),
        ("contains(numbers, :two)", True),
        ("contains(list1, :zero)", True),
        ("contains(list1, :x)", False),
        ("contains(map1, :x)", False),
        ("size(txt) = :five", True),
        ("size(bin1) = :two", True),
        ("size(tags) = :two", True),
        ("size(list1) = :two", True),
        ("size(map1) = :two", True),
        ("size(n) = :two", False),  # a number has no size
        ("size(gone) <> :two", True),
        ("list1[0] = :zero", True),
        ("list1[1].deep = :seven", True),
        ("list1[2] = :zero", False),
        ("list1.deep = :seven", False),
        ("map1[0] = :zero", False),
        ("NOT n = :less", True),
        ("NOT n = :n", False),
        ("not not n = :n", True),
        ("n = :n OR n = :less AND txt = :z", True),  # AND binds closer than OR
        ("(n = :n OR n = :less) AND txt = :z", False),
        ("NOT n = :less AND txt = :z", False),  # NOT binds closest
        ("NOT (n = :less AND txt = :z)", True),
        ("n = :less OR txt = :z OR yes = :yes", True),
        ("(n) = :n", True),
        ("(n = :n) AND (txt = :txt)", True),
    ],
)
def test_a_condition_is_true_where_dynamodb_takes_it_for_true(expression: str, truth: bool) -> None:
    assert read(expression).holds(ITEM) is truth
    assert read(expression, "FilterExpression").passes(ITEM) is truth


@pytest.mark.parametrize("expression", ["attribute_not_exists(pk)", "NOT attribute_exists(pk)", "pk <> :x"])
def test_an_item_that_is_not_there_has_no_attributes(expression: str) -> None:
    assert read(expression).holds(None)
    assert not read("pk = :x").holds(None)


def test_a_name_is_written_out_by_its_placeholder() -> None:
    assert read("#m.#s = :open", m="map1", s="status").holds(ITEM)
    assert read("attribute_exists(#m.#s)", m="map1", s="status").holds(ITEM)
    assert not read("attribute_exists(#dotted)", dotted="map1.status").holds(ITEM), "a name has no parts"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "The expression can not be empty;"),
        ("  ", "The expression can not be empty;"),
        ("n = ", 'Syntax error; token: "<EOF>", near: "="'),
        ("n = :n n", 'Syntax error; token: "n", near: ":n n"'),
        ("n == :n", 'Syntax error; token: "=", near: "= = :n"'),
        ("n ! :n", 'Syntax error; token: "!"'),
        ("n", 'Syntax error; token: "<EOF>"'),
        ("(n = :n", 'Syntax error; token: "<EOF>"'),
        ("n[x] = :n", 'Syntax error; token: "x"'),
        ("((n = :n))", "The expression has redundant parentheses;"),
        ("status = :n", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("map1.Status = :n", "Attribute name is a reserved keyword; reserved keyword: Status"),
        (
            "#gone = :n",
            "An expression attribute name used in the document path is not defined; attribute name: #gone",
        ),
        (
            "n = :gone",
            "An expression attribute value used in expression is not defined; attribute value: :gone",
        ),
        ("exists(n)", "Invalid function name; function: exists"),
        ("Attribute_exists(n)", "Invalid function name; function: Attribute_exists"),
        ("if_not_exists(n, :n)", "Invalid function name; function: if_not_exists"),
        ("size(n)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "n = attribute_exists(txt)",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "attribute_exists(n, txt)",
            (
                "Incorrect number of operands for operator or function; operator or function: "
                "attribute_exists, number of operands: 2"
            ),
        ),
        (
            "begins_with(n)",
            (
                "Incorrect number of operands for operator or function; operator or function: "
                "begins_with, number of operands: 1"
            ),
        ),
        (
            "attribute_exists(:n)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "begins_with(txt, :n)",
            (
                "Incorrect operand type for operator or function; operator or function: begins_with, "
                "operand type: N"
            ),
        ),
        (
            "size(:n) = :two",
            "Incorrect operand type for operator or function; operator or function: size, operand type: N",
        ),
        ("n < :yes", "Incorrect operand type for operator or function; operator: <, operand type: BOOL"),
        (
            "n BETWEEN :set AND :set",
            "Incorrect operand type for operator or function; operator: BETWEEN, operand type: SS",
        ),
        (
            "n BETWEEN :most AND :less",
            (
                "The BETWEEN operator requires upper bound to be greater than or equal to lower "
                "bound; lower bound operand: AttributeValue: {N:100}, upper bound operand: "
                "AttributeValue: {N:9}"
            ),
        ),
        (
            "n BETWEEN :less AND :z",
            (
                "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
                "operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {S:z}"
            ),
        ),
        (
            "attribute_type(n, :x)",
            (
                "Invalid attribute type name found in an expression; type: x, valid types: "
                "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
        ),
        (
            "n = n",
            (
                "The first operand must be distinct from the remaining operands for this operator or "
                "function; operator: =, first operand: [n]"
            ),
        ),
        (
            "n IN (" + ", ".join([":n"] * 101) + ")",
            "Incorrect number of operands for operator or function; operator or function: IN",
        ),
        (
            "attribute_exists(" + "n" * 4090 + ")",
            "Expression size has exceeded the maximum allowed size; expression size: 4108",
        ),
    ],
)
def test_a_condition_that_dynamodb_refuses_is_refused_in_its_words(expression: str, said: str) -> None:
    assert refused(expression).startswith(said)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_no_name_in_any_case(word: str) -> None:
    for written in (word, word.lower(), word.title()):
        with pytest.raises(Refused):
            read(f"attribute_exists({written})")
        assert read("attribute_exists(#w)", w=written).holds({written: {"S": ""}})


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": ""}}},
            "ExpressionAttributeValues can only be specified when using expressions",
        ),
        (
            {"ConditionExpression": "attribute_exists(b)", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(b)",
                "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
            },
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
        ),
        (
            {
                "ConditionExpression": "b = :b",
                "ExpressionAttributeValues": {":b": {"S": ""}, ":c": {"S": ""}},
            },
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:c}",
        ),
        (
            {"ConditionExpression": "b = :b", "ExpressionAttributeValues": {"b": {"S": ""}}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"',
        ),
        (
            {"ConditionExpression": "#b = :b", "ExpressionAttributeNames": {"b": "c"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "b"',
        ),
        (
            {"ConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"SS": []}}},
            (
                "ExpressionAttributeValues contains invalid value: One or more parameter values were "
                "invalid: An string set  may not be empty for key :b"
            ),
        ),
        (
            {"ConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"N": "x"}}},
            (
                "ExpressionAttributeValues contains invalid value: The parameter cannot be converted "
                "to a numeric value: x for key :b"
            ),
        ),
    ],
)
def test_names_and_values_are_all_used_and_all_defined(request_: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as caught:
        Expressions(request_)
    assert str(caught.value) == said


def test_a_name_counts_as_used_in_any_expression_of_the_request() -> None:
    request = Expressions(
        {
            "FilterExpression": "#a = :a",
            "ProjectionExpression": "#b",
            "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
            "ExpressionAttributeValues": {":a": {"S": ""}},
        }
    )
    assert request.passes({"a": {"S": ""}})


# --- projections ---


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("pk", {"pk": {"S": "a"}}),
        ("pk, gone", {"pk": {"S": "a"}}),
        ("map1.#s", {"map1": {"M": {"status": {"S": "open"}}}}),
        ("list1[1]", {"list1": {"L": [{"M": {"deep": {"N": "7"}}}]}}),
        ("list1[1].deep, list1[0]", {"list1": {"L": [{"S": "zero"}, {"M": {"deep": {"N": "7"}}}]}}),
    ],
)
def test_a_projection_keeps_the_parts_it_names(expression: str, kept: dict[str, Any]) -> None:
    names = {"s": "status"} if "#s" in expression else {}
    assert read(expression, "ProjectionExpression", **names).projected(ITEM) == kept


def test_paths_of_a_projection_do_not_overlap() -> None:
    said = refused("map1, map1.x", "ProjectionExpression")
    assert said.startswith("Two document paths overlap with each other;")
    assert said.endswith("path one: [map1], path two: [map1, x]")


# --- properties ---

PLAIN = st.sampled_from(["n = :n", "n = :less", "txt = :txt", "txt = :z", "attribute_exists(gone)"])


@given(PLAIN, PLAIN, PLAIN)
def test_and_or_and_not_have_the_truth_tables_and_the_precedence_of_the_guide(a: str, b: str, c: str) -> None:
    x, y, z = (read(each).holds(ITEM) for each in (a, b, c))
    assert read(f"{a} OR {b} AND {c}").holds(ITEM) is (x or (y and z))
    assert read(f"{a} AND {b} OR {c}").holds(ITEM) is ((x and y) or z)
    assert read(f"NOT {a} AND {b}").holds(ITEM) is ((not x) and y)
    assert read(f"NOT ({a} OR {b})").holds(ITEM) is (not (x or y))


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_numbers_compare_as_numbers_however_they_are_written(left: int, right: int) -> None:
    request = {
        "ExpressionAttributeValues": {":b": {"N": f"{right}.0"}},
        "ConditionExpression": "a < :b",
    }
    assert Expressions(request).holds({"a": {"N": str(left)}}) is (left < right)


def test_a_query_asks_for_the_hash_key_and_nothing_else_than_keys() -> None:
    client = DynamoDbClient()
    client.put_item(TableName="ledger", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    value = {":a": {"S": "a"}}

    def query(condition: str, **more: Any) -> Any:
        return client.query(
            TableName="ledger",
            KeyConditionExpression=condition,
            ExpressionAttributeValues={**value, **more},
        )

    assert query("pk = :a")["Count"] == 1
    for condition, more, said in [
        ("n = :a", {}, "Query condition missed key schema element: pk"),
        ("pk = :a AND n = :n", {":n": {"N": "1"}}, "Query key condition not supported"),
        ("pk > :a", {}, "Query key condition not supported"),
        ("pk = :a OR n = :n", {":n": {"N": "1"}}, "Invalid operator used in KeyConditionExpression: OR"),
        ("contains(pk, :a)", {}, "Invalid operator used in KeyConditionExpression: contains"),
        ("pk = :n", {":n": {"N": "1"}}, "Condition parameter type does not match schema type"),
    ]:
        used = {name: each for name, each in {**value, **more}.items() if name in condition}
        with pytest.raises(ClientError, match=said):
            client.query(TableName="ledger", KeyConditionExpression=condition, ExpressionAttributeValues=used)
