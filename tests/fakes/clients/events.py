"""A peer of boto3's ``events`` client: one bus with the rules of PutEvents.

Sources: botocore's model (sizes, JSON's numbers and depth); answers recorded from AWS in issues and snapshots
(``NotAuthorizedForSourceException``, ``MalformedDetail``, ``InvalidArgument``); [k] which of these a number
or a depth gets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.batch_peer import BatchPeer, client_error
from tests.fakes.clients.held import Spoiled

CALL_BYTES = 1024 * 1024
ENTRIES = 10
DETAIL_TYPE_CHARS = 128
DEPTH = 1_000
_REQUIRED = ("Source", "DetailType", "Detail")


class EventsClient(BatchPeer):
    """``accepted`` holds CloudEvent ids in order of acceptance, ``accepted_entries`` the entries."""

    service = "events"

    def __init__(self, bus: str = "orders") -> None:
        super().__init__()
        self.bus = bus

    @property
    def arn(self) -> str:
        return f"arn:aws:events:eu-central-1:111122223333:event-bus/{self.bus}"

    def describe_event_bus(self, **parameters: Any) -> dict[str, Any]:
        self.validate("DescribeEventBus", parameters)
        if self.denied:
            raise self._denial("DescribeEventBus")
        if not self.exists or parameters["Name"] not in (self.bus, self.arn):
            text = f"Event bus {parameters['Name']} does not exist."
            raise client_error("ResourceNotFoundException", "DescribeEventBus", 400, text)
        return {"Name": self.bus, "Arn": self.arn}

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        self.validate("PutEvents", parameters)
        entries = parameters["Entries"]
        return self.take(entries, [entry.get("Detail", "") for entry in entries], sum(map(_size, entries)))

    def answer(self, call: int, entries: list[Any], ids: list[str], size: int) -> dict[str, Any]:
        if self.denied:
            raise self._denial("PutEvents")
        if error := self.fail_call(call, ids):
            raise error
        self._check_call(entries, size)
        answers: list[dict[str, str]] = []
        for id, entry in zip(ids, entries, strict=True):
            if code := self.fail_entry(call, id):
                answers.append({"ErrorCode": code, "ErrorMessage": "said the peer"})
                continue
            if mistake := _mistake(entry):
                answers.append({"ErrorCode": mistake[0], "ErrorMessage": mistake[1]})
                continue
            # To a bus that does not exist AWS answers success, and the event is gone.
            if self.exists and entry.get("EventBusName", "default") in (self.bus, self.arn):
                self.accept(id, entry)
            answers.append({"EventId": f"aws-{call}-{id}"[:64]})
        if error := self.lose_answer(call, ids):
            raise error
        kept = answers[: len(answers) - self.cut_answer(call)]
        answer = {"FailedEntryCount": sum("ErrorCode" in a for a in kept), "Entries": kept}
        return answer if len(kept) == len(answers) else Spoiled(answer)

    def _check_call(self, entries: list[Any], size: int) -> None:
        if len(entries) > ENTRIES:
            text = (
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length less than or equal to {ENTRIES}"
            )
            raise client_error("ValidationException", "PutEvents", 400, text)
        if size >= CALL_BYTES:
            text = "Total size of the entries in the request is over the limit."
            raise client_error("ValidationException", "PutEvents", 400, text)
        if all(not all(entry.get(name) for name in _REQUIRED) for entry in entries):
            text = "Every entry lacks Source, DetailType or Detail."  # [k]: the model says that it fails
            raise client_error("ValidationException", "PutEvents", 400, text)

    def _denial(self, operation: str) -> ClientError:
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        text = (
            f"User: {who} is not authorized to perform: events:{operation} on resource: {self.arn} because …"
        )
        return client_error("AccessDeniedException", operation, 400, text)


# --- rules ---------------------------------------------------------------------------------------------


def _mistake(entry: dict[str, Any]) -> tuple[str, str] | None:
    for name in _REQUIRED:
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    if len(entry["DetailType"]) > DETAIL_TYPE_CHARS:
        text = f"Parameter DetailType is not valid. Reason: DetailType is longer than {DETAIL_TYPE_CHARS}."
        return "InvalidArgument", text
    return None if _is_detail(entry["Detail"]) else ("MalformedDetail", "Detail is malformed.")


def _is_detail(text: str) -> bool:
    if _depth(text) > DEPTH:
        return False
    try:
        detail = json.loads(text)
    except ValueError:
        return False
    return isinstance(detail, dict) and all(-(2**63) <= n < 2**63 for n in _integers(detail))


def _depth(text: str) -> int:
    """Levels of objects and arrays, counted without reading them, since a reader has a depth of its own."""
    deepest = depth = at = 0
    while at < len(text):
        if text[at] == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(text[at : at + 1], 0)
        deepest = max(deepest, depth)
        at += 1
    return deepest


def _integers(value: Any) -> Iterator[int]:
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            waiting += at.values()
        elif isinstance(at, list):
            waiting += at
        elif isinstance(at, int) and not isinstance(at, bool):
            yield at


def _size(entry: dict[str, Any]) -> int:
    texts = [*(entry.get(name, "") for name in _REQUIRED), *entry.get("Resources", [])]
    return (14 if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)
