"""Update expressions change an item as DynamoDB does, and are refused in its words (mhart/dynalite)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.dynamodb.request import Expressions
from tests.fakes.dynamodb.values import Refused

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "n": {"N": "10"},
    "txt": {"S": "x"},
    "tags": {"SS": ["x", "y"]},
    "list1": {"L": [{"S": "zero"}, {"S": "one"}, {"S": "two"}]},
    "map1": {"M": {"k": {"N": "1"}}},
}
VALUES: dict[str, Any] = {
    ":one": {"N": "1"},
    ":big": {"N": "9E+125"},
    ":s": {"S": "new"},
    ":l": {"L": [{"S": "end"}]},
    ":tags": {"SS": ["y", "z"]},
    ":all": {"SS": ["x", "y"]},
    ":ns": {"NS": ["1"]},
    ":m": {"M": {}},
}


def expressions(text: str) -> Expressions:
    words = set(text.replace(",", " ").replace("(", " ").replace(")", " ").split())
    values = {name: value for name, value in VALUES.items() if name in words}
    request = {"UpdateExpression": text}
    return Expressions({**request, **({"ExpressionAttributeValues": values} if values else {})})


def changed(text: str) -> dict[str, Any]:
    """The attributes that differ afterwards; None where one is gone."""
    before = {name: dict(value) for name, value in ITEM.items()}
    after = expressions(text).updated(ITEM, ["pk"])
    assert before == ITEM, "the item itself stays as it is"
    names = ITEM.keys() | after.keys()
    return {name: after.get(name) for name in names if ITEM.get(name) != after.get(name)}


def strings(*texts: str) -> dict[str, Any]:
    return {"L": [{"S": text} for text in texts]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = :s", {"a": {"S": "new"}}),
        ("set a = :s, n = :one", {"a": {"S": "new"}, "n": {"N": "1"}}),
        ("SET a = n, n = :one", {"a": {"N": "10"}, "n": {"N": "1"}}),  # as it was before
        ("SET n = n + :one", {"n": {"N": "11"}}),
        ("SET n = n - :one", {"n": {"N": "9"}}),
        ("SET n = :one - n", {"n": {"N": "-9"}}),
        ("SET n = (n + :one)", {"n": {"N": "11"}}),
        ("SET n = if_not_exists(n, :one)", {}),
        ("SET a = if_not_exists(a, :one)", {"a": {"N": "1"}}),
        ("SET a = if_not_exists(a, n) + :one", {"a": {"N": "11"}}),
        ("SET list1 = list_append(list1, :l)", {"list1": strings("zero", "one", "two", "end")}),
        ("SET list1 = list_append(:l, list1)", {"list1": strings("end", "zero", "one", "two")}),
        ("SET a = list_append(if_not_exists(a, :l), :l)", {"a": strings("end", "end")}),
        ("SET map1.k = :s", {"map1": {"M": {"k": {"S": "new"}}}}),
        ("SET map1.j = :s", {"map1": {"M": {"k": {"N": "1"}, "j": {"S": "new"}}}}),
        ("SET list1[1] = :s", {"list1": strings("zero", "new", "two")}),
        ("SET list1[9] = :s", {"list1": strings("zero", "one", "two", "new")}),
        ("REMOVE txt", {"txt": None}),
        ("REMOVE gone", {}),
        ("REMOVE map1.k, txt", {"map1": {"M": {}}, "txt": None}),
        ("REMOVE list1[0], list1[1]", {"list1": strings("two")}),
        ("REMOVE list1[9]", {}),
        ("ADD n :one", {"n": {"N": "11"}}),
        ("ADD a :one", {"a": {"N": "1"}}),
        ("ADD tags :tags", {"tags": {"SS": ["x", "y", "z"]}}),
        ("ADD a :tags", {"a": {"SS": ["y", "z"]}}),
        ("DELETE tags :tags", {"tags": {"SS": ["x"]}}),
        ("DELETE tags :all", {"tags": None}),  # an empty set is no value
        ("DELETE a :tags", {}),
        ("SET a = :s REMOVE txt ADD n :one DELETE tags :tags",
         {"a": {"S": "new"}, "txt": None, "n": {"N": "11"}, "tags": {"SS": ["x"]}}),
    ],
)  # fmt: skip
def test_an_update_changes_what_it_says(text: str, expected: dict[str, Any]) -> None:
    assert changed(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The expression can not be empty;"),
        ("whatever", 'Syntax error; token: "whatever"'),
        ("set a", 'Syntax error; token: "<EOF>"'),
        ("remove a = b", 'Syntax error; token: "="'),
        ("delete a b", "An expression attribute value used in expression is not defined"),
        ("set :one = b", 'Syntax error; token: ":one"'),
        ("set a = b * c", 'Syntax error; token: "*"'),
        ("set a = b + c + d", 'Syntax error; token: "+"'),
        ("set abOrt = :s", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
        ("set a = if_not_exist(:one)", "Invalid function name; function: if_not_exist"),
        ("set a = size(b)", "Invalid function name; function: size"),
        ("set a = :s set b = :s", 'The "SET" section can only be used once in an update expression;'),
        ("set a = #c", "An expression attribute name used in the document path is not defined"),
        ("set a = if_not_exists(c)", "Incorrect number of operands for operator or function"),
        ("set a = if_not_exists(:s, c)", "Operator or function requires a document path"),
        ("set a = list_append(:s, a)", "Incorrect operand type for operator or function"),
        ("set a = a + :s", "Incorrect operand type for operator or function"),
        ("add a :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
        ("add a :l", "Incorrect operand type for operator or function; operator: ADD, operand type: LIST"),
        ("delete a :one",
         "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"),
        ("set a = :s, a.b = :s", "Two document paths overlap with each other;"),
        ("set a = :s remove a", "Two document paths overlap with each other;"),
        ("remove a.c set a[1] = :s", "Two document paths conflict with each other;"),
    ],
)  # fmt: skip
def test_an_update_that_dynamodb_refuses_is_refused_before_it_is_tried(text: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        expressions(text)
    assert str(caught.value).startswith(f"Invalid UpdateExpression: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SET a = gone", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET n = gone + :one", "The provided expression refers to an attribute that does not exist"),
        ("SET gone.k = :s", "The document path provided in the update expression is invalid for update"),
        ("SET txt.k = :s", "The document path provided in the update expression is invalid for update"),
        ("SET map1[0] = :s", "The document path provided in the update expression is invalid for update"),
        ("REMOVE gone.k", "The document path provided in the update expression is invalid for update"),
        ("SET n = txt + :one", "An operand in the update expression has an incorrect data type"),
        ("SET txt = list_append(txt, :l)", "An operand in the update expression has an incorrect data type"),
        ("ADD txt :one", "An operand in the update expression has an incorrect data type"),
        ("ADD tags :ns", "An operand in the update expression has an incorrect data type"),
        ("DELETE n :tags", "An operand in the update expression has an incorrect data type"),
        ("SET pk = :s", "One or more parameter values were invalid: Cannot update attribute pk."),
        ("SET n = :big + :big", "Number overflow."),
        ("SET n = :big + :one", "Attempting to store more than 38 significant digits in a Number"),
    ],
)  # fmt: skip
def test_an_update_that_does_not_fit_the_item_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        expressions(text).updated(ITEM, ["pk"])
    assert str(caught.value).startswith(said)
