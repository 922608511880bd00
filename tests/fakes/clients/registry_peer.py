"""What the peers of the two schema registries share: pages, and changes by hand."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clock import FakeClock


class RegistryPeer(AwsPeer):
    """``invalid`` is the code of a request that the service refuses by rules that its model does not have.
    ``page`` bounds every list, so that whoever does not turn pages misses something. The hooks of
    :class:`AwsPeer` may act before they answer: that is how another publisher comes in between."""

    invalid = ""

    def __init__(self, registry: str = "orders", *, clock: FakeClock | None = None, page: int = 2) -> None:
        super().__init__()
        self.registry = registry
        self.clock = clock or FakeClock()
        self.page = page
        self.schemas: dict[str, Any] = {}

    def open(self, operation: str, parameters: dict[str, Any]) -> None:
        """What every request passes first."""
        self.begin(operation, parameters)

    def answer(self, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer, unless it gets lost."""
        self.end(operation)
        return answer

    def refuse(self, operation: str, message: str) -> ClientError:
        return client_error(self.invalid, operation, 400, message)

    def remove_version(self, name: str, number: int) -> None:
        """By hand, as in the console."""
        schema = self.schemas[name]
        schema.versions = [each for each in schema.versions if each.number != number]

    def remove(self, name: str) -> None:
        """By hand, as in the console."""
        del self.schemas[name]

    def cut(self, items: list[dict[str, Any]], member: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """One page of a list, and where to go on."""
        start = int(parameters.get("NextToken", 0))
        stop = start + self.page
        more = {"NextToken": str(stop)} if stop < len(items) else {}
        return {member: items[start:stop], **more}
