"""IAM before an AWS that asks nobody: calls that a role's policy does not allow are answered as the service
would answer them, on the wire, and never arrive.

Only what our policies use is understood: Allow statements, actions by name, resources with ``*``. An action's
name and resource come from the service authorization reference.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.model import OperationModel

from tests.fakes.service_side import ServiceSide

Statement = Mapping[str, Any]

PREFIX_OF = {"dynamodbstreams": "dynamodb", "eventbridgev2": "events"}
ACTION_OF = {
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sns:PublishBatch": "sns:Publish",
}
_WHO = "arn:aws:sts::123456789012:assumed-role/bridge/function"


class PolicyGuard:
    """``statements`` may be changed between calls; ``used`` collects the (action, resource) of them that have
    allowed a call, ``denied`` the actions that were refused. One guard may watch any number of clients."""

    def __init__(self, account: str, region: str) -> None:
        self.statements: Sequence[Statement] = ()
        self.used: set[tuple[str, str]] = set()
        self.denied: list[str] = []
        self._account = account
        self._region = region
        self._here = threading.local()  # a request is built and sent in one thread

    def watch(self, client: Any) -> Any:
        client.meta.events.register_first("before-parameter-build", self._ask)
        client.meta.events.register_first("before-send", self._answer)
        return client

    def _ask(self, params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
        self._here.refusal = None
        for action, resource in self._needs(model, params):
            allowing = [pattern for each in self.statements for pattern in _allowing(each, action, resource)]
            if not allowing:
                self.denied.append(action)
                self._here.refusal = (model, action, resource, params)
                return
            self.used |= {(action, pattern) for pattern in allowing}

    def _answer(self, request: Any, **_: Any) -> AWSResponse | None:
        refusal, self._here.refusal = getattr(self._here, "refusal", None), None
        if refusal is None:
            return None
        status, kind, body = _refusal(*refusal)
        headers = {"Content-Type": kind, "x-amz-request-id": "0", "x-amzn-requestid": "0"}
        return AWSResponse(request.url, status, HeadersDict(headers), Raw(body))

    def _needs(self, model: OperationModel, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        service = str(model.service_model.service_name)
        named = f"{PREFIX_OF.get(service, service)}:{model.name}"
        action = ACTION_OF.get(named, named)
        for resource in self._resources(service, params):
            yield action, resource

    def _resources(self, service: str, params: Mapping[str, Any]) -> Iterator[str]:
        match service:
            case "dynamodb":
                for name in params.get("RequestItems") or (params["TableName"],):
                    yield self._arn("dynamodb", f"table/{name}")
            case "dynamodbstreams":
                # An iterator is a ticket for its stream; ours begins with the ARN of it.
                yield params.get("StreamArn") or self._iterated
                self._iterated = params.get("StreamArn") or self._iterated
            case "events":
                for name in {each.get("EventBusName") for each in params.get("Entries", ())} or {
                    params["Name"]
                }:
                    yield name if str(name).startswith("arn:") else self._arn("events", f"event-bus/{name}")
            case "eventbridgev2":
                yield params["EventBusArn"]
            case "sns":
                yield params["TopicArn"]
            case "sqs":
                yield self._arn("sqs", params["QueueUrl"].rpartition("/")[2])
            case "s3":
                bucket = f"arn:aws:s3:::{params['Bucket']}"
                keys = [each["Key"] for each in params.get("Delete", {}).get("Objects", ())]
                keys += [params["Key"]] if "Key" in params else []
                yield from [f"{bucket}/{key}" for key in keys] or [bucket]
            case "lambda":
                yield self._arn("lambda", f"event-source-mapping:{params['UUID']}")
            case _:
                yield "*"

    _iterated = ""

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self._region}:{self._account}:{rest}"


def without(statements: Sequence[Statement], action: str, resource: str) -> list[Statement]:
    """The statements, none of which allows ``action`` on ``resource`` any more."""
    left: list[Statement] = []
    for each in statements:
        if resource not in _listed(each["Resource"]):
            left.append(each)
        elif actions := [name for name in _listed(each["Action"]) if name != action]:
            left.append({**each, "Action": actions})
    assert left != list(statements), f"nothing allowed {action} on {resource}"
    return left


def _allowing(statement: Statement, action: str, resource: str) -> list[str]:
    assert statement["Effect"] == "Allow"
    if action not in _listed(statement["Action"]):
        return []
    return [pattern for pattern in _listed(statement["Resource"]) if fnmatchcase(resource, pattern)]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class Raw(io.BytesIO):
    """As urllib3 gives a body."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.getvalue()


def _refusal(
    model: OperationModel, action: str, resource: str, params: Mapping[str, Any]
) -> tuple[int, str, bytes]:
    """Status, content type and body, as each service refuses: codes and statuses are those of
    bridge/edges/answers/errors.py; S3 names no action, and a HEAD has no body at all."""
    service = str(model.service_model.service_name)
    on = "" if resource == "*" else f" on resource: {resource}"
    why = f"because no identity-based policy allows the {action} action"
    text = f"User: {_WHO} is not authorized to perform: {action}{on} {why}"
    match service:
        case "s3" if model.http.get("method") == "HEAD":
            return 403, "application/xml", b""
        case "s3" if model.name == "DeleteObjects":
            entries = "".join(
                f"<Error><Key>{escape(each['Key'])}</Key><Code>AccessDenied</Code>"
                "<Message>Access Denied</Message></Error>"
                for each in params["Delete"]["Objects"]
            )
            return 200, "application/xml", f"<DeleteResult>{entries}</DeleteResult>".encode()
        case "s3":
            error = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            return 403, "application/xml", error.encode()
        case "sns":
            error = (
                f"<Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>{text}</Message></Error>"
            )
            return 403, "text/xml", f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>".encode()
        case "eventbridgev2":
            return 403, "application/cbor", ServiceSide(service).write_error("AccessDeniedException", text)
        case "lambda":
            return (
                403,
                "application/json",
                json.dumps({"__type": "AccessDeniedException", "Message": text}).encode(),
            )
        case "cloudwatch":
            body = {"__type": "com.amazon.coral.service#AccessDenied", "message": text}
            return 403, "application/x-amz-json-1.0", json.dumps(body).encode()
        case _:
            body = {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": text}
            return 400, "application/x-amz-json-1.0", json.dumps(body).encode()
