"""A peer of boto3's ``events`` client: one bus with the rules of PutEvents."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.batch_peer import BatchPeer, client_error
from tests.fakes.clients.held import Spoiled

CALL_BYTES = 1024 * 1024


class EventsClient(BatchPeer):
    """``accepted`` holds CloudEvent ids in order of acceptance, ``accepted_entries`` the entries."""

    service = "events"

    def __init__(self, bus: str = "orders") -> None:
        super().__init__()
        self.bus = bus

    def describe_event_bus(self, **parameters: Any) -> dict[str, Any]:
        self.validate("DescribeEventBus", parameters)
        if self.denied:
            raise self._denial("DescribeEventBus")
        if not self.exists or parameters["Name"] != self.bus:
            text = f"Event bus {parameters['Name']} does not exist."
            raise client_error("ResourceNotFoundException", "DescribeEventBus", 400, text)
        return {"Name": self.bus, "Arn": f"arn:aws:events:eu-central-1:111122223333:event-bus/{self.bus}"}

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        self.validate("PutEvents", parameters)
        entries = parameters["Entries"]
        return self.take(entries, [entry["Detail"] for entry in entries], sum(map(_size, entries)))

    def answer(self, call: int, entries: list[Any], ids: list[str], size: int) -> dict[str, Any]:
        if self.denied:
            raise self._denial("PutEvents")
        if error := self.fail_call(call, ids):
            raise error
        if len(entries) > 10:
            raise client_error("ValidationException", "PutEvents", 400, "entries: length <= 10")
        if size >= CALL_BYTES:
            text = "Total size of the entries in the request is over the limit."
            raise client_error("ValidationException", "PutEvents", 400, text)
        answers: list[dict[str, str]] = []
        for id, entry in zip(ids, entries, strict=True):
            if code := self.fail_entry(call, id):
                answers.append({"ErrorCode": code, "ErrorMessage": "said the peer"})
                continue
            # To a bus that does not exist AWS answers success, and the event is gone.
            if self.exists and entry.get("EventBusName", "default") == self.bus:
                self.accept(id, entry)
            answers.append({"EventId": f"aws-{call}-{id}"[:64]})
        if error := self.lose_answer(call, ids):
            raise error
        kept = answers[: len(answers) - self.cut_answer(call)]
        answer = {"FailedEntryCount": sum("ErrorCode" in a for a in kept), "Entries": kept}
        return answer if len(kept) == len(answers) else Spoiled(answer)

    def _denial(self, operation: str) -> ClientError:
        arn = f"arn:aws:events:eu-central-1:111122223333:event-bus/{self.bus}"
        who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
        text = f"User: {who} is not authorized to perform: events:{operation} on resource: {arn} because …"
        return client_error("AccessDeniedException", operation, 400, text)


def _size(entry: dict[str, Any]) -> int:
    texts = [entry["Source"], entry["DetailType"], entry["Detail"], *entry.get("Resources", [])]
    return (14 if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)
