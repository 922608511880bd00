"""Every peer of an AWS client holds requests and answers against botocore's model.

A class that speaks for a service is an ``AwsPeer`` or a ``BatchPeer``, or has the decorator :func:`held`. A
test looks for classes that have neither.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore import xform_name
from botocore.exceptions import ClientError

from bridge.edges.answers.always import what_is_missing
from tests.fakes.clients.shapes import Mistake, mistakes, refuse_as_client, service_model, told

INVALID = {
    "cloudwatch": "ValidationError",
    "eventbridgev2": "InvalidInputException",
    "glue": "InvalidInputException",
    "s3": "InvalidArgument",
    "schemas": "BadRequestException",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
}
"""The code of a request that breaks the model; ``ValidationException`` for every other service."""

LEFT_OUT = {"sqs": frozenset({"successful", "failed"})}
"""Members that a service leaves out where they are empty, although its model requires them."""

UNCHECKED = frozenset({"dynamodb"})
"""The product makes these clients without botocore's own check, so the service is the first to refuse."""


class Spoiled(dict[str, Any]):
    """An answer that is not AWS's, on purpose."""


def client_error(code: str, operation: str, status: int = 400, message: str = "") -> ClientError:
    """What botocore raises for an error answer of the service."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "0"},
    }
    error: ClientError = ClientError(answer, operation)
    return error


def refusal(service: str, operation: str, parameters: Mapping[str, Any]) -> ClientError | None:
    """What the service answers to a request that breaks its model. Raises ``ParamValidationError`` where
    botocore would not have sent it."""
    found = mistakes(service, operation, parameters)
    if not found:
        return None
    if service not in UNCHECKED or any(each.rule == "Member is unknown" for each in found):
        refuse_as_client(service, operation, parameters)
    return client_error(_code(service, found), operation, 400, told(found))


def _code(service: str, found: list[Mistake]) -> str:
    unreadable = any(each.kind == "type" for each in found)
    return "SerializationException" if unreadable else INVALID.get(service, "ValidationException")


def check_answer(service: str, operation: str, parameters: Mapping[str, Any], answer: Any) -> None:
    """A peer whose answer is not AWS's is wrong itself."""
    if isinstance(answer, Spoiled):
        return
    optional = LEFT_OUT.get(service, frozenset())
    found = [
        each
        for each in mistakes(service, operation, answer, "answer")
        if not (each.value is None and each.path in optional)
    ]
    assert not found, f"the peer's answer to {service}:{operation} is not AWS's: {told(found)}"
    shape = service_model(service).operation_model(operation).output_shape
    lacking = what_is_missing(service, operation, parameters, answer, shape)
    assert not lacking, f"the peer's answer to {service}:{operation} lacks {lacking}"


# --- classes -------------------------------------------------------------------------------------------

_Class = TypeVar("_Class", bound=type)


def held(*services: str) -> Callable[[_Class], _Class]:
    """For a stub of a few operations: requests and answers are held against the models."""

    def decorate(stub: _Class) -> _Class:
        for service in services:
            hold_operations(stub, service, requests=True)
        return stub

    return decorate


def hold_operations(peer: type, service: str, *, requests: bool = False) -> None:
    """Wraps the operations that the class itself defines. Where ``holds`` of the class is False, nothing is
    held: a simulation of many runs leaves that to the contract suite."""
    names = _operations(service)
    for method, function in list(vars(peer).items()):
        if method in names:
            setattr(peer, method, _wrapped(function, service, names[method], requests=requests))


def _wrapped(function: Any, service: str, operation: str, *, requests: bool) -> Any:
    @functools.wraps(function)
    def call(self: Any, **parameters: Any) -> Any:
        if not getattr(self, "holds", True):
            return function(self, **parameters)
        if requests and (error := refusal(service, operation, parameters)):
            raise error
        answer = function(self, **parameters)
        check_answer(service, operation, parameters, answer)
        return answer

    return call


@functools.cache
def _operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in service_model(service).operation_names} if service else {}
