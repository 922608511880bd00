"""What every quarantine store promises. A new store is one entry in ``RIGS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest

from bridge.edges.local.memory import MemoryQuarantine
from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import AccessDenied, BatchError, EntryMissing, QuarantineUnavailable, TargetMissing
from bridge.ports.quarantine import EVERYTHING, Quarantine, Quarantined, QuarantineReader, Selection
from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.batch_peer import client_error, timeout
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sqs import DEDUPLICATION_S, SqsClient


class Store(Quarantine, QuarantineReader, Protocol):
    """Both sides of a store."""


@dataclass
class Rig:
    """A store and, where it is far away, the peer it talks to.

    ``again`` says what becomes of a record that is put a second time: it replaces the first entry, is
    dropped in favour of the first for a while (``forget`` lets that while pass), or stands beside it.
    """

    store: Store
    peer: AwsPeer | None = None
    put: str = ""  # the peer's operation that stores
    again: Literal["replaces", "dropped", "beside"] = "replaces"
    forget: Callable[[], None] = lambda: None

    def kept(self, selection: Selection = EVERYTHING) -> list[Quarantined]:
        return list(self.store.entries(selection))


def _memory(_: Path) -> Rig:
    return Rig(MemoryQuarantine())


def _directory(path: Path) -> Rig:
    return Rig(DirectoryQuarantine(path / "quarantine"))


def _s3(_: Path) -> Rig:
    peer = S3Client(now=lambda: 1_793_534_400.0)
    return Rig(S3Quarantine(peer, peer.bucket), peer, "PutObject")


def _sqs(suffix: str) -> Rig:
    peer = SqsClient(f"https://sqs.eu-central-1.amazonaws.com/111122223333/quarantine{suffix}")
    return Rig(
        SqsQuarantine(peer, peer.url),
        peer,
        "SendMessage",
        again="dropped" if suffix else "beside",
        forget=lambda: peer.clock.advance(DEDUPLICATION_S),
    )


RIGS: dict[str, Callable[[Path], Rig]] = {
    "memory": _memory,
    "directory": _directory,
    "s3": _s3,
    "sqs": lambda _: _sqs(""),
    "sqs-fifo": lambda _: _sqs(".fifo"),
}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return RIGS[request.param](tmp_path)


@pytest.fixture(params=["s3", "sqs", "sqs-fifo"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Rig, AwsPeer]:
    rig = RIGS[request.param](tmp_path)
    assert rig.peer is not None
    return rig, rig.peer


Remote = tuple[Rig, AwsPeer]


def quarantined(
    record_id: str = "e1", sequence: str = "2026-10-01T00:00:00.000/0001", **fields: Any
) -> Quarantined:
    record = {"eventID": record_id, "dynamodb": {"Keys": {"id": {"S": "u-1"}}, "SizeBytes": 12}}
    entry = Quarantined(
        record=record,
        record_id=record_id,
        table="Users",
        reason="event_invalid",
        stage="validate",
        message="/data/plan: is not one of the allowed values",
        hint="publish a schema that allows it, then redrive",
        time="2026-11-01T12:00:00Z",
        version="0.1.0",
        event_type="com.example.user.created.v1",
        sequence=sequence,
    )
    return replace(entry, **fields)


def test_a_record_comes_back_whole_with_its_reason(rig: Rig) -> None:
    rig.store.check()
    rig.store.put(quarantined())
    assert list(rig.kept()) == [quarantined()]


def test_an_entry_is_found_again_by_the_name_the_store_gives_it(rig: Rig) -> None:
    for number in (1, 2):
        rig.store.put(quarantined(f"e{number}", sequence=f"2026-10-01T00:00:00.000/000{number}"))
    for _ in range(2):
        found = list(rig.store.scan())
        assert sorted(each.entry.record_id for each in found if each.entry) == ["e1", "e2"]
        assert [rig.store.load(each.name) for each in found] == [each.entry for each in found]
        assert len({each.name for each in found}) == 2
    assert list(rig.store.scan(Selection(reason="other"))) == []
    with pytest.raises(EntryMissing):
        rig.store.load("nothing.json")


def test_what_is_removed_is_gone_and_nothing_else_is(rig: Rig) -> None:
    for number in range(7):
        rig.store.put(quarantined(f"e{number}", sequence=f"2026-10-01T00:00:00.000/000{number}"))
    for found in rig.store.scan():
        if found.entry is not None and found.entry.record_id in ("e1", "e4"):
            rig.store.remove(found.name)
            rig.store.remove(found.name)
    assert sorted(entry.record_id for entry in rig.kept()) == ["e0", "e2", "e3", "e5", "e6"]
    (name,) = [found.name for found in rig.store.scan() if found.entry and found.entry.record_id == "e2"]
    rig.store.remove(name)
    assert sorted(entry.record_id for entry in rig.kept()) == ["e0", "e3", "e5", "e6"]


def test_the_same_record_twice_leaves_one_entry_with_the_newest_reason_where_the_store_can(rig: Rig) -> None:
    rig.store.put(quarantined())
    rig.store.put(quarantined(reason="mapping_failed", time="2026-11-01T13:00:00Z", version="0.2.0"))
    expected = {
        "replaces": ["mapping_failed"],
        "dropped": ["event_invalid"],
        "beside": ["event_invalid", "mapping_failed"],
    }
    assert [entry.reason for entry in rig.kept()] == expected[rig.again]


def test_the_same_record_much_later_is_never_dropped(rig: Rig) -> None:
    rig.store.put(quarantined())
    rig.forget()
    rig.store.put(quarantined(reason="mapping_failed"))
    assert "mapping_failed" in [entry.reason for entry in rig.kept()]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["a", "b", "c"]),
        (Selection(reason="mapping_failed"), ["b"]),
        (Selection(event_type="com.example.user.created.v1"), ["a"]),
        (Selection(event_type="com.example.user.created"), ["a", "c"]),
        (Selection(event_type="com.example.user"), []),
        (Selection(since=datetime(2026, 11, 1, 12, 0, tzinfo=UTC)), ["b", "c"]),
        (Selection(until=datetime(2026, 11, 1, 12, 0, tzinfo=UTC)), ["a", "b"]),
        (Selection(reason="event_invalid", since=datetime(2026, 11, 1, 11, 30, tzinfo=UTC)), ["c"]),
    ],
)
def test_entries_are_found_by_reason_type_and_time(
    rig: Rig, selection: Selection, expected: list[str]
) -> None:
    rig.store.put(quarantined("a", time="2026-11-01T11:00:00+00:00"))
    rig.store.put(
        quarantined(
            "b", time="2026-11-01T13:00:00+01:00", reason="mapping_failed", event_type="com.example.x.v1"
        )
    )
    rig.store.put(quarantined("c", time="2026-11-01T12:30:00Z", event_type="com.example.user.created.v2"))
    assert sorted(entry.record_id for entry in rig.kept(selection)) == expected


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-01T12:30:00"])
def test_a_time_without_zone_or_sense_hides_no_entry(rig: Rig, time: str) -> None:
    rig.store.put(quarantined(time=time))
    assert len(rig.kept(Selection(since=datetime(2026, 11, 1, 12, tzinfo=UTC)))) == 1


def test_looking_takes_nothing_away(rig: Rig) -> None:
    for number in range(25):
        rig.store.put(quarantined(f"e{number}"))
    first = rig.kept()
    assert len(first) == 25
    assert rig.kept() == first


def test_a_reader_that_stops_early_leaves_everything_readable(rig: Rig) -> None:
    for number in range(5):
        rig.store.put(quarantined(f"e{number}"))
    some = iter(rig.store.entries())
    next(some)
    del some
    assert len(rig.kept()) == 5


def test_different_records_never_share_an_entry(rig: Rig) -> None:
    entries = [
        quarantined("e1"),
        quarantined("E1"),
        quarantined("e/1"),
        quarantined("e_1"),
        quarantined("x" * 400),
        quarantined("x" * 401),
        quarantined("e1", sequence="2026-10-02T00:00:00.000/0001"),
        quarantined("e1", table="Orders"),
        quarantined("", "", record={"odd": 1}),
        quarantined("", "", record={"odd": 2}),
    ]
    for entry in entries:
        rig.store.put(entry)
    kept = list(rig.kept())
    assert len(kept) == len(entries)
    assert {entry in kept for entry in entries} == {True}


@pytest.mark.parametrize(
    "odd", ["../../etc/passwd", "..", ".hidden", "nul\0byte", "\ud800", "東京", "a b\n", ""]
)
def test_any_record_id_can_be_kept(rig: Rig, odd: str) -> None:
    rig.store.put(quarantined(odd))
    assert [entry.record_id for entry in rig.kept()] == [odd]


def test_lone_surrogates_and_long_numbers_survive(rig: Rig) -> None:
    record = {
        "eventID": "e1",
        "dynamodb": {
            "NewImage": {
                "s\ud800": {"S": "\udfff and \u0000"},
                "n": {"N": "1." + "0" * 40},
                "big": 10**40,
                "f": 0.1,
            }
        },
    }
    rig.store.put(quarantined(record=record))
    assert [entry.record for entry in rig.kept()] == [record]


# --- promises of every store behind an API ---------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        timeout(),
        client_error("SlowDown", "Any", 503),
        client_error("InternalError", "Any", 500),
        client_error("RequestThrottled", "Any", 400),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_store_that_is_down_says_that_the_record_may_be_kept_later(
    remote: Remote, trouble: Exception
) -> None:
    rig, peer = remote
    peer.fail = lambda operation, call: trouble
    with pytest.raises(QuarantineUnavailable) as caught:
        rig.store.put(quarantined())
    assert not caught.value.permanent
    del peer.fail
    rig.store.put(quarantined())
    assert rig.kept() == [quarantined()]


def test_a_lost_answer_loses_nothing_and_the_next_try_is_like_any_redelivery(remote: Remote) -> None:
    rig, peer = remote
    peer.lose = lambda operation, call: timeout() if (operation, call) == (rig.put, 0) else None
    with pytest.raises(QuarantineUnavailable):
        rig.store.put(quarantined())
    rig.store.put(quarantined())
    assert rig.kept() == [quarantined()] * (2 if rig.again == "beside" else 1)


def test_a_store_that_does_not_exist_is_found_at_start_up_and_fails_the_batch_later(remote: Remote) -> None:
    rig, peer = remote
    peer.exists = False
    with pytest.raises(TargetMissing):
        rig.store.check()
    with pytest.raises(TargetMissing):
        rig.store.put(quarantined())


def test_a_store_that_is_closed_to_us_fails_the_batch_and_names_the_action(remote: Remote) -> None:
    rig, peer = remote
    peer.denied = True
    with pytest.raises(AccessDenied, match=r"s3:ListBucket|sqs:GetQueueAttributes"):
        rig.store.check()
    with pytest.raises(AccessDenied, match=rf":{rig.put}"):
        rig.store.put(quarantined())


def test_no_error_of_a_store_contains_a_value_of_the_record(remote: Remote) -> None:
    rig, peer = remote
    refusal = client_error("ValidationException", "Any", 400, "Value 's3cret' is not valid")
    peer.fail = lambda operation, call: refusal
    with pytest.raises(BatchError, match="answered ValidationException") as caught:
        rig.store.put(quarantined(record={"eventID": "e1", "pin": "s3cret"}))
    assert "s3cret" not in str(caught.value)
