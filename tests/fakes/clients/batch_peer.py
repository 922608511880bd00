"""What the peers of a batching sink share: they keep order, count calls, and fail where a test says so."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.fakes.clients.held import client_error as client_error  # for tests, beside the other errors
from tests.fakes.clients.held import hold_operations, refusal
from tests.fakes.faults import Fault, Switch, called


def throttling(operation: str = "PutEvents") -> ClientError:
    return client_error("ThrottlingException", operation, 400, "Rate exceeded")


def timeout() -> ReadTimeoutError:
    """The answer did not come; whether the call arrived, nobody knows."""
    return ReadTimeoutError(endpoint_url="https://service.example.com")


class BatchPeer:
    """One bus or topic. Fault hooks, each given the number of the call from 0:

    * ``fail_call(call, ids)`` raises what it answers, before anything is accepted,
    * ``fail_entry(call, id)`` gives that entry's error code, or None,
    * ``lose_answer(call, ids)`` raises what it answers after everything was accepted,
    * ``cut_answer(call)`` is the number of entries that the answer leaves out.
    """

    on_call = Fault[Callable[[], None]](lambda: None, called)
    fail_call = Fault[Callable[[int, list[str]], Exception | None]](lambda call, ids: None)
    fail_entry = Fault[Callable[[int, str], str | None]](lambda call, id: None)
    lose_answer = Fault[Callable[[int, list[str]], Exception | None]](lambda call, ids: None)
    cut_answer = Fault[Callable[[int], int]](lambda call: 0)

    denied = Switch(False)
    exists = Switch(True)
    service = ""
    holds = True

    def __init_subclass__(cls) -> None:
        hold_operations(cls, cls.service)

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.call_bytes: list[int] = []
        self.accepted: list[str] = []
        self.accepted_entries: list[Any] = []
        self.overlapping_subjects: list[str] = []
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def validate(self, operation: str, parameters: dict[str, Any]) -> None:
        """Refuse what the operation's model refuses."""
        if self.holds and (refused := refusal(self.service, operation, parameters)):
            raise refused

    def take(self, entries: list[Any], bodies: Sequence[str], size: int) -> dict[str, Any]:
        """One call of ``entries`` whose CloudEvents are ``bodies``, ``size`` bytes together, answered by
        :meth:`answer`."""
        events = list(map(_parsed, bodies))
        ids, subjects = [e.get("id", "") for e in events], [e.get("subject", "") for e in events]
        call = self.begin(ids, subjects, size)
        try:
            return self.answer(call, entries, ids, size)
        finally:
            self.end(subjects)

    def answer(self, call: int, entries: list[Any], ids: list[str], size: int) -> dict[str, Any]:
        """What the service says to call number ``call``; raises what botocore would."""
        raise NotImplementedError

    def begin(self, ids: list[str], subjects: Sequence[str], size: int) -> int:
        """Count a call; note a subject that another call in flight carries at this moment."""
        with self._lock:
            number = len(self.calls)
            self.calls.append(ids)
            self.call_bytes.append(size)
            self.overlapping_subjects += [s for s in set(subjects) if s in self._busy]
            self._busy.update(subjects)
        self.on_call()
        time.sleep(0)  # let another call in, if there is one
        return number

    def end(self, subjects: Sequence[str]) -> None:
        with self._lock:
            self._busy.difference_update(subjects)

    def accept(self, id: str, entry: Any) -> None:
        with self._lock:
            self.accepted.append(id)
            self.accepted_entries.append(entry)


def _parsed(body: str) -> dict[str, Any]:
    """Nothing of what is no CloudEvent; whether that is refused is the service's business."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
