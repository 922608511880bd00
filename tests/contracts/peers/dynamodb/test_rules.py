"""What the DynamoDB peer refuses of items, keys, batches, scans and transactions, with DynamoDB's codes.

Messages: mhart/dynalite, which recorded them from the service, and the developer guide; [k] where neither has
one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clients.dynamodb import PAGE_BYTES, READ_BYTES, DynamoDbClient
from tests.fakes.dynamodb.values import Refused, item_size, number

KEY = {"pk": {"S": "a"}}


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def put(item: dict[str, Any]) -> tuple[str, str]:
    return refusal(DynamoDbClient().put_item, TableName="ledger", Item=item)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": ""}
    for _ in range(levels):
        value = {"L": [value]}
    return value


# --- values ---


@pytest.mark.parametrize(
    "text", ["0", "-0", "1E-130", "9.9999999999999999999999999999999999999E+125", "1" * 38, "1" * 38 + "000"]
)
def test_a_number_within_the_limits_is_taken(text: str) -> None:
    DynamoDbClient().put_item(TableName="ledger", Item={**KEY, "n": {"N": text}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The parameter cannot be converted to a numeric value"),
        ("x", "The parameter cannot be converted to a numeric value: x"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("Infinity", "The parameter cannot be converted to a numeric value: Infinity"),
        ("1_0", "The parameter cannot be converted to a numeric value: 1_0"),
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("1E+126", "Number overflow. Attempting to store a number with magnitude larger"),
        ("-1E+126", "Number overflow. Attempting to store a number with magnitude larger"),
        ("9E-131", "Number underflow. Attempting to store a number with magnitude smaller"),
    ],
)
def test_a_number_beyond_the_limits_is_refused(text: str, said: str) -> None:
    for value in ({"N": text}, {"NS": [text]}, {"L": [{"M": {"deep": {"N": text}}}]}):
        code, message = put({**KEY, "n": value})
        assert code == "ValidationException"
        assert message.startswith(said)
    with pytest.raises(Refused):
        number(text)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set"),
        ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
        ({"NS": []}, "One or more parameter values were invalid: An number set  may not be empty"),
        ({"BS": []}, "One or more parameter values were invalid: Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, "One or more parameter values were invalid: Input collection [a, a] contains"),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"NULL": False}, "One or more parameter values were invalid: Null attribute value types must"),
        (nested(33), "Nesting Levels have exceeded supported limits"),
        ({"S": "x" * 409_600}, "Item size has exceeded the maximum allowed size"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_value_that_dynamodb_does_not_have_is_refused(value: dict[str, Any], said: str) -> None:
    code, message = put({**KEY, "v": value})
    assert code == "ValidationException"
    assert message.startswith(said)


def test_the_largest_item_and_the_deepest_value_are_taken() -> None:
    client = DynamoDbClient()
    client.put_item(TableName="ledger", Item={**KEY, "v": nested(32)})
    client.put_item(TableName="ledger", Item={**KEY, "v": {"S": "x" * (409_600 - 4)}})
    assert item_size(client.items["a"]) == 409_600


# --- keys ---


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"other": {"S": "a"}}, "One or more parameter values were invalid: Missing the key pk in the item"),
        (
            {"pk": {"N": "1"}},
            "One or more parameter values were invalid: Type mismatch for key pk expected: S",
        ),
        ({"pk": {"S": ""}}, "One or more parameter values are not valid. The AttributeValue for a key"),
        (
            {"pk": {"S": "x" * 2049}},
            "One or more parameter values were invalid: Size of hashkey has exceeded",
        ),
    ],
)
def test_an_item_without_its_key_is_refused(item: dict[str, Any], said: str) -> None:
    code, message = put(item)
    assert code == "ValidationException"
    assert message.startswith(said)
    many = {"RequestItems": {"ledger": [{"PutRequest": {"Item": item}}]}}
    assert refusal(DynamoDbClient().batch_write_item, **many) == (code, message)


@pytest.mark.parametrize("key", [{}, {"id": {"S": "a"}}, {**KEY, "sk": {"S": "b"}}, {"pk": {"N": "1"}}])
def test_a_key_of_another_shape_is_refused_everywhere(key: dict[str, Any]) -> None:
    client = DynamoDbClient()
    expected = ("ValidationException", "The provided key element does not match the schema")
    assert refusal(client.get_item, TableName="ledger", Key=key) == expected
    assert refusal(client.delete_item, TableName="ledger", Key=key) == expected
    update = {"UpdateExpression": "SET a = if_not_exists(b, c)"}
    assert refusal(client.update_item, TableName="ledger", Key=key, **update) == expected
    assert refusal(client.batch_get_item, RequestItems={"ledger": {"Keys": [key]}}) == expected
    delete = [{"DeleteRequest": {"Key": key}}]
    assert refusal(client.batch_write_item, RequestItems={"ledger": delete}) == expected
    if key:
        assert refusal(client.scan, TableName="ledger", ExclusiveStartKey=key) == expected


# --- batches ---


def keys(count: int) -> list[dict[str, Any]]:
    return [{"pk": {"S": str(n)}} for n in range(count)]


def test_a_batch_that_is_too_long_or_names_a_key_twice_is_refused() -> None:
    client = DynamoDbClient()
    client.batch_get_item(RequestItems={"ledger": {"Keys": keys(100)}})
    code, message = refusal(client.batch_get_item, RequestItems={"ledger": {"Keys": keys(101)}})
    assert code == "ValidationException"
    assert "'requestItems.ledger.member.keys'" in message
    assert "length less than or equal to 100" in message
    puts = [{"PutRequest": {"Item": key}} for key in keys(26)]
    client.batch_write_item(RequestItems={"ledger": puts[:25]})
    code, message = refusal(client.batch_write_item, RequestItems={"ledger": puts})
    assert code == "ValidationException"
    assert "length less than or equal to 25" in message
    twice = ("ValidationException", "Provided list of item keys contains duplicates")
    assert refusal(client.batch_get_item, RequestItems={"ledger": {"Keys": [KEY, KEY]}}) == twice
    both = [{"PutRequest": {"Item": {**KEY, "n": {"N": "1"}}}}, {"DeleteRequest": {"Key": KEY}}]
    assert refusal(client.batch_write_item, RequestItems={"ledger": both}) == twice


def test_a_batch_may_be_done_in_part_and_names_the_rest() -> None:
    client = DynamoDbClient()
    client.unprocessed = lambda operation, call: 2
    answer = client.batch_write_item(RequestItems={"ledger": [{"PutRequest": {"Item": k}} for k in keys(5)]})
    assert len(answer["UnprocessedItems"]["ledger"]) == 2
    assert len(client.items) == 3
    request = {"Keys": keys(5), "ConsistentRead": True}
    left = client.batch_get_item(RequestItems={"ledger": request})["UnprocessedKeys"]["ledger"]
    assert left == {"Keys": keys(5)[:2], "ConsistentRead": True}
    client.unprocessed = lambda operation, call: 5
    code, _ = refusal(client.batch_get_item, RequestItems={"ledger": request})
    assert code == "ProvisionedThroughputExceededException"


def test_a_read_of_more_than_16_mb_leaves_keys_and_a_page_ends_at_1_mb() -> None:
    client = DynamoDbClient(page=1_000)
    large = {"v": {"S": "x" * 400_000}}
    for key in keys(50):
        client.put_item(TableName="ledger", Item={**key, **large})
    answer = client.batch_get_item(RequestItems={"ledger": {"Keys": keys(50)}})
    assert len(answer["Responses"]["ledger"]) == READ_BYTES // 400_000
    assert len(answer["UnprocessedKeys"]["ledger"]["Keys"]) == 50 - READ_BYTES // 400_000
    page = client.scan(TableName="ledger")
    assert page["Count"] == PAGE_BYTES // 400_000 + 1
    assert page["LastEvaluatedKey"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Segment": 0}, "The TotalSegments parameter is required but was not present"),
        ({"TotalSegments": 2}, "The Segment parameter is required but was not present"),
        ({"Segment": 2, "TotalSegments": 2}, "The Segment parameter is zero-based and must be less than"),
        ({"Limit": 0}, "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint"),
    ],
)
def test_a_scan_has_whole_segments(parameters: dict[str, Any], said: str) -> None:
    code, message = refusal(DynamoDbClient().scan, TableName="ledger", **parameters)
    assert code == "ValidationException"
    assert message.startswith(said)


# --- conditions and transactions ---


def test_a_condition_that_does_not_hold_changes_nothing_and_may_show_the_item() -> None:
    client = DynamoDbClient()
    client.put_item(TableName="ledger", Item={**KEY, "n": {"N": "1"}})
    for call, parameters in (
        (client.put_item, {"Item": KEY}),
        (client.delete_item, {"Key": KEY}),
        (client.update_item, {"Key": KEY, "UpdateExpression": "REMOVE n"}),
    ):
        with pytest.raises(ClientError) as caught:
            call(
                TableName="ledger",
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **parameters,
            )
        answer: Any = caught.value.response
        assert answer["Error"]["Code"] == "ConditionalCheckFailedException"
        assert answer["Item"] == {**KEY, "n": {"N": "1"}}
    assert client.items == {"a": {**KEY, "n": {"N": "1"}}}


def test_a_transaction_is_done_whole_or_not_at_all() -> None:
    client = DynamoDbClient()
    first = {"Put": {"TableName": "ledger", "Item": KEY}}
    second = {
        "Update": {
            "TableName": "ledger",
            "Key": {"pk": {"S": "b"}},
            "UpdateExpression": "SET n = :n",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        }
    }
    code, message = refusal(client.transact_write_items, TransactItems=[first, second])
    assert code == "TransactionCanceledException"
    assert message.endswith("[None, ConditionalCheckFailed]")
    assert client.items == {}
    second["Update"].pop("ConditionExpression")
    client.transact_write_items(TransactItems=[first, second])
    assert client.items == {"a": KEY, "b": {"pk": {"S": "b"}, "n": {"N": "1"}}}


def test_a_transaction_has_at_most_a_hundred_operations_each_on_an_item_of_its_own() -> None:
    client = DynamoDbClient()
    puts = [{"Put": {"TableName": "ledger", "Item": key}} for key in keys(101)]
    client.transact_write_items(TransactItems=puts[:100])
    code, message = refusal(client.transact_write_items, TransactItems=puts)
    assert code == "ValidationException"
    assert "length less than or equal to 100" in message
    text = "Transaction request cannot include multiple operations on one item"
    check = {"Delete": {"TableName": "ledger", "Key": keys(1)[0]}}
    assert refusal(client.transact_write_items, TransactItems=[puts[0], check]) == (code, text)
    large = [{"Put": {"TableName": "ledger", "Item": {**key, "v": {"S": "x" * 400_000}}}} for key in keys(11)]
    code, _ = refusal(client.transact_write_items, TransactItems=large)  # the message is [k]
    assert code == "ValidationException"


def test_another_table_is_not_there() -> None:
    code, _ = refusal(DynamoDbClient().get_item, TableName="other", Key=KEY)
    assert code == "ResourceNotFoundException"
