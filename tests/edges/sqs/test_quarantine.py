"""Quarantine in a queue: the content of a message, its limit, and how reading it works."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bridge.edges.sqs.quarantine import HIDDEN_S, SqsQuarantine
from bridge.errors import BridgeError, QuarantineUnavailable
from bridge.limits import SQS_BYTES
from bridge.ports.quarantine import Quarantined
from tests.fakes.clients.batch_peer import timeout
from tests.fakes.clients.sqs import SqsClient
from tests.fakes.faults import acts

FIFO = "https://sqs.eu-central-1.amazonaws.com/111122223333/quarantine.fifo"


def entry(record_id: str = "e1", text: str = "", **fields: Any) -> Quarantined:
    content: dict[str, Any] = {
        "record": {"eventID": record_id, "text": text},
        "record_id": record_id,
        "table": "Users",
        "reason": "event_invalid",
        "stage": "validate",
        "message": "m",
        "hint": "h",
        "time": "2026-11-01T12:00:00Z",
        "version": "1",
        "event_type": "com.example.user.created.v1",
    }
    return Quarantined(**content | fields)


def noise(size: int) -> str:
    return random.Random(1).randbytes(size // 2).hex()


def test_attributes_contain_reason_stage_and_type_and_nothing_of_the_item() -> None:
    client = SqsClient()
    SqsQuarantine(client, client.url).put(entry())
    (message,) = client.messages
    assert {name: value["StringValue"] for name, value in message.attributes.items()} == {
        "reason": "event_invalid",
        "stage": "validate",
        "type": "com.example.user.created.v1",
    }


def test_a_record_that_never_became_an_event_has_no_type_to_tell() -> None:
    client = SqsClient()
    SqsQuarantine(client, client.url).put(entry(event_type=""))
    assert set(client.messages[0].attributes) == {"reason", "stage"}


def test_every_record_is_a_group_of_its_own_in_a_fifo_queue_so_that_none_waits_for_another() -> None:
    client = SqsClient(FIFO)
    store = SqsQuarantine(client, client.url)
    for number in range(7):
        store.put(entry(f"e{number}"))
    assert len({message.group for message in client.messages}) == 7
    assert len(list(store.entries())) == 7


def test_a_record_over_the_limit_is_sent_compressed_and_comes_back_whole() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    large = entry(text="é" * SQS_BYTES)
    store.put(large)
    assert client.messages[0].attributes["encoding"]["StringValue"] == "gzip+base64"
    assert list(store.entries()) == [large]


def test_the_last_byte_of_the_limit_is_used_and_one_more_is_compressed() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    chars = 400_000
    while True:  # the peer counts as SQS does: grow until it would refuse
        store.put(entry(text="x" * chars))
        size = len(client.messages[-1].body)
        if "encoding" in client.messages[-1].attributes:
            break
        used = size + sum(
            len(name) + len("String") + len(value["StringValue"])
            for name, value in client.messages[-1].attributes.items()
        )
        chars += SQS_BYTES - used or 1
    assert used == SQS_BYTES


def test_a_record_too_large_even_compressed_is_refused_whole_with_the_way_out() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    with pytest.raises(QuarantineUnavailable, match="kind s3") as caught:
        store.put(entry(text=noise(3 * SQS_BYTES)))
    assert not caught.value.permanent
    assert client.messages == []


def test_a_queue_with_a_smaller_limit_is_taken_at_its_word() -> None:
    client = SqsClient(max_bytes=2_048)
    store = SqsQuarantine(client, client.url)
    store.check()
    store.put(entry(text="x" * 4_000))
    assert len(client.messages) == 1
    with pytest.raises(QuarantineUnavailable):
        store.put(entry(text=noise(8_000)))


def test_a_limit_that_was_lowered_meanwhile_hands_back_instead_of_losing() -> None:
    client = SqsClient(max_bytes=2_048)
    store = SqsQuarantine(client, client.url)
    with pytest.raises(QuarantineUnavailable):
        store.put(entry(text="x" * 4_000))


def test_looking_leaves_the_messages_in_sight_at_once() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    for number in range(25):
        store.put(entry(f"e{number}"))
    list(store.entries())
    assert {message.visible_at_s <= client.clock.now() for message in client.messages} == {True}


def test_a_reader_slower_than_the_queue_hides_messages_still_comes_to_an_end() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    for number in range(4):
        store.put(entry(f"e{number}"))
    seen = []
    for found in store.entries():
        seen.append(found.record_id)
        client.clock.advance(HIDDEN_S)
    assert seen == ["e0", "e1", "e2", "e3"]


def test_messages_that_a_slow_retry_has_yet_to_reach_stay_hidden_from_others_while_it_holds_them() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    for number in range(9):
        store.put(entry(f"e{number}"))
    first_batch = 0
    for seen, _ in enumerate(store.entries(), 1):
        first_batch = first_batch or sum(each.visible_at_s > client.clock.now() for each in client.messages)
        for _ in range(3):
            store.hold()
            client.clock.advance(HIDDEN_S - 1)
        hidden = sum(each.visible_at_s > client.clock.now() for each in client.messages)
        if seen <= first_batch:
            assert hidden == first_batch - seen + 1


def test_a_reader_whom_the_queue_shows_the_same_for_ever_comes_to_an_end() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    for number in range(9):
        store.put(entry(f"e{number}"))

    def pass_time(operation: str, call: int) -> None:
        client.clock.advance(HIDDEN_S)

    client.fail = acts(pass_time)
    assert [found.record_id for found in store.entries()] == ["e0", "e1", "e2"]


def test_messages_that_cannot_be_given_back_do_not_spoil_the_list() -> None:
    client = SqsClient()
    store = SqsQuarantine(client, client.url)
    store.put(entry())
    client.fail = lambda operation, call: timeout() if operation.startswith("Change") else None
    assert list(store.entries()) == [entry()]


@pytest.mark.parametrize("encoding", ["", "gzip+base64"])
@pytest.mark.parametrize("body", ["hello", "[]", "{}", "e30="])
def test_a_message_that_is_no_entry_is_named(body: str, encoding: str) -> None:
    client = SqsClient()
    attributes = {"encoding": {"DataType": "String", "StringValue": encoding}} if encoding else {}
    client.send_message(QueueUrl=client.url, MessageBody=body, MessageAttributes=attributes)
    with pytest.raises(BridgeError, match="message m1: not a quarantined record"):
        list(SqsQuarantine(client, client.url).entries())
