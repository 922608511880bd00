"""Whatever a service's model says of a request is checked, also what botocore leaves to the service; and an
answer that the model or AWS's habit does not allow is a mistake of the peer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from bridge.edges.answers.always import OPERATIONS
from tests.fakes.clients.held import INVALID, Spoiled, check_answer, held, refusal
from tests.fakes.clients.patterns import compiled
from tests.fakes.clients.shapes import mistakes, service_model

SERVICES = sorted({name.partition(":")[0] for name in OPERATIONS} | {"stepfunctions", "sts"})
MANY: dict[str, Any] = {"RequestItems": {"T": {"Keys": [{}] * 101}}}


def rules(service: str, operation: str, value: Any) -> list[tuple[str, str]]:
    return [(each.path, each.rule) for each in mistakes(service, operation, value)]


@pytest.mark.parametrize(
    ("service", "operation", "value", "path", "rule"),
    [
        ("events", "DescribeEventBus", {"Name": "x" * 1601}, "name", "length less than or equal to 1600"),
        ("events", "DescribeEventBus", {"Name": "a bus"}, "name", "regular expression pattern"),
        ("dynamodb", "Scan", {"TableName": ""}, "tableName", "length greater than or equal to 1"),
        ("events", "DeleteRule", {}, "name", "must not be null"),
        ("events", "DeleteRule", {"Name": "r", "Forced": True}, "forced", "unknown"),
        ("events", "DeleteRule", {"Name": 7}, "name", "must be a string"),
        ("events", "ListRules", {"Limit": 101}, "limit", "value less than or equal to 100"),
        ("events", "PutRule", {"Name": "r", "State": "ON"}, "state", "enum value set"),
        ("events", "PutEvents", {"Entries": []}, "entries", "length greater than or equal to 1"),
        (
            "events",
            "PutEvents",
            {"Entries": [{"Source": "s"}, {"EventBusName": "a bus"}]},
            "entries.2.member.eventBusName",
            "regular expression pattern",
        ),
        ("dynamodb", "Scan", {"TableName": "T", "Limit": 0}, "limit", "greater than or equal to 1"),
        ("dynamodb", "Scan", {"TableName": "T", "Select": "ALL"}, "select", "enum value set"),
        ("dynamodb", "BatchGetItem", MANY, "requestItems.T.member.keys", "equal to 100"),
        ("kinesis", "GetRecords", {"ShardIterator": "i", "Limit": 10_001}, "limit", "equal to 10000"),
        ("kinesis", "GetRecords", {"ShardIterator": "i", "Limit": True}, "limit", "must be a number"),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": 7}, "body", "must be a blob"),
        ("sqs", "ReceiveMessage", {"QueueUrl": "q", "WaitTimeSeconds": 2**31}, "waitTimeSeconds", "32 bits"),
        ("glue", "GetSchema", {"SchemaId": {"SchemaName": "a b"}}, "schemaId.schemaName", "pattern"),
        ("lambda", "GetEventSourceMapping", {"UUID": "short"}, "uUID", "greater than or equal to 36"),
    ],
)  # fmt: skip
def test_each_rule_of_a_model_is_checked_at_any_depth(
    service: str, operation: str, value: Any, path: str, rule: str
) -> None:
    ((found_path, found_rule),) = rules(service, operation, value)
    assert found_path == path
    assert rule in found_rule


def test_what_botocore_would_not_send_is_its_own_error_and_the_rest_is_the_services() -> None:
    with pytest.raises(ParamValidationError):
        refusal("events", "DeleteRule", {"Name": ""})
    refused = refusal("events", "DeleteRule", {"Name": "a rule"})
    assert refused is not None
    assert refused.response["Error"]["Code"] == "ValidationException"
    assert "1 validation error detected: Value 'a rule' at 'name'" in str(refused)


@pytest.mark.parametrize(
    ("request_", "code"),
    [({"TableName": 7}, "SerializationException"), ({"TableName": ""}, "ValidationException")],
)
def test_a_client_without_botocores_check_leaves_everything_to_dynamodb(request_: Any, code: str) -> None:
    refused = refusal("dynamodb", "DescribeTable", request_)
    assert refused is not None
    assert refused.response["Error"]["Code"] == code


def test_every_service_that_is_called_has_its_own_code_or_the_usual_one() -> None:
    assert set(SERVICES) >= INVALID.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_a_service_has_a_meaning_in_python(service: str) -> None:
    model = service_model(service)
    found = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    for pattern in found:
        compiled(str(pattern))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "größe 7", "a*b"),
        (r"\p{Print}+", "a b~", "é"),
        (r"[ -퟿\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\U0001f600", "\x07"),
        (r"\w+", "a_1", "é"),  # Java's classes are ASCII
        (r"[\w-_]*", "a-b", "a.b"),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern: str, yes: str, no: str) -> None:
    assert compiled(pattern).fullmatch(yes)
    assert not compiled(pattern).fullmatch(no)


def test_a_pattern_without_a_meaning_is_an_error_and_not_skipped() -> None:
    with pytest.raises(re.error):
        compiled("(")


# --- answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "lacks Items"),
        ({"Items": [], "Count": 1, "ScannedCount": 1}, "lacks as many Items as Count"),
        ({"Items": [], "Count": 0, "ScannedCount": 0, "Bogus": 1}, "Member is unknown"),
        ({"Items": [{"a": {"S": 7}}], "Count": 1, "ScannedCount": 1}, "must be a string"),
    ],
)
def test_an_answer_that_is_not_awss_is_a_mistake_of_the_peer(answer: Any, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_answer("dynamodb", "Scan", {"TableName": "T"}, answer)
    check_answer("dynamodb", "Scan", {"TableName": "T"}, Spoiled(answer))


def test_a_stub_of_one_operation_is_held_too() -> None:
    @held("dynamodb")
    class Stub:
        def scan(self, **request: Any) -> dict[str, Any]:
            return {"Items": []}

    with pytest.raises(AssertionError, match="lacks Count"):
        Stub().scan(TableName="T")
    with pytest.raises(ClientError, match="ValidationException"):
        Stub().scan(TableName="T", Limit=0)
