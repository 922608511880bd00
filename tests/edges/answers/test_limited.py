"""Every call of the pipeline ends with the time that is left, whatever hangs."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from bridge.core.change import Position
from bridge.core.events.claim_check import Claim
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Dispatcher
from bridge.edges.answers.errors import AwsTarget
from bridge.edges.answers.limited import NoAnswerInTime, _refuse_if_late, limited
from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.local.clock import SystemClock
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sns.topic import SnsSink
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import LedgerUnavailable, QuarantineUnavailable, SourceUnavailable, Unavailable
from bridge.ports.clock import Deadline, limit_here, time_limit
from bridge.ports.ledger import Announced, Row
from bridge.ports.quarantine import Quarantined
from bridge.wiring.clients import ClientFactory, client_factory
from tests.builders.records import item
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.clock import FakeClock
from tests.fakes.hanging_server import HangingServer

ENTRY = Quarantined({"eventID": "e1"}, "e1", "Users", "r", "s", "m", "h", "2026-11-01T12:00:00Z", "1")
CLOCK = SystemClock()
POSITION = Position("2026-11-01T10:00:00.000", 1)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:topic"
DISPATCHER = Dispatcher(ThreadPoolExecutor(1), Backoff(random.Random(1)))
SHORT_S = 0.2

Conversation = Callable[[ClientFactory], object]


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientFactory]:
    """Clients of services that accept connections and never answer."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with HangingServer() as server:
        yield client_factory(region="eu-central-1", endpoint_url=server.url)


def ledger(client: ClientFactory) -> DynamoDbLedger:
    return DynamoDbLedger(client("dynamodb"), "ledger", CLOCK, Backoff(random.Random(1)))


def row() -> Row:
    return Row("key", POSITION, table="Users", live=True, item_key=item({"id": "a"}))


EVERY: dict[str, Conversation] = {
    "ledger, check": lambda client: ledger(client).check(),
    "ledger, read": lambda client: ledger(client).read(["key"]),
    "ledger, announce": lambda client: ledger(client).announce(
        [Announced("key", POSITION, "Users", item({"id": "a"}))]
    ),
    "ledger, one row": lambda client: ledger(client).settle_if(row(), None),
    "quarantine in s3": lambda client: S3Quarantine(client("s3"), "bucket").put(ENTRY),
    "quarantine in sqs": lambda client: SqsQuarantine(client("sqs"), "https://sqs/1/queue").put(ENTRY),
    "claim check": lambda client: S3ClaimCheck(client("s3"), "bucket", CLOCK).store(Claim("t.v1", b"{}")),
    "sink, check": lambda client: SnsSink(client("sns"), TOPIC, DISPATCHER).check(),
}


@pytest.mark.parametrize("conversation", EVERY.values(), ids=EVERY.keys())
def test_a_service_that_never_answers_is_unavailable_when_the_time_is_up(
    conversation: Conversation, hanging: ClientFactory
) -> None:
    """Long before botocore's own timeouts, whose error would have another code."""
    with (
        time_limit(Deadline.after(CLOCK, SHORT_S)),
        pytest.raises(Unavailable, match="did not answer") as raised,
    ):
        conversation(hanging)
    assert raised.value.code == "NoAnswerInTime"


def test_rows_that_a_hanging_ledger_does_not_take_are_answered_as_not_settled(hanging: ClientFactory) -> None:
    assert ledger(hanging).settle([row()], Deadline.after(CLOCK, SHORT_S)) == {"key"}
    ledger(hanging).retract(["name"], Deadline.after(CLOCK, SHORT_S))


def test_the_current_item_is_waited_for_half_of_the_time_that_is_left(hanging: ClientFactory) -> None:
    fetcher = TableFetcher(hanging("dynamodb"), Backoff(random.Random(1)))
    deadline = Deadline.after(CLOCK, 60)
    with time_limit(Deadline.after(CLOCK, SHORT_S)):
        assert fetcher.fetch("Users", {"a": item({"id": "a"})}, Deadline.after(CLOCK, 2 * SHORT_S)) == {}
    assert deadline.remaining_s() > 0


def test_nothing_is_sent_once_the_time_is_up() -> None:
    def never() -> None:
        raise AssertionError("sent")

    with pytest.raises(NoAnswerInTime):
        limited(never, Deadline.after(FakeClock(), 0))()


def test_the_earliest_of_all_limits_counts_and_ends_with_its_block() -> None:
    clock = FakeClock()
    with time_limit(Deadline.after(clock, 5)):
        with time_limit(Deadline.after(clock, 9)):
            assert limit_here() == Deadline.after(clock, 5)
            assert limit_here(Deadline.after(clock, 2)) == Deadline.after(clock, 2)
        with time_limit(Deadline.after(clock, 1)):
            assert limit_here() == Deadline.after(clock, 1)
        assert limit_here() == Deadline.after(clock, 5)
    assert limit_here() is None


def test_an_answer_and_an_error_come_through_as_they_are() -> None:
    until = Deadline.after(CLOCK, 60)
    assert limited(lambda a, b: (a, b), until)(1, b=2) == (1, 2)
    with pytest.raises(TimeoutError, match="its own"):
        limited(_timeout, until)()


def _timeout() -> None:
    raise TimeoutError("its own")


def test_the_body_of_an_object_is_read_within_the_time_too() -> None:
    """It comes after the answer to its call, and a body that trickles never reaches botocore's timeout."""

    class Trickling:
        end = threading.Event()

        def read(self) -> bytes:
            self.end.wait(60)
            return b""

    target = AwsTarget(None, "s3", "bucket b", unavailable=QuarantineUnavailable)
    with pytest.raises(QuarantineUnavailable) as raised:
        target.within(Deadline.after(CLOCK, SHORT_S)).body(Trickling())
    Trickling.end.set()
    assert raised.value.code == "NoAnswerInTime"


def test_what_was_left_behind_is_not_repeated_later(
    monkeypatch: pytest.MonkeyPatch, hanging: ClientFactory
) -> None:
    """botocore repeats a call whose connection broke; the repeat of a write would land after newer ones."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    clock, client, sent = FakeClock(), hanging("dynamodb"), []

    def broken(request: Any, **_: Any) -> None:
        sent.append(request.url)
        clock.advance(30)
        raise EndpointConnectionError(endpoint_url=request.url)

    client.meta.events.register_last("before-send", broken)
    target = AwsTarget(client, "dynamodb", "table t", unavailable=SourceUnavailable)
    with pytest.raises(SourceUnavailable):
        target.within(Deadline.after(clock, 10)).call("DescribeTable", TableName="t")
    assert len(sent) == 1
    with pytest.raises(SourceUnavailable):
        target.call("DescribeTable", TableName="t")
    assert len(sent) > 2


def test_a_batch_that_does_not_fit_is_no_matter_of_the_ledgers_capacity() -> None:
    clock, peer = FakeClock(), DynamoDbClient()
    peer.unprocessed = lambda operation, call: clock.advance(1.0) or 1  # type: ignore[func-returns-value]
    slow = DynamoDbLedger(peer, "ledger", clock, Backoff(random.Random(1)))
    with pytest.raises(LedgerUnavailable, match="in the time that was left") as raised:
        slow.read([f"key-{n}" for n in range(1000)], Deadline.after(clock, 3))
    assert "capacity" not in str(raised.value)


@pytest.mark.parametrize(("later_s", "sent"), [(4.75, True), (5.0, False), (5.25, False)])
def test_a_repeat_is_sent_only_before_the_time_is_up(later_s: float, sent: bool) -> None:
    clock, requests = FakeClock(), []

    def method() -> None:
        clock.advance(later_s)
        _refuse_if_late()
        requests.append(1)

    if sent:
        limited(method, Deadline.after(clock, 5))()
    else:
        with pytest.raises(NoAnswerInTime):
            limited(method, Deadline.after(clock, 5))()
    assert requests == [1] * sent
