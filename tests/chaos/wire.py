"""Requests and answers of AWS as bytes: which service is asked, and how each says that it cannot."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

_TARGETS: Final = {
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "AWSEvents": "events",
    "AmazonSQS": "sqs",
}
Trouble = Literal["throttled", "unavailable"]

_JSON_ERRORS: Final[Mapping[tuple[str, Trouble], tuple[int, str, str]]] = {
    ("dynamodb", "throttled"): (
        400,
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded",
    ),
    ("dynamodb", "unavailable"): (
        503,
        "com.amazonaws.dynamodb.v20120810#ServiceUnavailable",
        "The service is currently unavailable",
    ),
    ("dynamodbstreams", "throttled"): (
        400,
        "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "Rate exceeded",
    ),
    ("dynamodbstreams", "unavailable"): (
        500,
        "com.amazonaws.dynamodb.v20120810#InternalServerError",
        "Internal server error",
    ),
    ("events", "throttled"): (400, "ThrottlingException", "Rate exceeded"),
    ("events", "unavailable"): (503, "InternalException", "Internal failure"),
    ("sqs", "throttled"): (400, "com.amazonaws.sqs#RequestThrottled", "Request is throttled"),
    ("sqs", "unavailable"): (503, "com.amazonaws.sqs#ServiceUnavailable", "Service unavailable"),
}
_XML_ERRORS: Final[Mapping[tuple[str, Trouble], tuple[int, str, str]]] = {
    ("sns", "throttled"): (400, "Throttling", "Rate exceeded"),
    ("sns", "unavailable"): (503, "ServiceUnavailable", "Service unavailable"),
    ("s3", "throttled"): (503, "SlowDown", "Please reduce your request rate."),
    ("s3", "unavailable"): (500, "InternalError", "We encountered an internal error. Please try again."),
}
REQUEST_ID: Final = "00000000-0000-4000-8000-00000000c4a0"
HTML: Final = b"<html><head><title>Sign in</title></head><body>Accept the terms to go on.</body></html>"


@dataclass(frozen=True, slots=True)
class Asked:
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def asked(method: str, headers: Mapping[str, str], body: bytes) -> Asked:
    """``headers`` with names in lower case."""
    target, _, operation = headers.get("x-amz-target", "").partition(".")
    if target:
        return Asked(_TARGETS.get(target, target), operation)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return Asked("sns", urllib.parse.parse_qs(body.decode()).get("Action", ["?"])[0])
    return Asked("s3", method)


def trouble(service: str, kind: Trouble) -> Reply:
    """As the service itself says it."""
    if (service, kind) in _XML_ERRORS:
        status, code, text = _XML_ERRORS[service, kind]
        error = f"<Code>{code}</Code><Message>{text}</Message>"
        if service == "sns":
            error = f"<Error><Type>Receiver</Type>{error}</Error><RequestId>{REQUEST_ID}</RequestId>"
            space = "http://sns.amazonaws.com/doc/2010-03-31/"
            error = f'<ErrorResponse xmlns="{space}">{error}</ErrorResponse>'
        else:
            error = f"<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>"
        headers = (("Content-Type", "text/xml"), ("x-amz-request-id", REQUEST_ID))
        return Reply(status, headers, error.encode())
    status, code, text = _JSON_ERRORS.get((service, kind), (503, "ServiceUnavailable", "unavailable"))
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", REQUEST_ID))
    return Reply(status, headers, json.dumps({"__type": code, "message": text}).encode())


def html() -> Reply:
    """A captive portal's page."""
    return Reply(200, (("Content-Type", "text/html"),), HTML)


def empty_object() -> Reply:
    """What a proxy's cache or a broken gateway says. It has no request id, as no AWS service answered."""
    return Reply(200, (("Content-Type", "application/x-amz-json-1.0"),), b"{}")


def accepted(what: Asked, request: bytes, reply: Reply) -> list[str]:
    """The events that a bus or a topic has accepted, in their order, each as its text."""
    if reply.status != 200:
        return []
    if what == Asked("events", "PutEvents"):
        entries: list[dict[str, Any]] = json.loads(request)["Entries"]
        answers = json.loads(reply.body)["Entries"]
        return [
            each["Detail"]
            for each, answer in zip(entries, answers, strict=True)
            if not answer.get("ErrorCode")
        ]
    if what == Asked("sns", "PublishBatch"):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(request.decode()).items()}
        successful = reply.body.decode().partition("<Failed>")[0]
        ids = set(re.findall(r"<Id>([^<]*)</Id>", successful))
        start = "PublishBatchRequestEntries.member."
        numbers = sorted(
            int(name[len(start) : -len(".Id")])
            for name in form
            if name.startswith(start) and name.endswith(".Id")
        )
        return [form[f"{start}{n}.Message"] for n in numbers if form[f"{start}{n}.Id"] in ids]
    return []
