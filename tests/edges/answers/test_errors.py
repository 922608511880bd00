"""What AWS's errors become."""

from __future__ import annotations

from collections.abc import Iterator

import botocore.exceptions
import botocore.session
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import (
    AccessDenied,
    BatchError,
    BridgeError,
    EventRefused,
    EventTooLarge,
    LedgerUnavailable,
    SinkUnavailable,
    TargetMissing,
)
from tests.fakes.clients.batch_peer import client_error

SINK = AwsTarget(
    None, "events", "event bus orders", SinkUnavailable, refused=EventRefused, too_large=EventTooLarge
)
LEDGER = AwsTarget(None, "dynamodb", "table ledger", LedgerUnavailable)
URL = "https://service.example.com"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException", "PutEvents"), SinkUnavailable),
        (client_error("Throttling", "PublishBatch"), SinkUnavailable),
        (client_error("KMSThrottling", "PublishBatch"), SinkUnavailable),
        (client_error("ProvisionedThroughputExceededException", "BatchGetItem"), SinkUnavailable),
        (client_error("InternalException", "PutEvents", 500), SinkUnavailable),
        (client_error("NeverHeardOf", "PutEvents", 503), SinkUnavailable),
        (client_error("NeverHeardOf", "PutEvents", 429), SinkUnavailable),
        (client_error("503", "PutEvents", 0), SinkUnavailable),
        (ReadTimeoutError(endpoint_url=URL), SinkUnavailable),
        (ConnectTimeoutError(endpoint_url=URL), SinkUnavailable),
        (EndpointConnectionError(endpoint_url=URL), SinkUnavailable),
        (ResponseParserError("not JSON"), SinkUnavailable),
        (client_error("AccessDeniedException", "PutEvents"), AccessDenied),
        (client_error("AuthorizationError", "PublishBatch", 403), AccessDenied),
        (client_error("NeverHeardOf", "PutEvents", 403), AccessDenied),
        (client_error("ExpiredTokenException", "PutEvents"), AccessDenied),
        (client_error("InvalidSignatureException", "PutEvents", 403), AccessDenied),
        (NoCredentialsError(), AccessDenied),
        (client_error("ResourceNotFoundException", "DescribeEventBus"), TargetMissing),
        (client_error("NotFound", "PublishBatch", 404), TargetMissing),
        (client_error("KMSDisabled", "PublishBatch"), BatchError),
        (NoRegionError(), BatchError),
        (client_error("BatchRequestTooLong", "PublishBatch"), EventTooLarge),
        (client_error("NeverHeardOf", "PutEvents", 413), EventTooLarge),
        (
            client_error("ValidationException", "PutEvents", 400, "Total size … request is over the limit."),
            EventTooLarge,
        ),
        (client_error("InvalidParameter", "PublishBatch", 400, "Message too long"), EventTooLarge),
        (client_error("ValidationException", "PutEvents"), EventRefused),
        (ParamValidationError(report="Detail"), EventRefused),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else (code_of(value) or type(value).__name__),
)
def test_every_error_has_one_meaning(error: Exception, expected: type[BridgeError]) -> None:
    assert isinstance(error, AWS_ERRORS)
    assert type(SINK.translate(error)) is expected


def every_error_without_an_answer() -> list[type[Exception]]:
    """botocore's own errors that can end a call."""
    found = [getattr(botocore.exceptions, name) for name in dir(botocore.exceptions)]
    kinds = [each for each in found if isinstance(each, type) and issubclass(each, BotoCoreError)]
    return [each for each in kinds if not issubclass(each, ClientError)]


@pytest.mark.parametrize("kind", every_error_without_an_answer(), ids=lambda kind: kind.__name__)
def test_no_message_says_that_aws_answered_where_it_did_not(kind: type[Exception]) -> None:
    error = SINK.translate(kind.__new__(kind))
    assert "answered" not in error.message
    assert "event bus orders" in error.message


def test_missing_credentials_are_named_as_such_with_what_to_do() -> None:
    error = SINK.translate(NoCredentialsError())
    assert error.message.endswith("events was not called: no AWS credentials were found")
    assert "AWS_PROFILE" in error.hint


@pytest.mark.parametrize(
    ("code", "sender_fault", "expected"),
    [
        ("ThrottlingException", None, SinkUnavailable),
        ("InternalFailure", None, SinkUnavailable),
        ("ThrottlingOfANewKind", None, SinkUnavailable),
        ("MalformedDetail", None, EventRefused),
        ("InvalidArgument", None, EventRefused),
        ("NotAuthorizedForSourceException", None, AccessDenied),
        ("NeverHeardOf", True, EventRefused),
        ("NeverHeardOf", False, SinkUnavailable),
        ("KMSThrottlingException", True, SinkUnavailable),
        ("AuthorizationError", True, AccessDenied),
    ],
)
def test_every_code_of_an_entry_has_one_meaning(
    code: str, sender_fault: bool | None, expected: type[BridgeError]
) -> None:
    error = SINK.entry_error(code, "PutEvents", sender_fault=sender_fault)
    assert type(error) is expected
    assert error.code == code


def test_access_denied_names_what_aws_said_was_denied() -> None:
    message = (
        "User: arn:aws:sts::111122223333:assumed-role/bridge/fn is not authorized to perform: "
        "events:PutEvents on resource: arn:aws:events:eu-central-1:111122223333:event-bus/orders because no "
        "identity-based policy allows the events:PutEvents action"
    )
    error = SINK.translate(client_error("AccessDeniedException", "PutEvents", 400, message))
    assert error.message == (
        "access denied to events:PutEvents on arn:aws:events:eu-central-1:111122223333:event-bus/orders "
        "(AccessDeniedException)"
    )
    assert "events:PutEvents" in error.hint


def codes_of_keys() -> Iterator[tuple[str, str]]:
    """What the services that hold data for us say of a KMS key, by their models; and what SQS really says,
    which has a dot (seen in aws/aws-cdk issue 19796)."""
    for service in ("sns", "sqs", "kinesis", "lambda"):
        model = botocore.session.get_session().get_service_model(service)
        for name in model.shape_names:
            shape = model.shape_for(name)
            if name.upper().startswith("KMS") and shape.metadata.get("exception"):
                yield service, shape.metadata.get("error", {}).get("code", name)
                if service == "sqs":
                    said = name.removeprefix("Kms").replace("Throttled", "Throttling")
                    yield service, f"KMS.{said}" + ("" if said == "OptInRequired" else "Exception")


@pytest.mark.parametrize(("service", "code"), sorted(set(codes_of_keys())))
def test_a_key_that_is_denied_or_gone_is_never_the_record_s_fault(service: str, code: str) -> None:
    target = AwsTarget(None, service, "the store", unavailable=SinkUnavailable, refused=EventRefused)
    error = target.translate(client_error(code, "Call", 400, "null (Service: AWSKMS; Status Code: 400)"))
    if "Throttl" in code:
        assert type(error) is SinkUnavailable
        return
    assert isinstance(error, BatchError)
    if "AccessDenied" in code:
        assert "KMS key of the store" in error.message
        assert "kms:Decrypt and kms:GenerateDataKey" in error.hint, "and no action of the service"


def test_a_denied_key_that_aws_names_is_named() -> None:
    """S3 and DynamoDB say AccessDenied as for an action of their own, and name KMS's in the text."""
    message = (
        "User: arn:aws:sts::111122223333:assumed-role/bridge/fn is not authorized to perform: "
        "kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:111122223333:key/1234 because no "
        "identity-based policy allows the kms:GenerateDataKey action"
    )
    error = AwsTarget(None, "s3", "bucket quarantine", unavailable=SinkUnavailable).translate(
        client_error("AccessDenied", "PutObject", 403, message)
    )
    assert isinstance(error, AccessDenied)
    assert "kms:GenerateDataKey on arn:aws:kms:eu-central-1:111122223333:key/1234" in error.message


def test_access_denied_without_a_message_names_the_call_and_the_target() -> None:
    error = SINK.translate(client_error("AccessDeniedException", "PutEvents"))
    assert error.message == "access denied to events:PutEvents on event bus orders (AccessDeniedException)"


def test_a_message_of_aws_is_never_copied() -> None:
    """A validation message quotes the value it did not like."""
    for code in ("ValidationException", "ResourceNotFoundException", "ThrottlingException", "KMSDisabled"):
        error = SINK.translate(client_error(code, "PutEvents", 400, "Value 'jane@example.com' is not valid"))
        assert "jane" not in str(error)


def test_the_stage_is_the_edge_s_own() -> None:
    for error in (
        client_error("AccessDeniedException", "BatchGetItem"),
        client_error("ResourceNotFoundException", "BatchGetItem"),
        client_error("InternalServerError", "BatchGetItem", 500),
        client_error("ValidationException", "BatchGetItem"),
    ):
        assert LEDGER.translate(error).stage == "settle"


def test_an_edge_that_has_no_records_to_refuse_fails_the_batch() -> None:
    assert type(LEDGER.translate(client_error("ValidationException", "BatchGetItem"))) is BatchError


def test_an_error_without_any_details_is_still_translated() -> None:
    assert isinstance(SINK.translate(ClientError({}, "PutEvents")), BridgeError)
