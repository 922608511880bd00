"""The service's side of an AWS protocol, read from botocore's own model of it.

botocore reads answers and writes requests. Here its parser reads a request by the shape of the request, and
its serializer writes an answer by the shape of the answer: both are the code that real clients run.
"""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from tests.fakes.clients.shapes import mistakes, told


class ServiceSide:
    """One service whose protocol is of the RPC v2 family: ``/service/<prefix>/operation/<name>``."""

    def __init__(self, service: str) -> None:
        description = Loader().load_service_model(service, "service-2")
        metadata = description["metadata"]
        self.service = service
        self.model = ServiceModel(description, service)
        self.path = f"/service/{metadata['targetPrefix']}/operation/"
        self._answers = ServiceModel(_answers_as_requests(description), service)
        self._parser = create_parser(metadata["protocol"])
        self._serializer = create_serializer(metadata["protocol"])  # validates what it writes

    def read(self, operation: str, body: bytes) -> dict[str, Any]:
        """The parameters of a request."""
        shape = self.model.operation_model(operation).input_shape
        request: dict[str, Any] = self._parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)
        del request["ResponseMetadata"]
        return request

    def mistakes(self, operation: str, request: dict[str, Any]) -> list[str]:
        """Where the request breaks the model."""
        return [str(each) for each in mistakes(self.service, operation, request)]

    def write(self, operation: str, answer: dict[str, Any]) -> bytes:
        """The body of an answer. Raises ``ParamValidationError`` where the model has no such answer."""
        assert not (wrong := mistakes(self.service, operation, answer, "answer")), told(wrong)
        return self._body(operation, answer)

    def write_error(self, code: str, message: str) -> bytes:
        return self._body("Error", {"__type": f"com.amazonaws#{code}", "Message": message})

    def _body(self, operation: str, content: dict[str, Any]) -> bytes:
        request = self._serializer.serialize_to_request(content, self._answers.operation_model(operation))
        body: bytes = request["body"]
        return body


def _answers_as_requests(description: dict[str, Any]) -> dict[str, Any]:
    """The model in which every operation sends what the service answers in truth."""
    error = {"type": "structure", "members": {"__type": {"shape": "String"}, "Message": {"shape": "String"}}}
    operations = {
        name: {**operation, "input": operation["output"]}
        for name, operation in description["operations"].items()
        if "output" in operation
    }
    operations["Error"] = {
        "name": "Error",
        "http": {"method": "POST", "requestUri": "/"},
        "input": {"shape": "Error_"},
    }
    return {
        **description,
        "operations": operations,
        "shapes": {**description["shapes"], "Error_": error, "String": {"type": "string"}},
    }
