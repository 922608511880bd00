"""``stream-bridge tail``: shows what arrives, steals nothing, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.eventbridge.temporary_rule import LEASE_S, PREFIX, TemporaryRule, remove_stale
from tests.builders.aws import Aws
from tests.integration.bus_rig import BusRig

WAIT_S = 20
TYPE = "com.example.user.created.v1"


def event(number: int, type_name: str = TYPE) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "com.example.accounts",
        "type": type_name,
        "subject": f"user/u-{number}",
        "time": "2026-11-01T12:00:00Z",
        "data": {"operation": "insert", "after": {"plan": "free"}},
    }


class Rig(BusRig):
    @contextmanager
    def watching(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A tail of the bus, from the moment on at which its rule exists."""
        process = self.start("--bus", self.bus, *words)
        assert process.stderr is not None
        line = process.stderr.readline()
        while "watching" not in line:
            assert line, "the tail ended"
            line = process.stderr.readline()
        yield process

    def send(self, *bodies: Any) -> None:
        for body in bodies:
            self.aws.client("sqs").send_message(QueueUrl=self.queue, MessageBody=json.dumps(body))


@pytest.fixture
def rig(aws: Aws, tmp_path: Path) -> Iterator[Rig]:
    events, sqs = aws.client("events"), aws.client("sqs")
    bus = aws.name("tail-bus")
    events.create_event_bus(Name=bus)
    queue = sqs.create_queue(QueueName=aws.name("tail-queue"))["QueueUrl"]
    made = Rig(aws, bus, queue, tmp_path, ("tail",), WAIT_S)
    yield made
    made.end()
    if aws.shared:
        remove_stale(events, sqs, time.time() + LEASE_S + 1)
        events.delete_event_bus(Name=bus)
        sqs.delete_queue(QueueUrl=queue)


def ids(out: str) -> list[str]:
    return sorted(json.loads(line)["id"] for line in out.splitlines())


def test_events_of_a_bus_are_shown_and_the_rule_is_gone_afterwards(rig: Rig) -> None:
    with rig.watching("--limit", "2", "--type", "com.example.user.*", "--output", "json") as process:
        assert {bool(each) for each in rig.left_behind()} == {True}
        rig.put(event(1), event(2, "com.example.order.placed.v1"), event(3))
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert ids(out) == ["e-1", "e-3"]
    assert rig.left_behind() == ([], [])


def test_a_signal_ends_it_and_removes_rule_and_queue(rig: Rig) -> None:
    with rig.watching() as process:
        rig.put(event(1))
        assert process.stdout is not None
        shown = [process.stdout.readline()]
        while "/plan" not in shown[-1] and process.poll() is None:
            shown.append(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        # What readline buffered ahead, communicate would not see: all that is asked of it is the end.
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert "+ user/u-1  com.example.user.created.v1" in shown[0]
    assert '+ /plan "free"' in shown[-1]
    assert rig.left_behind() == ([], [])


def test_what_a_killed_tail_left_is_removed_once_its_lease_is_over(rig: Rig) -> None:
    with rig.watching() as process:
        process.kill()
        process.communicate()
    ((name,), (url,)) = rig.left_behind()
    code, out, _ = rig.run("--clean-up")
    assert (code, out) == (0, "")  # it might still live
    assert rig.left_behind() == ([name], [url])
    rig.aws.client("sqs").tag_queue(QueueUrl=url, Tags={"stream-bridge:alive-until": "1"})
    code, out, err = rig.run("--clean-up")
    assert (code, out.split()) == (0, [name]), err
    assert rig.left_behind() == ([], [])


def test_a_renewed_lease_keeps_a_living_tail_and_other_peoples_queues_are_let_be(rig: Rig) -> None:
    events, sqs = rig.aws.client("events"), rig.aws.client("sqs")
    foreign = sqs.create_queue(QueueName=PREFIX + rig.aws.name("foreign"))["QueueUrl"]
    rule = TemporaryRule(events, sqs, rig.bus, "test")
    rule.make({"source": ["x"]}, now_s=1000)
    rule.renew(now_s=2000)
    assert remove_stale(events, sqs, now_s=2000 + LEASE_S) == []
    assert remove_stale(events, sqs, now_s=2000 + LEASE_S + 1) == [rule.name]
    rule.remove()  # already gone: nothing to say
    assert rig.left_behind() == ([], [foreign])
    sqs.delete_queue(QueueUrl=foreign)


def test_a_bus_that_is_not_there_is_named_and_nothing_is_made(rig: Rig) -> None:
    code, _, err = rig.run("--bus", "nowhere")
    assert code == 1
    assert "event bus nowhere does not exist" in err
    assert rig.left_behind() == ([], [])


def test_reading_a_queue_removes_nothing_and_shows_each_event_once(rig: Rig) -> None:
    rig.send(event(1), {"Type": "Notification", "Message": json.dumps(event(2))}, {"no": "event"})
    code, out, err = rig.run("--queue", rig.queue, "--for", "4s", "--output", "json")
    assert (code, ids(out)) == (0, ["e-1", "e-2"]), err
    assert "only reading" in err
    assert "1 message holds no CloudEvent" in err
    assert rig.waiting() == 3


def test_delete_takes_what_is_shown_and_only_that(rig: Rig) -> None:
    rig.send(event(1), event(2), {"no": "event"})
    words = ("--delete", "--subject", "user/u-1", "--for", "1s", "--output", "json")
    code, out, err = rig.run("--queue", rig.queue, *words)
    assert (code, ids(out)) == (0, ["e-1"]), err
    assert "1 did not pass the filter" in err
    assert rig.waiting() == 2


def test_a_queue_that_gives_up_what_is_received_often_is_refused(rig: Rig) -> None:
    sqs = rig.aws.client("sqs")
    dead = sqs.create_queue(QueueName=rig.aws.name("tail-dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    sqs.set_queue_attributes(QueueUrl=rig.queue, Attributes={"RedrivePolicy": policy})
    rig.send(event(1))
    code, out, err = rig.run("--queue", rig.queue, "--for", "1s")
    assert (code, out) == (1, "")
    assert "insist with --force" in err
    assert rig.run("--queue", rig.queue, "--for", "1s", "--force")[1] != ""
    sqs.delete_queue(QueueUrl=dead)


def test_a_limit_that_is_not_reached_in_time_exits_4(rig: Rig) -> None:
    assert rig.run("--queue", rig.queue, "--for", "0.2s", "--limit", "1")[0] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "either --bus NAME or --queue URL"),
        (("--bus", "a", "--queue", "b"), "either --bus NAME or --queue URL"),
        (("--bus", "a", "--pattern", '{"x": 1}'), "the pattern is invalid"),
        (("--bus", "a", "--for", "soon"), "write 30s, 5m or 1h"),
    ],
)
def test_bad_usage_is_said_before_anything_is_made(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.cli.app import run

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    assert run(["tail", *words]) == 1
    assert said in capsys.readouterr().err
