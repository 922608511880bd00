"""Did the subscribers receive what the tables hold? Each check is a promise and whether it was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.demo.expectation import Expected, compared
from bridge.demo.subscribers import CloudEvent, Subscriber
from bridge.ports.quarantine import Quarantined
from bridge.relay.accounts import Account

_SECRET = "$demo$"  # what every password hash of the workload begins with  # noqa: S105


@dataclass(frozen=True, slots=True)
class Check:
    """``found`` says what was seen instead when the promise was not kept."""

    promise: str
    kept: bool
    found: str = ""


def check_all(
    *,
    account: Account,
    unselected: int,
    changes: int,
    expected: Expected,
    quarantined: Sequence[Quarantined],
    bus: Subscriber,
    feed: Subscriber,
    tables: Mapping[str, Mapping[str, Any]],
) -> list[Check]:
    """``unselected``: how many records the bridge counted as of items that no entity selects."""
    return [
        Check(
            "every record ended in exactly one of the four ways",
            account.adds_up,
            f"{account.received} received, {account.ended} ended",
        ),
        Check(
            f"all {changes} changes were received and settled",
            account.settled == changes,
            f"{account.settled} were settled",
        ),
        Check(
            "exactly the changes that break their schema are in quarantine",
            {entry.record_id for entry in quarantined} == expected.quarantined,
            f"{len(quarantined)} records, expected {len(expected.quarantined)}",
        ),
        Check(
            f"changes of items that no entity selects are counted, without an event: {expected.unselected}",
            unselected == expected.unselected,
            f"{unselected} were counted",
        ),
        *_arrived(bus, expected.bus),
        *_arrived(feed, expected.feed),
        _in_two_majors(bus),
        _in_order(feed),
        *(check_entity_changes(each.name, each.events, expected.became) for each in (bus, feed)),
        *(check_equal(subscriber, tables) for subscriber in (bus, feed)),
        check_redacted("no event shows what is redacted", [*bus.events, *feed.events]),
    ]


def check_redacted(promise: str, events: Sequence[CloudEvent]) -> Check:
    return Check(promise, not any(_SECRET in repr(event) for event in events))


def _arrived(subscriber: Subscriber, expected: frozenset[str]) -> Iterator[Check]:
    got = Counter(str(event["id"]) for event in subscriber.events)
    missing, strange = expected - got.keys(), got.keys() - expected
    yield Check(
        f"{subscriber.name}: the {len(expected)} expected events arrived, and no others",
        not missing and not strange,
        f"{len(missing)} missing, {len(strange)} unexpected",
    )
    repeats = got.total() - len(got)
    yield Check(f"{subscriber.name}: each arrived once", not repeats, f"{repeats} repeats")


def _in_two_majors(subscriber: Subscriber) -> Check:
    """Events that share a correlation id are about one change, each in its own major."""
    published: dict[str, list[CloudEvent]] = {}
    for event in subscriber.events:
        if "correlationid" in event:
            published.setdefault(event["correlationid"], []).append(event)
    wrong = sum(
        not _is_pair(sorted(events, key=lambda event: event["type"])) for events in published.values()
    )
    return Check(
        f"{subscriber.name}: {len(published)} changes of plan were published in two majors, the older"
        " one marked as deprecated",
        not wrong,
        f"{wrong} were not",
    )


def _is_pair(events: Sequence[CloudEvent]) -> bool:
    if [event["type"].rpartition(".")[2] for event in events] != ["v1", "v2"]:
        return False
    older, newer = events
    marked = older.get("deprecated") is True and "deprecationsunset" in older
    return marked and "deprecated" not in newer and older["sequence"] == newer["sequence"]


def _in_order(subscriber: Subscriber) -> Check:
    last: dict[str, str] = {}
    disorder: list[CloudEvent] = []
    for event in subscriber.events:
        if event["sequence"] <= last.get(event["subject"], ""):
            disorder.append(event)
        last[event["subject"]] = event["sequence"]
    return Check(
        f"{subscriber.name}: every item's events came in order", not disorder, f"{len(disorder)} out of order"
    )


def check_entity_changes(
    subscriber: str, events: Sequence[CloudEvent], wanted: int, *, when: str = ""
) -> Check:
    """One change ends an item in its old entity and starts it in the new one: two subjects, one order."""
    ends: dict[str, CloudEvent] = {}
    starts: dict[str, CloudEvent] = {}
    for event in events:
        record, _, half = str(event["id"]).partition(":")[0].rpartition("-")
        if half in ("end", "start"):
            (ends if half == "end" else starts)[record] = event
    right = {record for record in ends.keys() & starts.keys() if _follows(ends[record], starts[record])}
    return Check(
        f"{subscriber}: {when}items that changed their entity ended under one subject, then started under"
        f" another: {wanted}",
        ends.keys() == starts.keys() == right and len(right) == wanted,
        f"{len(right)} did, {len(ends)} ended, {len(starts)} started",
    )


def _follows(end: CloudEvent, start: CloudEvent) -> bool:
    operations = (end["data"]["operation"], start["data"]["operation"])
    after = start["sequence"] == end["sequence"] + "+"
    return operations == ("remove", "insert") and after and end["subject"] != start["subject"]


def differing(subscriber: Subscriber, tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The subjects of the items that differ between the subscriber's copy and the tables."""
    copy = {subject: compared(item) for subject, item in subscriber.copy.items.items()}
    return sorted(
        subject for subject in copy.keys() | tables.keys() if copy.get(subject) != tables.get(subject)
    )


def check_equal(subscriber: Subscriber, tables: Mapping[str, Mapping[str, Any]], *, when: str = "") -> Check:
    different = differing(subscriber, tables)
    return Check(
        f"{subscriber.name}: {when}the copy built from events equals the tables, {len(tables)} items",
        not different,
        f"{len(different)} differ: {', '.join(different[:5])}",
    )
