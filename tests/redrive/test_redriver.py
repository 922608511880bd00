"""Batches that were given up: published once, marked, and forgotten only when they are settled."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest

from bridge.core.event import Event
from bridge.edges.kinesis.reader import KinesisReader
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.sqs.failures import HIDDEN_S
from bridge.errors import (
    AccessDenied,
    BridgeError,
    EventInvalid,
    EventRefused,
    IteratorExpired,
    PositionTrimmed,
    SinkUnavailable,
    SourceUnavailable,
    TargetMissing,
)
from bridge.redrive import redrive
from bridge.redrive.given_up import Home
from bridge.relay.breaker import Breaker
from tests.builders.bridges import rule, table
from tests.builders.records import STREAM_ARN, lambda_record
from tests.fakes.clients.kinesis import KinesisClient
from tests.redrive.rig import TIMES, Rig, invocation_record


def test_exactly_the_range_is_read_back_and_published_once_marked() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}", n=n) for n in range(9)]
    rig.stream.page_size = 2
    rig.stream.empty_pages = 3
    rig.store_batch("m1", written[2], written[6], size=5)
    (done,) = rig.redrive()
    assert (done.state, done.removed, dict(done.counts)["published"]) == ("settled", True, 5)
    assert [body["redriven"] for body in rig.published] == [True] * 5
    assert rig.ids == [f"event-{number}" for number in written[2:7]]
    assert rig.stream.iterators[0] == ("shard-1", "AT_SEQUENCE_NUMBER", written[2])
    assert rig.box.stored == {}


def test_positions_are_asked_for_as_the_stream_writes_them() -> None:
    rig = Rig()
    written = rig.write("k")
    rig.store_batch("m1", f"00{written}", f"00{written}")
    assert [done.state for done in rig.redrive()] == ["settled"]
    assert rig.stream.iterators[0] == ("shard-1", "AT_SEQUENCE_NUMBER", f"00{written}")


def test_batch_mates_that_were_settled_are_not_repeated() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}", n=n) for n in range(4)]
    rig.live(written[0], written[2])
    rig.sink.accepted.clear()
    rig.store_batch("m1", written[0], written[3], size=4)
    (done,) = rig.redrive()
    assert (done.counts["published"], done.counts["without_event"]) == (2, 2)
    assert [body["subject"] for body in rig.published] == ["user/k1", "user/k3"]


def test_a_change_older_than_its_ledger_row_is_still_published_once() -> None:
    rig = Rig()
    first, second = rig.write("k", n=1), rig.write("k", n=2)
    rig.live(second)
    rig.sink.accepted.clear()
    for _ in range(2):
        rig.store_batch("m1", first, second, size=2)
        rig.redrive()
    assert [body["data"]["after"]["n"] for body in rig.published] == [1]
    assert rig.published[0]["redriven"] is True


def test_without_a_ledger_a_batch_is_published_whole_with_the_same_ids() -> None:
    rig = Rig(ledger=NoLedger())
    written = [rig.write(f"k{n}") for n in range(3)]
    for _ in range(2):
        rig.store_batch("m1", written[0], written[2], size=3)
        assert [done.state for done in rig.redrive()] == ["settled"]
    ids = [body["id"] for body in rig.published]
    assert ids[:3] == ids[3:]


def test_a_batch_returned_for_retry_keeps_its_message_and_the_next_run_publishes_only_the_rest() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(6)]
    rig.store_batch("m1", written[0], written[5], size=6)

    def down(event: Event) -> BridgeError | None:
        return SinkUnavailable("throttled") if "k3" in event.body.decode() else None

    rig.sink.fails = down
    (done,) = rig.redrive(chunk=2)
    assert (done.state, done.removed, done.counts["returned"]) == ("left", False, 1)
    assert list(rig.box.stored) == ["m1"]
    assert done.counts["received"] == 4  # what follows the chunk waits with it
    del rig.sink.fails
    (done,) = rig.redrive(chunk=2)
    assert (done.state, done.counts["published"]) == ("settled", 3)
    assert sorted(body["subject"] for body in rig.published) == [f"user/k{n}" for n in range(6)]


@pytest.mark.parametrize("ledger", [None, NoLedger()])
def test_what_follows_a_record_that_a_sink_refuses_for_good_is_published_in_the_same_redrive(
    ledger: NoLedger | None,
) -> None:
    rig = Rig(ledger=ledger) if ledger is not None else Rig()
    written = [rig.write("k", n=n) for n in range(4)]
    rig.store_batch("m1", written[0], written[3], size=4)
    rig.sink.fails = lambda event: EventRefused("no") if b'"n":1' in event.body else None
    (done,) = rig.redrive()
    assert (done.state, dict(done.counts)) == (
        "settled",
        {"received": 4, "published": 3, "without_event": 0, "quarantined": 1, "returned": 0},
    )
    assert [body["data"]["after"]["n"] for body in rig.published][-2:] == [2, 3]
    assert len(rig.quarantine.entries()) == 1


def test_a_record_that_is_quarantined_again_is_safe_there_and_its_message_goes() -> None:
    def refuse(data: dict[str, Any]) -> None:
        if data["after"]["id"] == "k1":
            raise EventInvalid("/after/id: no")

    rig = Rig(tables=[table(rule(validate=refuse))])
    written = [rig.write(f"k{n}") for n in range(3)]
    rig.store_batch("m1", written[0], written[2], size=3)
    (done,) = rig.redrive()
    assert (done.state, done.counts["quarantined"], done.counts["published"]) == ("settled", 1, 2)
    assert len(rig.quarantine.entries()) == 1
    assert rig.box.stored == {}


def test_a_bad_deploy_keeps_every_message() -> None:
    def refuse(data: dict[str, Any]) -> None:
        raise EventInvalid("/: no")

    rig = Rig(tables=[table(rule(validate=refuse))], breaker=Breaker(at_least=2))
    written = [rig.write(f"k{n}") for n in range(4)]
    rig.store_batch("m1", written[0], written[1], size=2)
    rig.store_batch("m2", written[2], written[3], size=2)
    assert [done.state for done in rig.redrive()] == ["left", "left"]
    assert list(rig.box.stored) == ["m1", "m2"]
    assert rig.quarantine.entries() == []


def test_what_the_stream_has_trimmed_is_reported_as_a_range_with_times_and_the_message_stays() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(6)]
    rig.stream.trim("shard-1", 3)
    rig.store_batch("m1", written[1], written[4], size=4)
    (done,) = rig.redrive()
    assert done.state == "trimmed"
    assert done.hole is not None
    assert (done.hole.shard_id, done.hole.first, done.hole.last) == ("shard-1", written[1], written[4])
    assert (done.hole.first_time, done.hole.last_time, done.hole.records) == (*TIMES, 2)
    assert [body["subject"] for body in rig.published] == [
        "user/k3",
        "user/k4",
    ]  # what is still there is published
    assert list(rig.box.stored) == ["m1"]
    (done,) = rig.redrive(accept_trimmed=True)
    assert (done.removed, rig.box.stored) == (True, {})
    assert len(rig.published) == 2


@pytest.mark.parametrize("how", ["all records", "the shard"])
def test_a_batch_that_is_gone_altogether_is_a_hole_too(how: str) -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(4)]
    rig.stream.close("shard-1")
    if how == "the shard":
        rig.stream.drop_shard("shard-1")
    else:
        rig.stream.trim("shard-1", 4)
    rig.store_batch("m1", written[0], written[3], size=4)
    (done,) = rig.redrive()
    assert done.hole is not None
    assert done.hole.records == 4
    assert rig.sink.accepted == []


def test_a_stream_that_is_not_there_keeps_its_messages_even_if_holes_are_accepted() -> None:
    rig = Rig()
    written = rig.write("k")
    rig.store_batch("m1", written, written)
    rig.stream.fail("iterator", TargetMissing("no such stream"))
    rig.stream.fail("shards", TargetMissing("no such stream", hint="another region?"))
    (done,) = rig.redrive(accept_trimmed=True)
    assert (done.state, done.why, done.hint) == ("left", "no such stream", "another region?")
    assert list(rig.box.stored) == ["m1"]


def test_a_batch_that_was_trimmed_out_of_an_open_shard_that_is_empty_since_is_a_hole_at_once() -> None:
    """Found by the simulation, seed 412: the shard never shows a record, neither this one nor a later one."""
    rig = Rig()
    rig.write("a")
    first, last = rig.write("b"), rig.write("c")
    rig.store_batch("m-1", first, last, size=2)
    rig.stream.trim("shard-1", 3)
    (done,) = rig.redrive()
    assert done.state == "trimmed"
    assert done.hole is not None
    assert done.hole.records == 2
    assert rig.stream.reads == []


def test_an_expired_iterator_and_a_trim_while_reading_lose_and_repeat_nothing() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(6)]
    rig.stream.page_size = 2
    rig.stream.fail("read", IteratorExpired("old"))
    rig.store_batch("m1", written[0], written[5], size=6)
    (done,) = rig.redrive()
    assert (done.state, done.counts["published"]) == ("settled", 6)
    rig.stream.fail("read", PositionTrimmed("gone"))
    rig.store_batch("m2", written[0], written[5], size=6)
    (done,) = rig.redrive()
    assert (done.state, done.counts["received"], len(rig.published)) == ("trimmed", 6, 6)


@pytest.mark.parametrize("error", [SourceUnavailable("throttled"), AccessDenied("no")])
def test_a_stream_that_cannot_be_read_keeps_its_message_and_does_not_stop_the_others(
    error: BridgeError,
) -> None:
    rig = Rig()
    written = [rig.write("k"), rig.write("l")]
    rig.store_batch("m1", written[0], written[0])
    rig.store_batch("m2", written[1], written[1])
    rig.stream.fail("read", error)
    left, settled = rig.redrive()
    assert (left.state, left.why, settled.state) == ("left", error.message, "settled")
    assert list(rig.box.stored) == ["m1"]


def test_a_sink_that_denies_access_still_ends_the_run() -> None:
    rig = Rig()
    written = rig.write("k")
    rig.store_batch("m1", written, written)

    def denied(event: Event) -> BridgeError | None:
        raise AccessDenied("events:PutEvents is not allowed")

    rig.sink.fails = denied
    with pytest.raises(AccessDenied):
        rig.redrive()
    assert list(rig.box.stored) == ["m1"]


def test_a_shard_that_never_shows_the_last_record_is_not_read_forever() -> None:
    rig = Rig()
    written = rig.write("k")
    rig.store_batch("m1", written, str(int(written) + 10**6))
    (done,) = rig.redrive()
    assert (done.state, "does not return" in done.why) == ("left", True)


def test_the_payload_of_an_object_is_walked_without_asking_the_stream() -> None:
    rig = Rig()
    records = [lambda_record(op="insert", key={"id": f"k{n}"}, after={"id": f"k{n}"}, seq=n) for n in (1, 2)]
    rig.store_batch("o1", "1", "2", size=2, records=records)
    (done,) = rig.redrive()
    assert (done.state, done.counts["published"]) == ("settled", 2)
    assert (rig.opened, [body["redriven"] for body in rig.published]) == ([], [True, True])


def payload(*keys: int, arn: str = STREAM_ARN) -> list[dict[str, Any]]:
    return [
        lambda_record(op="insert", key={"id": f"k{n}"}, after={"id": f"k{n}"}, seq=n, stream_arn=arn)
        for n in keys
    ]


@pytest.mark.parametrize("held", [0, 1, 99], ids=lambda held: f"{held} of 100 records")
def test_a_payload_that_is_not_the_whole_batch_is_read_from_the_stream_instead(held: int) -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(100)]
    own = [lambda_record(op="insert", key={"id": "x"}, after={"id": "x"}, seq=int(n)) for n in written[:held]]
    rig.store_batch("o1", written[0], written[99], size=100, records=own)
    (done,) = rig.redrive()
    assert (done.state, done.counts["published"], done.removed) == ("settled", 100, True)
    assert {body["subject"] for body in rig.published} == {f"user/k{n}" for n in range(100)}


def test_a_payload_that_is_not_the_whole_batch_stays_where_the_stream_has_lost_the_rest() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(4)]
    rig.stream.trim("shard-1", 4)
    rig.store_batch("o1", written[0], written[3], size=4, records=payload(int(written[0])))
    (done,) = rig.redrive()
    assert (done.state, done.counts["published"], done.removed) == ("trimmed", 1, False)
    assert done.hole is not None
    assert list(rig.box.stored) == ["o1"]


def test_a_stream_that_returns_fewer_records_than_the_batch_had_keeps_its_message() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(3)]
    rig.store_batch("m1", written[0], written[2], size=100)
    (done,) = rig.redrive()
    assert (done.state, done.why) == ("left", "the stream returned 3 records, the batch had 100")
    assert list(rig.box.stored) == ["m1"]


def test_a_batch_whose_first_record_comes_after_its_last_is_none() -> None:
    rig = Rig()
    first, last = rig.write("a"), rig.write("b")
    rig.store_batch("m1", last, first, size=2)
    (done,) = rig.redrive()
    assert (done.state, "comes after" in done.why, rig.opened) == ("left", True, [])


OTHER_REGION = STREAM_ARN.replace("eu-central-1", "us-east-1")
OTHER_ACCOUNT = STREAM_ARN.replace("123456789012", "210987654321")


@pytest.mark.parametrize("arn", [OTHER_REGION, OTHER_ACCOUNT])
@pytest.mark.parametrize("with_payload", [True, False])
def test_a_table_of_the_same_name_elsewhere_is_another_table(arn: str, with_payload: bool) -> None:
    rig = Rig()
    written = rig.write("k")
    records = payload(int(written), arn=arn) if with_payload else None
    content = invocation_record("shard-1", written, written, records=records)
    rig.box.stored["m1"] = content.replace(STREAM_ARN.encode(), arn.encode())
    here = replace(rig.redriver(), home=Home("eu-central-1", "123456789012"))
    (done,) = redrive(rig.box, here)
    assert (done.state, "the bridge is in account 123456789012 in eu-central-1" in done.why) == ("left", True)
    assert (rig.published, list(rig.box.stored)) == ([], ["m1"])


def test_records_of_another_stream_in_a_payload_are_never_published() -> None:
    rig = Rig()
    rig.store_batch("o1", "1", "2", size=2, records=[*payload(1), *payload(2, arn=OTHER_ACCOUNT)])
    (done,) = rig.redrive()
    assert (done.state, rig.published) == ("left", [])


def test_a_slow_rate_hides_a_message_again_before_it_becomes_visible() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(100)]
    rig.store_batch("m1", written[0], written[99], size=100)
    held: list[float] = []
    rig.box.hold = lambda stored: held.append(rig.clock.monotonic())  # type: ignore[method-assign]
    began_s = rig.clock.monotonic()
    rig.redrive(rate=0.2)
    assert rig.clock.monotonic() - began_s > HIDDEN_S
    marks = [began_s, *held, rig.clock.monotonic()]
    assert max(later - earlier for earlier, later in itertools.pairwise(marks)) <= 30


def test_a_table_that_the_configuration_does_not_have_keeps_its_batch() -> None:
    rig = Rig(tables=[table(name="Others")])
    written = rig.write("k")
    rig.store_batch("m1", written, written)
    (done,) = rig.redrive()
    assert (done.state, done.why) == ("left", "its table is not in the configuration")
    assert list(rig.box.stored) == ["m1"]


BROKEN = orjson.loads(invocation_record("s", "1", "2"))["DDBStreamBatchInfo"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"DDBStreamBatchInfo": 1}',
        b'{"DDBStreamBatchInfo": {}}',
        json.dumps({"DDBStreamBatchInfo": {**BROKEN, "startSequenceNumber": "s3cret"}}).encode(),
        json.dumps({"DDBStreamBatchInfo": BROKEN, "payload": "no json"}).encode(),
        json.dumps({"DDBStreamBatchInfo": BROKEN, "payload": "[]"}).encode(),
        json.dumps({"DDBStreamBatchInfo": BROKEN, "payload": '{"Records": 1}'}).encode(),
    ],
)
def test_what_is_no_batch_is_left_alone_and_does_not_stand_in_the_way(content: bytes) -> None:
    rig = Rig()
    written = rig.write("k")
    rig.box.stored["odd"] = content
    rig.store_batch("m1", written, written)
    odd, fine = rig.redrive()
    assert (odd.state, fine.state) == ("left", "settled")
    assert "s3cret" not in odd.why + odd.hint
    assert list(rig.box.stored) == ["odd"]


def test_records_are_walked_at_the_rate_asked_for() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(30)]
    rig.store_batch("m1", written[0], written[29], size=30)
    began_s = rig.clock.monotonic()
    rig.redrive(rate=2, chunk=2)
    assert 13 <= rig.clock.monotonic() - began_s <= 15
    assert rig.box.holds == 15  # the message stays hidden for as long as it takes


def test_a_dry_run_removes_nothing() -> None:
    rig = Rig()
    written = rig.write("k")
    rig.store_batch("m1", written, written)
    (done,) = rig.redrive(dry=True)
    assert (done.state, done.removed) == ("settled", False)
    assert list(rig.box.stored) == ["m1"]


def test_records_around_a_trimmed_range_are_never_published() -> None:
    rig = Rig()
    written = [rig.write(f"k{n}") for n in range(6)]
    rig.stream.fail("read", PositionTrimmed("gone"))  # then it is read from the oldest record
    rig.store_batch("m1", written[2], written[3], size=2)
    (done,) = rig.redrive()
    assert [body["subject"] for body in rig.published] == ["user/k2", "user/k3"]
    rig.stream.trim("shard-1", 4)
    rig.sink.accepted.clear()
    (done,) = rig.redrive()
    assert (done.state, done.counts["received"]) == ("trimmed", 0)
    assert rig.published == []


def test_a_range_of_a_kinesis_stream_is_read_back_too_and_its_hole_is_seen() -> None:
    rig = Rig()
    client = KinesisClient()
    numbers = [client.put(f"k{n}") for n in range(4)]
    (shard,) = {each["ShardId"] for each in client.list_shards(StreamARN=client.arn)["Shards"]}
    published = json.loads(invocation_record(shard, numbers[1], numbers[2], size=2))
    published["KinesisBatchInfo"] = {**published.pop("DDBStreamBatchInfo"), "streamArn": client.arn}
    rig.box.stored["m1"] = json.dumps(published).encode()
    reader = KinesisReader(client, client.arn)
    redriver = replace(rig.redriver(), open_stream=lambda arn, dialect: reader)
    (done,) = redrive(rig.box, redriver)
    assert (done.state, done.counts["published"]) == ("settled", 2)
    assert [(body["subject"], body["redriven"]) for body in rig.published] == [
        ("user/k1", True),
        ("user/k2", True),
    ]
    client.trim(shard, 2)
    rig.box.stored["m1"] = json.dumps(published).encode()
    (done,) = redrive(rig.box, redriver)
    assert (done.state, done.hole and done.hole.records) == ("trimmed", 1)
