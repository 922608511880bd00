"""Large events in the pipeline: their data is stored first, and no failure loses an event."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.core.event import Event
from bridge.core.events.claim_check import Claim
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemoryClaimCheck
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sns.topic import SnsSink
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import AccessDenied, BreakerTripped, BridgeError, ClaimContended, SinkUnavailable
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.ledger import Ledger
from bridge.ports.quarantine import Quarantine
from bridge.ports.sink import Sink
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.records import lambda_record
from tests.fakes.clients.batch_peer import timeout
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sns import SnsClient
from tests.fakes.clients.sqs import SqsClient
from tests.fakes.clock import FakeClock
from tests.fakes.executor import InlineExecutor
from tests.fakes.faults import acts
from tests.fakes.sink import ScriptedSink

LARGE = "x" * 2_000
BUCKET = "claims"


def put(key: str, seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": key}, after={"id": key, **after}, seq=seq)


def narrow(name: str = "domain", fails: Callable[[Event], BridgeError | None] | None = None) -> ScriptedSink:
    return ScriptedSink(name, max_bytes=1_500, fails=fails)


def bridge_with(claim_check: ClaimCheck | None, *sinks: Sink, **parts: Any) -> Relay:
    return replace(relay(*sinks, **parts), claim_check=claim_check)


def s3(client: S3Client) -> S3ClaimCheck:
    return S3ClaimCheck(client, BUCKET, FakeClock())


def body(event: Event) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(event.body)
    return content


def test_a_large_event_is_published_without_data_and_small_ones_as_they_are() -> None:
    sink, client = narrow(), S3Client(BUCKET)
    outcome = handle(bridge_with(s3(client), sink), put("a", 1), put("b", 2, text=LARGE), put("c", 3))
    assert (outcome.published, outcome.events) == (3, 3)
    small, large, _ = map(body, sink.accepted)
    assert "dataref" not in small
    assert "data" not in large
    (key,) = client.objects
    assert large["dataref"] == f"s3://{BUCKET}/{key}"
    assert json.loads(client.objects[key].data)["after"] == {"id": "b", "text": LARGE}
    assert small.keys() - {"data"} == large.keys() - {"dataref"}, "nothing else is lost or gained"


def test_the_data_is_there_before_any_sink_sees_the_event() -> None:
    client = S3Client(BUCKET)
    there: list[int] = []

    def look(event: Event) -> None:
        there.append(len(client.objects))

    handle(bridge_with(s3(client), narrow(fails=acts(look))), put("a", 1, text=LARGE))
    assert there == [1]


def test_of_two_sinks_only_the_narrow_one_gets_the_reference_and_the_event_counts_once() -> None:
    wide, small = ScriptedSink("wide"), narrow("small")
    tables = [table(rule(sinks=("wide", "small")))]
    outcome = handle(bridge_with(MemoryClaimCheck(), wide, small, tables=tables), put("a", 1, text=LARGE))
    assert (outcome.published, outcome.events) == (1, 1)
    assert "data" in body(wide.accepted[0])
    assert "dataref" in body(small.accepted[0])
    assert wide.accepted[0].id == small.accepted[0].id


def test_without_a_claim_check_the_record_is_quarantined_as_too_large() -> None:
    outcome = handle(bridge_with(None, narrow()), put("a", 1, text=LARGE), put("a", 2))
    assert outcome.reasons == {"quarantined": {"event_too_large": 1}, "published": {"accepted": 1}}


def test_an_event_too_large_without_its_data_is_quarantined_and_nothing_is_stored_for_it() -> None:
    claims = MemoryClaimCheck()
    outcome = handle(bridge_with(claims, narrow()), put(LARGE, 1))
    assert outcome.reasons == {"quarantined": {"event_too_large": 1}}
    assert claims.kept == {}


def test_when_the_upload_is_done_and_publishing_fails_the_redelivery_finds_the_same_object() -> None:
    sink, client = narrow(fails=lambda event: SinkUnavailable("throttled")), S3Client(BUCKET)
    bridge = bridge_with(s3(client), sink)
    assert handle(bridge, put("a", 1, text=LARGE)).returned_numbers == ("1",)
    del sink.fails
    assert handle(bridge, put("a", 1, text=LARGE)).published == 1
    assert [kept.writes for kept in client.objects.values()] == [1]
    assert body(sink.accepted[0])["dataref"].endswith(next(iter(client.objects)))


def test_with_s3_down_large_changes_are_returned_and_their_keys_held_back_and_others_go_on() -> None:
    sink, client = narrow(), S3Client(BUCKET)
    client.fail = lambda operation, call: timeout()
    bridge = bridge_with(s3(client), sink)
    batch = [put("a", 1), put("b", 2, text=LARGE), put("b", 3), put("c", 4, text=LARGE), put("a", 5)]
    outcome = handle(bridge, *batch)
    assert outcome.returned_numbers == ("2", "3", "4")
    assert outcome.reasons["returned"] == {"claim_check_unavailable": 2, "held_back": 1}
    assert client.calls["PutObject"] == 1, "one refusal is enough for a batch"
    del client.fail
    again = handle(bridge, *batch[1:])
    assert (again.published, again.without_event) == (3, 1)
    assert [event.record_id for event in sink.accepted] == [
        "event-1",
        "event-5",
        "event-2",
        "event-3",
        "event-4",
    ]


def test_a_conflict_over_one_claim_returns_its_change_alone() -> None:
    class Contended(MemoryClaimCheck):
        def store(self, claim: Claim) -> None:
            if not self.kept:
                self.kept["s3://first"] = b""
                raise ClaimContended("another writer", code="ConditionalRequestConflict")
            super().store(claim)

    batch = [put("a", 1, text=LARGE), put("b", 2, text=LARGE + "b"), put("c", 3, text=LARGE + "c")]
    outcome = handle(bridge_with(Contended(), narrow()), *batch)
    assert (outcome.published, outcome.returned_numbers) == (2, ("1",))


def test_without_a_ledger_everything_after_a_failed_upload_is_returned() -> None:
    client = S3Client(BUCKET)
    client.fail = lambda operation, call: timeout()
    ledger: Ledger = NoLedger()
    outcome = handle(
        bridge_with(s3(client), narrow(), ledger=ledger), put("a", 1), put("b", 2, text=LARGE), put("c", 3)
    )
    assert outcome.returned_numbers == ("2", "3")


def test_no_upload_begins_after_the_deadline() -> None:
    client = S3Client(BUCKET)
    outcome = handle(bridge_with(s3(client), narrow()), put("a", 1, text=LARGE), seconds=0)
    assert outcome.returned_numbers == ("1",)
    assert client.calls["PutObject"] == 0


def test_a_bucket_that_denies_access_fails_the_batch_before_anything_is_published() -> None:
    sink, client = narrow(), S3Client(BUCKET)
    client.denied = True
    with pytest.raises(AccessDenied, match="s3:PutObject"):
        handle(bridge_with(s3(client), sink), put("b", 1), put("a", 2, text=LARGE))
    assert sink.accepted == []


def test_a_batch_that_trips_the_breaker_stores_nothing() -> None:
    claims = MemoryClaimCheck()
    bad = [put(f"k{n}", n, bad="?") for n in range(20)]
    for record in bad:
        record["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    with pytest.raises(BreakerTripped):
        handle(bridge_with(claims, narrow()), put("a", 99, text=LARGE), *bad)
    assert claims.kept == {}


# --- a topic whose limit changes -------------------------------------------------------------------


def topic(client: SnsClient) -> SnsSink:
    sink = SnsSink(
        client, client.topic, Dispatcher(InlineExecutor(), Backoff(random.Random(0))), name="domain"
    )
    sink.check()
    return sink


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_limit_lowered_while_running_returns_a_change_once_and_then_uses_the_claim_check(
    suffix: str,
) -> None:
    client = SnsClient(f"arn:aws:sns:eu-central-1:111122223333:orders{suffix}", max_bytes=10_000)
    claims = MemoryClaimCheck()
    bridge = bridge_with(claims, topic(client))
    client.max_bytes = 2_000
    batch = [put("a", 1), put("b", 2, text=LARGE), put("b", 3), put("c", 4)]
    outcome = handle(bridge, *batch)
    assert outcome.reasons == {
        "published": {"accepted": 2},
        "returned": {"sink_changed": 1, "held_back": 1},
    }
    assert bridge.clock.monotonic() == FakeClock().monotonic(), "repeating the same would not have helped"
    assert handle(bridge, *batch[1:]).published == 2
    assert len(claims.kept) == 1
    records = [id.partition(":")[0] for id in client.accepted]
    assert records == ["event-1", "event-4", "event-2", "event-3"], "in order for each key"


def test_a_limit_lowered_while_running_quarantines_at_the_second_try_where_there_is_no_claim_check() -> None:
    client = SnsClient(max_bytes=10_000)
    bridge = bridge_with(None, topic(client))
    client.max_bytes = 2_000
    assert handle(bridge, put("b", 1, text=LARGE)).returned == 1
    assert handle(bridge, put("b", 1, text=LARGE)).reasons == {"quarantined": {"event_too_large": 1}}


def test_without_a_ledger_a_lowered_limit_stops_the_batch_there() -> None:
    client = SnsClient(max_bytes=10_000)
    bridge = bridge_with(MemoryClaimCheck(), topic(client), ledger=NoLedger())
    client.max_bytes = 2_000
    outcome = handle(bridge, put("b", 1, text=LARGE), put("c", 2), put("d", 3))
    assert outcome.returned_numbers == ("1", "2", "3")


def test_a_lowered_limit_that_cannot_be_read_just_then_returns_the_change_too() -> None:
    client = SnsClient(max_bytes=10_000)
    sink = topic(client)
    bridge = bridge_with(MemoryClaimCheck(), sink)
    client.max_bytes = 2_000
    read, client.get_topic_attributes = client.get_topic_attributes, _raise_timeout  # type: ignore[method-assign]
    assert handle(bridge, put("b", 1, text=LARGE)).returned == 1
    client.get_topic_attributes = read  # type: ignore[method-assign]
    assert handle(bridge, put("b", 1, text=LARGE)).returned == 1
    assert handle(bridge, put("b", 1, text=LARGE)).published == 1


def _raise_timeout(**_: Any) -> dict[str, Any]:
    raise timeout()


def test_a_limit_raised_while_running_loses_nothing_and_counts_from_the_next_start() -> None:
    client, claims = SnsClient(max_bytes=2_000), MemoryClaimCheck()
    sink = topic(client)
    bridge = bridge_with(claims, sink)
    client.max_bytes = 10_000
    assert handle(bridge, put("a", 1, text=LARGE)).published == 1
    assert len(claims.kept) == 1
    sink.check()
    assert handle(bridge, put("a", 2, text=LARGE + "y")).published == 1
    assert len(claims.kept) == 1


# --- a quarantine that is down ---------------------------------------------------------------------


def _s3_store() -> tuple[Quarantine, Any]:
    client = S3Client()
    return S3Quarantine(client, client.bucket), client


def _sqs_store() -> tuple[Quarantine, Any]:
    client = SqsClient()
    return SqsQuarantine(client, client.url), client


@pytest.mark.parametrize("make", [_s3_store, _sqs_store], ids=["s3", "sqs"])
def test_a_quarantine_that_is_down_returns_the_record_and_takes_the_redelivery(
    make: Callable[[], tuple[Any, Any]],
) -> None:
    store, client = make()
    bridge = relay(narrow(), quarantine=store)
    batch = [put("a", 1), put("b", 2, text=LARGE), put("b", 3)]
    client.fail = lambda operation, call: timeout()
    outcome = handle(bridge, *batch)
    assert outcome.returned_numbers == ("2", "3")
    assert outcome.reasons["returned"]["quarantine_unavailable"] == 1
    del client.fail
    again = handle(bridge, *batch[1:])
    assert (again.quarantined, again.returned) == (1, 0)
    assert [entry.record for entry in store.entries()] == [batch[1]]


@pytest.mark.parametrize("make", [_s3_store, _sqs_store], ids=["s3", "sqs"])
def test_a_quarantine_that_denies_access_fails_the_batch_and_settles_nothing(
    make: Callable[[], tuple[Any, Any]],
) -> None:
    store, client = make()
    bridge = relay(narrow(), quarantine=store)
    client.denied = True
    with pytest.raises(AccessDenied):
        handle(bridge, put("a", 1), put("b", 2, text=LARGE))
    client.denied = False
    assert handle(bridge, put("a", 1), put("b", 2, text=LARGE)).reasons == {
        "published": {"accepted": 1},
        "quarantined": {"event_too_large": 1},
    }


def test_a_record_too_large_for_the_queue_is_returned_and_not_lost() -> None:
    client = SqsClient(max_bytes=1_024)
    store = SqsQuarantine(client, client.url)
    store.check()
    noise = random.Random(0).randbytes(3_000).hex()
    outcome = handle(relay(narrow(), quarantine=store), put("b", 2, text=noise))
    assert outcome.reasons == {"returned": {"quarantine_unavailable": 1}}
