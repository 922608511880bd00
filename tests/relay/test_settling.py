"""What the pipeline and its ledger promise together: duplicates, gaps, redriven and reconciled changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.change import Position
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint, field_hashes
from bridge.core.jsonpath import parse_path
from bridge.core.keys import key_token
from bridge.core.redact import RedactRule
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.errors import BridgeError, EventInvalid, SinkUnavailable
from bridge.ports.clock import Deadline
from bridge.ports.ledger import Keep, Row
from bridge.relay.relay import Relay
from bridge.relay.settling import Heal
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.records import STREAM_ARN, TIME, item, lambda_record
from tests.contracts.test_ledger import ledger_on
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.faults import acts
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry

SECRET = b"k" * 32
NEVER = Position("", 0)
KEY = key_token("Users", item({"id": "a"}))
LABEL = "2026-11-01T10:00:00.000"
REDACTION = (RedactRule(parse_path("$.email"), "hmac", b"pii"),)


def published(*rules: Any, ignore: tuple[tuple[str, ...], ...] = (), **parts: Any) -> Table:
    """A table whose states go into the ledger."""
    return replace(
        table(*rules, ignore=ignore, **parts),
        fingerprint=compile_fingerprint(SECRET, ignore),
        field_hashes=compile_field_hashes(SECRET, ignore),
    )


def bridge(
    sink: ScriptedSink, *tables: Table, keep: Keep = "fingerprint", heal: Heal = "report", **parts: Any
) -> Relay:
    parts = {"ledger": MemoryLedger(keep=keep)} | parts
    return replace(relay(sink, tables=tables or (published(),), **parts), heal=heal)


def change(seq: int, before: Any = None, after: Any = None, key: str = "a", **parts: Any) -> dict[str, Any]:
    """A record of item ``key``; ``before`` and ``after`` are its ``n``, or whole images."""

    def image(given: Any) -> Any:
        return given if given is None or isinstance(given, dict) else {"id": key, "n": given}

    op = "insert" if before is None else "remove" if after is None else "modify"
    return lambda_record(
        **{"op": op, "key": {"id": key}, "before": image(before), "after": image(after), "seq": seq} | parts
    )


def new_image(seq: int, after: dict[str, Any], op: str = "modify") -> dict[str, Any]:
    return change(seq, None, after, op=op, view="NEW_IMAGE")


def bodies(sink: ScriptedSink) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in sink.accepted]


def row_of(bridge: Relay, key: str = "a") -> Row:
    return bridge.ledger.read([token := key_token("Users", item({"id": key}))])[token]


def fingerprint(values: dict[str, Any]) -> str:
    return compile_fingerprint(SECRET)(item(values))


def gaps(bridge: Relay) -> int:
    assert isinstance(bridge.telemetry, KeptTelemetry)
    return bridge.telemetry.counts["GapsSeen"]


def at(seconds: float) -> str:
    return (TIME + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# --- what a row holds -----------------------------------------------------------------------------


def test_a_row_has_the_state_of_the_newest_settled_change() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1), change(2, 1, 2))
    assert row_of(relay_) == Row(
        KEY,
        Position(LABEL, 2),
        live=True,
        table="Users",
        item_key={"id": {"S": "a"}},
        fingerprint=fingerprint({"id": "a", "n": 2}),
        as_of=at(0),
        recent=(f"{LABEL}/{2:040}", f"{LABEL}/{1:040}"),
    )


def test_the_row_of_a_removed_item_has_no_state() -> None:
    relay_ = bridge(ScriptedSink(), keep="image")
    handle(relay_, change(1, None, 1), change(2, 1, None))
    row = row_of(relay_)
    assert (row.live, row.fingerprint, row.image, row.fields) == (False, "", None, None)


def test_what_is_settled_without_event_is_never_missed() -> None:
    quiet = published(
        rule(operations=frozenset({"remove"})),
        ignore=(("seen",),),
        accepts=lambda record: record["dynamodb"]["Keys"]["id"]["S"] != "f",
    )
    relay_ = bridge(ScriptedSink(), quiet)
    touched = change(2, {"id": "a", "seen": 1}, {"id": "a", "seen": 2})
    outcome = handle(relay_, change(1, None, {"id": "a", "seen": 1}), touched, change(3, None, 1, key="f"))
    assert outcome.reasons == {"without_event": {"no_matching_type": 1, "unchanged": 1, "filtered": 1}}
    assert row_of(relay_).fingerprint == fingerprint({"id": "a"})
    assert row_of(relay_, "f").fingerprint == fingerprint({"id": "f", "n": 1})


def test_a_fingerprint_is_of_the_redacted_image_and_a_kept_image_is_redacted() -> None:
    relay_ = bridge(ScriptedSink(), published(redact=REDACTION), keep="image")
    handle(relay_, change(1, None, {"id": "a", "email": "s3cret"}))
    row = row_of(relay_)
    assert "s3cret" not in repr(row)
    assert row.image is not None
    assert row.fingerprint == compile_fingerprint(SECRET)(row.image)


def test_keep_fields_keeps_a_hash_by_attribute() -> None:
    relay_ = bridge(ScriptedSink(), keep="fields")
    handle(relay_, change(1, None, 1))
    assert row_of(relay_).fields == field_hashes(SECRET, item({"id": "a", "n": 1}))


def test_a_view_without_after_image_leaves_the_state_unknown() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, op="modify", view="KEYS_ONLY"))
    assert (row_of(relay_).fingerprint, row_of(relay_).live) == ("", True)


def test_a_row_remembers_the_last_eight_settled_sequences() -> None:
    relay_ = bridge(ScriptedSink())
    for seq in range(1, 12):
        handle(relay_, change(seq, seq - 1 or None, seq))
    assert [int(each.rpartition("/")[2]) for each in row_of(relay_).recent] == list(range(11, 3, -1))


def test_a_quarantined_change_moves_the_position_but_not_the_published_state() -> None:
    def refuse(data: dict[str, Any]) -> None:
        if data["operation"] == "insert":
            raise EventInvalid("/n: too small")

    relay_ = bridge(ScriptedSink(), published(rule(validate=refuse)))
    assert handle(relay_, change(1, None, 1)).quarantined == 1
    row = row_of(relay_)
    assert (row.position.number, row.live, row.fingerprint, row.recent) == (1, False, "", ())
    assert handle(relay_, change(1, None, 1)).reasons == {"without_event": {"duplicate": 1}}


def test_without_a_ledger_nothing_is_hashed() -> None:
    def never(image: Any) -> Any:
        raise AssertionError("hashed")

    sink = ScriptedSink()
    eager = replace(published(), fingerprint=never, field_hashes=never)
    assert handle(bridge(sink, eager, ledger=NoLedger()), change(1, None, 1), change(2, 5, 6)).published == 2
    assert handle(bridge(sink, eager, keep="position"), change(1, None, 1), change(2, 5, 6)).published == 2


def test_a_batch_costs_few_calls_whatever_its_size() -> None:
    peer = DynamoDbClient()
    relay_ = bridge(ScriptedSink(), ledger=ledger_on(peer))
    handle(relay_, *(change(n, None, n, key=f"k{n % 60}") for n in range(1, 241)))
    # One write announces what is about to be published, three settle 60 rows, one retracts.
    assert peer.calls == {"BatchGetItem": 1, "BatchWriteItem": 5}


# --- gaps ------------------------------------------------------------------------------------------


def test_a_before_image_that_differs_from_the_last_published_state_reveals_a_loss() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink)
    handle(relay_, change(1, None, 1))
    handle(relay_, change(3, 2, 3))
    assert [body.get("gap") for body in bodies(sink)] == [None, True]
    assert gaps(relay_) == 1
    assert row_of(relay_).gap


def test_a_noted_gap_stays_noted_until_a_reconciliation_has_looked() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1))
    handle(relay_, change(3, 2, 3))
    handle(relay_, change(4, 3, 4))
    assert (row_of(relay_).gap, gaps(relay_)) == (True, 1)


@pytest.mark.parametrize(
    "batches",
    [
        [[change(1, None, 1)], [change(2, 1, 2)], [change(3, 2, None)], [change(4, None, 1)]],
        [[change(1, None, 1), change(2, 1, 2), change(3, 2, None), change(4, None, 1)]],
        [[change(2, 1, 2)], [change(3, 2, None)]],
        [[change(1, None, {"id": "a", "n": {1, 2}})], [change(2, {"id": "a", "n": {2, 1}}, 3)]],
    ],
    ids=["steps", "one batch", "no row", "a set in another order"],
)
@pytest.mark.parametrize("heal", ["report", "emit"])
def test_a_complete_history_has_no_gap(batches: Sequence[Sequence[Any]], heal: Heal) -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal=heal)
    for batch in batches:
        handle(relay_, *batch)
    assert gaps(relay_) == 0
    assert {bool({"gap", "reconciled"} & body.keys()) for body in bodies(sink)} == {False}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (change(1, None, 1), change(3, None, 1)),
        (change(1, 1, None), change(3, 1, 2)),
        (change(1, 1, None), change(3, 1, None)),
    ],
    ids=["insert on a live row", "modify on a removed row", "remove on a removed row"],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_missed_remove_or_insert_is_a_gap(first: Any, then: Any, together: bool) -> None:
    relay_ = bridge(ScriptedSink())
    for batch in [[first, then]] if together else [[first], [then]]:
        handle(relay_, *batch)
    assert gaps(relay_) == 1


def test_a_change_that_was_skipped_inside_a_batch_is_a_gap() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink)
    handle(relay_, change(1, None, 1), change(3, 2, 3))
    assert [body.get("gap") for body in bodies(sink)] == [None, True]


def test_where_the_check_is_off_or_lacks_data_no_gap_is_reported() -> None:
    for relay_ in (
        bridge(ScriptedSink(), heal="off"),
        bridge(ScriptedSink(), replace(published(), sees_gaps=False)),
        bridge(ScriptedSink(), table()),
    ):
        handle(relay_, change(1, None, 1))
        handle(relay_, change(3, 2, 3))
        assert gaps(relay_) == 0
    blind = bridge(ScriptedSink())
    handle(blind, new_image(1, {"id": "a", "n": 1}, op="insert"))
    handle(blind, new_image(3, {"id": "a", "n": 3}))
    assert gaps(blind) == 0


def test_a_change_in_ignored_attributes_only_is_no_gap() -> None:
    relay_ = bridge(ScriptedSink(), published(ignore=(("seen",),)))
    handle(relay_, change(1, None, {"id": "a", "seen": 1}))
    handle(relay_, change(3, {"id": "a", "seen": 2}, {"id": "a", "seen": 2, "n": 1}))
    assert gaps(relay_) == 0


# --- healing ---------------------------------------------------------------------------------------


def test_heal_emit_publishes_the_missing_step_before_the_change() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit", keep="image")
    handle(relay_, change(1, None, 1))
    outcome = handle(relay_, change(3, 2, 3))
    _, step, last = bodies(sink)
    assert (outcome.published, outcome.events) == (1, 2)
    assert step["reconciled"] is True
    assert step["data"] == {
        "operation": "modify",
        "key": {"id": "a"},
        "before": {"id": "a", "n": 1},
        "after": {"id": "a", "n": 2},
        "changes": [{"path": "/n", "op": "replace", "before": 1, "after": 2}],
    }
    assert "gap" not in last
    assert "reconciled" not in last
    assert (row_of(relay_).gap, gaps(relay_)) == (False, 1)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (change(1, None, 1), change(3, None, 5), {"operation": "remove", "key": {"id": "a"}}),
        (
            change(1, 1, None),
            change(3, 2, 3),
            {"operation": "insert", "key": {"id": "a"}, "after": {"id": "a", "n": 2}},
        ),
        (
            change(1, None, 1),
            change(3, 2, None),
            {"operation": "modify", "key": {"id": "a"}, "after": {"id": "a", "n": 2}},
        ),
    ],
    ids=["remove", "insert", "modify of an unknown before"],
)
def test_the_missing_step_shows_what_is_known_and_no_more(first: Any, then: Any, expected: Any) -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit")
    handle(relay_, first)
    handle(relay_, then)
    assert bodies(sink)[1]["data"] == expected


def test_the_sequence_of_a_missing_step_sorts_between_its_neighbours() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit")
    handle(relay_, change(9, None, 1))
    handle(relay_, change(11, 2, 3), change(13, 4, 5))
    sequences = [body["sequence"] for body in bodies(sink)]
    assert len(sequences) == 5
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == 5


def test_the_id_of_a_missing_step_is_the_same_whenever_it_is_published_and_another_after_that() -> None:
    ids = []
    for _ in range(2):
        sink = ScriptedSink()
        relay_ = bridge(sink, heal="emit")
        handle(relay_, change(1, None, 1))
        handle(relay_, change(3, 2, 1))
        handle(relay_, change(5, 2, 1))
        ids.append([body["id"] for body in bodies(sink) if "reconciled" in body])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_a_missing_step_that_cannot_be_published_leaves_a_marked_gap_and_the_change_is_published() -> None:
    def refuse(data: dict[str, Any]) -> None:
        if data.get("after", {}).get("n") == 2:
            raise EventInvalid("/after/n: not 2")

    for rules in (rule(validate=refuse), rule(changed=["/n"])):
        sink = ScriptedSink()
        relay_ = bridge(sink, published(rules), heal="emit")
        handle(relay_, change(1, None, 1))
        assert handle(relay_, change(3, 2, 3)).published == 1
        assert [body.get("gap") for body in bodies(sink)] == [None, True]
        assert row_of(relay_).gap


def test_the_missing_step_is_published_even_where_the_change_itself_has_no_event() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, published(rule(operations=frozenset({"modify"}))), heal="emit")
    handle(relay_, change(1, None, 1))
    assert handle(relay_, change(3, 2, None)).published == 1
    assert [body["data"]["operation"] for body in bodies(sink)] == ["modify"]


def test_when_the_missing_step_fails_at_the_sink_the_change_waits_for_it() -> None:
    def fails(event: Any) -> BridgeError | None:
        return SinkUnavailable("throttled") if event.record_id.startswith("reconciled-") else None

    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit")
    handle(relay_, change(1, None, 1))
    sink.fails = fails
    assert handle(relay_, change(3, 2, 3)).returned == 1
    assert len(sink.accepted) == 1
    del sink.fails
    handle(relay_, change(3, 2, 3))
    assert [body.get("reconciled") for body in bodies(sink)] == [None, True, None]


def test_a_missing_step_shows_no_secret_and_hashes_a_kept_one_once() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, published(redact=REDACTION), heal="emit", keep="image")
    handle(relay_, change(1, None, {"id": "a", "email": "s3cret", "n": 1}))
    third = {"id": "a", "email": "s3cret", "n": 3}
    handle(relay_, change(3, {"id": "a", "email": "s3cret", "n": 2}, third))
    step = bodies(sink)[1]
    assert [entry["path"] for entry in step["data"]["changes"]] == ["/n"]
    assert {body["data"]["after"]["email"] for body in bodies(sink)} == {step["data"]["before"]["email"]}
    assert "s3cret" not in repr(bodies(sink))


# --- names of changed attributes where there is no before image --------------------------------------


def test_with_kept_fields_a_new_image_stream_names_what_changed() -> None:
    for keep in ("fields", "image"):
        sink = ScriptedSink()
        relay_ = bridge(sink, keep=keep)
        handle(relay_, new_image(1, {"id": "a", "n": 1, "old": 1}, op="insert"))
        handle(
            relay_, new_image(2, {"id": "a", "n": 2, "new": 1}), new_image(3, {"id": "a", "n": 3, "new": 1})
        )
        assert [body["data"].get("changes") for body in bodies(sink)] == [
            None,
            [
                {"path": "/n", "op": "replace", "after": 2},
                {"path": "/new", "op": "add", "after": 1},
                {"path": "/old", "op": "remove"},
            ],
            [{"path": "/n", "op": "replace", "after": 3}],
        ]


def test_with_kept_fields_a_rule_on_changed_attributes_works_without_before_images() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, published(rule(operations=frozenset({"modify"}), changed=["/n"])), keep="fields")
    handle(relay_, new_image(1, {"id": "a", "n": 1}, op="insert"))
    outcome = handle(
        relay_, new_image(2, {"id": "a", "n": 1, "x": 1}), new_image(3, {"id": "a", "n": 2, "x": 1})
    )
    assert (outcome.published, outcome.reasons["without_event"]) == (1, {"no_matching_type": 1})


def test_with_kept_fields_a_change_of_ignored_attributes_has_no_event() -> None:
    relay_ = bridge(ScriptedSink(), published(ignore=(("seen",),)), keep="fields")
    handle(relay_, new_image(1, {"id": "a", "seen": 1}, op="insert"))
    assert handle(relay_, new_image(2, {"id": "a", "seen": 2})).reasons == {"without_event": {"unchanged": 1}}


class _Current:
    """A fetcher that returns the current item."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {}

    def fetch(self, table: str, keys: Any, deadline: Deadline) -> dict[str, Any]:
        return {name: item(self.now) for name in keys}


def test_with_kept_fields_a_fetched_item_names_what_changed_since_it_was_published() -> None:
    sink, current = ScriptedSink(), _Current()
    relay_ = replace(bridge(sink, replace(published(), fetch=True), keep="fields"), fetcher=current)
    for seq, now in enumerate([{"id": "a", "n": 1}, {"id": "a", "n": 2}, {"id": "a", "n": 2}], 1):
        current.now = now
        handle(relay_, change(seq, op="insert" if seq == 1 else "modify", view="KEYS_ONLY"))
    assert [body["data"].get("changes") for body in bodies(sink)] == [
        None,
        [{"path": "/n", "op": "replace"}],
        None,  # it may have changed and changed back
    ]


def test_without_a_row_the_changes_stay_unknown() -> None:
    sink = ScriptedSink()
    handle(bridge(sink, keep="fields"), new_image(2, {"id": "a", "n": 2}))
    assert "changes" not in bodies(sink)[0]["data"]


# --- redriven --------------------------------------------------------------------------------------


def test_a_redriven_change_is_published_once_and_marked_and_moves_nothing_backwards() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink)
    handle(relay_, change(1, None, 1), change(3, 2, 3))
    before = row_of(relay_)
    batch = [change(1, None, 1), change(2, 1, 2), change(3, 2, 3)]
    outcome = handle(relay_, *batch, redriven=True)
    assert (outcome.published, outcome.without_event) == (1, 2)
    assert bodies(sink)[-1]["redriven"] is True
    assert bodies(sink)[-1]["sequence"] == f"{LABEL}/{2:040}"
    assert "gap" not in bodies(sink)[-1]
    after = row_of(relay_)
    assert replace(after, recent=()) == replace(before, recent=())
    assert handle(relay_, *batch, redriven=True).reasons == {"without_event": {"duplicate": 3}}


def test_a_redrive_never_overwrites_what_the_live_stream_settled_meanwhile() -> None:
    peer = DynamoDbClient()
    ledger = ledger_on(peer)
    live = bridge(ScriptedSink(), ledger=ledger)
    handle(live, change(5, None, 5))

    def meanwhile(event: Any) -> None:
        handle(live, change(6, 5, 6))

    redrive = bridge(ScriptedSink(fails=acts(meanwhile)), ledger=ledger)
    assert handle(redrive, change(2, 1, 2), redriven=True).published == 1
    row = row_of(redrive)
    assert row.position.number == 6
    assert row.fingerprint == fingerprint({"id": "a", "n": 6})
    assert {int(each.rpartition("/")[2]) for each in row.recent} == {2, 5, 6}


def test_a_redriven_change_newer_than_its_row_is_settled_like_any_other() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1))
    handle(relay_, change(2, 1, 2), redriven=True)
    assert row_of(relay_).position.number == 2
    assert handle(relay_, change(2, 1, 2)).reasons == {"without_event": {"duplicate": 1}}


def test_a_quarantined_change_can_be_redriven() -> None:
    def refuse(data: dict[str, Any]) -> None:
        raise EventInvalid("/n: too small")

    ledger, sink = MemoryLedger(), ScriptedSink()
    handle(bridge(sink, published(rule(validate=refuse)), ledger=ledger), change(1, None, 1))
    fixed = bridge(sink, ledger=ledger)
    assert handle(fixed, change(1, None, 1), redriven=True).published == 1
    assert (row_of(fixed).live, row_of(fixed).fingerprint) == (True, fingerprint({"id": "a", "n": 1}))


# --- reconciled ------------------------------------------------------------------------------------


def reconciled(relay_: Relay, n: int, as_of: str, *, live: bool = True) -> None:
    """What a reconciliation leaves that read the item at ``as_of``."""
    state = fingerprint({"id": "a", "n": n}) if live else ""
    known = row_of(relay_)
    new = replace(known, fingerprint=state, live=live, settled_by="reconcile", as_of=as_of)
    assert relay_.ledger.settle_if(new, known)


@pytest.mark.parametrize(
    ("n", "as_of", "published"),
    [(2, at(1.5), 0), (2, at(1), 1), (2, at(0), 1), (2, "", 1), (3, at(60), 1)],
    ids=["certain", "within the rounding", "younger than the read", "unknown time", "another state"],
)
def test_a_late_record_is_suppressed_only_if_a_reconciliation_certainly_published_its_state(
    n: int, as_of: str, published: int
) -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1))
    reconciled(relay_, n, as_of)
    outcome = handle(relay_, change(2, 1, 2))
    assert outcome.published == published
    if not published:
        assert outcome.reasons == {"without_event": {"reconciled": 1}}
    assert row_of(relay_).position.number == 2


def seeded(relay_: Relay, n: int, as_of: str, position: Position = NEVER) -> None:
    """What a seed or a backfill leaves that read the item at ``as_of``."""
    state = fingerprint({"id": "a", "n": n})
    row = Row(KEY, position, True, "Users", item({"id": "a"}), state, settled_by="snapshot", as_of=as_of)
    relay_.ledger.settle([row])


@pytest.mark.parametrize("redriven", [False, True])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("heal", ["report", "emit"])
def test_what_is_certainly_older_than_the_read_of_a_seed_or_backfill_is_not_published_whatever_its_state(
    heal: Heal, together: bool, redriven: bool
) -> None:
    relay_ = bridge(ScriptedSink(), heal=heal)
    seeded(relay_, 9, at(60))
    records = [change(1, None, 1), change(2, 1, None), change(3, None, 4)]
    deadline = Deadline.after(relay_.clock, 60)
    for batch in [records] if together else [[record] for record in records]:
        outcome = relay_.handle(batch, deadline, redriven=redriven)
        assert outcome.reasons == {"without_event": {"seeded": len(batch)}}
    assert gaps(relay_) == 0
    row = row_of(relay_)
    assert (row.live, row.fingerprint) == (True, fingerprint({"id": "a", "n": 9})), "the newer state stays"
    assert (row.settled_by, row.as_of) == ("snapshot", at(60))
    assert row.position.number == 3, "a re-emission sorts after what subscribers may hold of these records"


@pytest.mark.parametrize("ledger", [MemoryLedger(), ledger_on(DynamoDbClient())])
def test_a_row_that_seed_wrote_again_suppresses_nothing_because_nothing_was_published(ledger: Any) -> None:
    relay_ = bridge(ScriptedSink(), ledger=ledger)
    seeded(relay_, 9, at(60), Position(LABEL, 1))
    (row,) = ledger.read([KEY]).values()
    ledger.settle([replace(row, refreshed=True)])
    assert handle(relay_, change(2, 1, 2)).published == 1
    assert gaps(relay_) == 0


@pytest.mark.parametrize("as_of", [at(1), at(0), ""], ids=["within the rounding", "younger", "unknown"])
def test_what_may_be_newer_than_the_read_of_a_seed_is_published(as_of: str) -> None:
    relay_ = bridge(ScriptedSink())
    seeded(relay_, 2, as_of)
    assert handle(relay_, change(2, 1, 2)).published == 1
    assert gaps(relay_) == 0


def test_a_redriven_change_that_sorts_before_a_snapshot_is_still_published() -> None:
    """Its event cannot undo the snapshot, and somebody asked for it."""
    relay_ = bridge(ScriptedSink())
    seeded(relay_, 9, at(60), Position(LABEL, 5))
    outcome = relay_.handle([change(2, 1, 2)], Deadline.after(relay_.clock, 60), redriven=True)
    assert outcome.published == 1


def test_a_malformed_change_after_a_reconciliation_is_quarantined_like_any_other() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1))
    reconciled(relay_, 2, at(60))
    poison = change(2, 1, 2)
    poison["dynamodb"]["NewImage"]["bad"] = {"S": "\ud800"}
    assert handle(relay_, poison, change(3, 2, 3)).quarantined == 1


def test_a_late_remove_that_a_reconciliation_published_is_suppressed_too() -> None:
    relay_ = bridge(ScriptedSink())
    handle(relay_, change(1, None, 1))
    reconciled(relay_, 0, at(5), live=False)
    assert handle(relay_, change(2, 1, None)).reasons == {"without_event": {"reconciled": 1}}


@pytest.mark.parametrize("together", [True, False])
def test_after_an_older_state_was_published_the_reconciled_state_is_published_again(together: bool) -> None:
    """Subscribers apply by sequence: 2 would undo what the reconciliation published, 3 corrects it."""
    sink = ScriptedSink()
    relay_ = bridge(sink)
    handle(relay_, change(1, None, 1))
    reconciled(relay_, 3, at(5))
    late = [change(2, 1, 2), change(3, 2, 3)]
    for batch in [late] if together else [[each] for each in late]:
        handle(relay_, *batch)
    assert [body["data"]["after"]["n"] for body in bodies(sink)] == [1, 2, 3]
    assert gaps(relay_) == 0


def test_a_change_after_the_reconciliation_continues_from_what_it_published() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit")
    handle(relay_, change(1, None, 1))
    reconciled(relay_, 2, at(5))
    handle(relay_, change(3, 2, 3, time=TIME + timedelta(seconds=10)))
    assert gaps(relay_) == 0
    handle(relay_, change(5, 4, 5, time=TIME + timedelta(seconds=11)))
    assert gaps(relay_) == 1


def test_a_step_missing_after_a_reconciliation_sorts_after_what_it_published() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, heal="emit")
    handle(relay_, change(1, None, 1))
    reconciled(relay_, 2, at(5.5))
    handle(relay_, change(4, 3, 4, time=TIME + timedelta(seconds=7)))
    published_by_run, step = f"{LABEL}/{1:040}~{at(5.5)}", bodies(sink)[1]["sequence"]
    assert published_by_run < step < bodies(sink)[2]["sequence"]


def test_a_new_stream_continues_the_history_of_the_old_one() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink)
    handle(relay_, change(500, None, 1))
    arn = STREAM_ARN.replace("2026-11-01", "2026-11-02")
    handle(relay_, change(1, 2, 3, stream_arn=arn))
    assert [body.get("gap") for body in bodies(sink)] == [None, True]
    assert handle(relay_, change(501, 1, 2)).reasons == {"without_event": {"duplicate": 1}}


# --- the time there is ------------------------------------------------------------------------------


def test_the_ledger_is_asked_within_the_invocations_time_and_settling_has_at_least_a_second() -> None:
    class Asked(MemoryLedger):
        times: list[float | None]

        def read(self, keys: Any, deadline: Deadline | None = None) -> Any:
            self.times = [None if deadline is None else deadline.remaining_s()]
            return super().read(keys)

        def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
            self.times.append(None if deadline is None else deadline.remaining_s())
            return super().settle(rows)

    ledger = Asked()
    relay_ = bridge(ScriptedSink(), ledger=ledger)
    relay_.handle([change(1, None, 1)], Deadline.after(relay_.clock, 30))
    assert ledger.times == [30, 30]
    relay_.handle([change(2, 1, 2)], Deadline.after(relay_.clock, 0.2))
    assert ledger.times == [pytest.approx(0.2), 1.0]
