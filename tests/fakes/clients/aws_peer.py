"""What the peers of one-call-one-thing services share: requests and answers held against botocore's model,
calls counted, faults where a test says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.held import client_error, hold_operations, refusal
from tests.fakes.faults import Fault, Switch


def with_request_id(answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer with what the header of every answer of AWS says."""
    return {**(answer or {}), "ResponseMetadata": {"RequestId": "0", "HTTPStatusCode": 200}}


class AwsPeer:
    """Fault hooks, each given the operation and the number of its call from 0:

    * ``fail(operation, call)`` raises what it answers, before anything is done,
    * ``lose(operation, call)`` raises what it answers after everything was done.
    """

    fail = Fault[Callable[[str, int], Exception | None]](lambda operation, call: None)
    lose = Fault[Callable[[str, int], Exception | None]](lambda operation, call: None)

    denied = Switch(False)
    exists = Switch(True)
    service = ""
    holds = True
    denial = ("AccessDenied", 403)

    def __init_subclass__(cls) -> None:
        hold_operations(cls, cls.service)

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._counting = Lock()

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        refused = refusal(self.service, operation, parameters) if self.holds else None
        with self._counting:
            call = self.calls[operation]
            self.calls[operation] += 1
        if error := self.fail(operation, call):
            raise error
        if refused is not None:
            raise refused
        if self.denied:
            raise self.denial_of(operation)
        if not self.exists:
            raise self.missing(operation)

    def end(self, operation: str) -> None:
        if error := self.lose(operation, self.calls[operation] - 1):
            raise error

    def denial_of(self, operation: str) -> ClientError:
        code, status = self.denial
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        text = f"User: {who} is not authorized to perform: {self.service}:{operation} because …"
        return client_error(code, operation, status, text)

    def missing(self, operation: str) -> ClientError:
        raise NotImplementedError
