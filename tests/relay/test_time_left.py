"""What does not fit the time that a batch has is returned for retry before work on it begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.records.dialect import STREAM
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.errors import LedgerUnavailable
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Ledger
from bridge.relay.relay import Relay
from bridge.relay.time_left import estimated_s
from bridge.wiring.functions import StreamHandler
from tests.builders.bridges import relay
from tests.builders.records import lambda_event, lambda_record
from tests.fakes.context import LambdaContext
from tests.fakes.sink import ScriptedSink

LARGE = {f"a{n}": n for n in range(20_000)}


def put(seq: int, **after: Any) -> dict[str, Any]:
    key = {"id": f"u-{seq}"}
    record = lambda_record(key=key, after=key | after, seq=seq)
    record["dynamodb"]["SizeBytes"] = 100 if not after else 400_000
    return record


def handled(bridge: Relay, *records: dict[str, Any], seconds: float) -> Any:
    return bridge.handle(records, Deadline.after(bridge.clock, seconds))


@pytest.mark.parametrize("ledger", [MemoryLedger(), NoLedger()], ids=["ledger", "no ledger"])
def test_of_ten_thousand_records_with_three_seconds_left_the_first_are_published_and_the_rest_returned(
    ledger: Ledger,
) -> None:
    sink = ScriptedSink()
    bridge = relay(sink, ledger=ledger)
    records = [put(seq) for seq in range(1, 10_001)]
    answer = StreamHandler(bridge, bridge.clock).handle(lambda_event(*records), LambdaContext(3_000))
    returned = [int(each["itemIdentifier"]) for each in answer["batchItemFailures"]]
    published = [int(event.sequence.split("/")[1]) for event in sink.accepted]
    assert len(published) > 500
    assert published + returned == list(range(1, 10_001))


def test_a_record_that_would_outlast_the_time_left_is_returned_before_work_on_it_begins() -> None:
    begun: list[str] = []

    def decode(record: Any, stream: Any) -> Any:
        begun.append(record["eventID"])
        return STREAM.decode(record, stream)

    bridge, large = relay(ScriptedSink()), put(2, **LARGE)
    deadline = Deadline.after(bridge.clock, estimated_s(large) / 2)
    outcome = bridge.handle([put(1), large, put(3)], deadline, dialect=replace(STREAM, decode=decode))
    assert begun == ["event-1"]
    assert outcome.returned_numbers == ("2", "3")
    assert outcome.reasons == {"published": {"accepted": 1}, "returned": {"no_time": 2}}


def test_every_record_that_dynamodb_allows_fits_the_time_of_an_invocation() -> None:
    image = {"id": {"S": "u"}, "list": {"L": [{"BOOL": False}] * 200_000}}
    record = put(1, **LARGE)
    record["dynamodb"] |= {"OldImage": image, "NewImage": image}
    assert 1.0 < estimated_s(record) < 3.0


def test_a_malformed_record_without_a_name_goes_to_quarantine_whatever_the_time() -> None:
    """It cannot be returned alone: it would take the whole batch with it, for ever."""
    nameless = put(2)
    del nameless["dynamodb"]["SequenceNumber"]
    outcome = handled(relay(ScriptedSink()), put(1), nameless, put(3), seconds=0.0012)
    assert (outcome.published, outcome.quarantined, outcome.returned_numbers) == (1, 1, ("3",))


def test_time_that_is_up_before_changes_are_announced_returns_them_and_fails_nothing() -> None:
    class Slow(MemoryLedger):
        def announce(self, changes: Any, deadline: Deadline | None = None) -> Any:
            assert deadline is not None
            deadline.clock.sleep(60)
            raise LedgerUnavailable("ledger table l could not be written in the time that was left")

    sink = ScriptedSink()
    outcome = handled(relay(sink, ledger=Slow()), put(1), seconds=10)
    assert (outcome.returned_numbers, sink.accepted) == (("1",), [])
