"""``fetch: current``: the current item, marked as such, for streams without both images."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from bridge.consumer import supersedes
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_fingerprint
from bridge.core.jsonpath import parse_path
from bridge.core.keys import key_token
from bridge.core.mapping.language import compile_mapping
from bridge.core.mapping.project import getter_of
from bridge.core.redact import RedactRule
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import AccessDenied, LedgerUnavailable
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.records import item, lambda_record
from tests.fakes.clients.table import TableClient, throttled
from tests.fakes.sink import ScriptedSink


class Crashing(MemoryLedger):
    """The process dies before it settles anything."""

    def settle(self, rows: Any, deadline: Any = None) -> set[str]:
        raise LedgerUnavailable("gone")


def fetching(**parts: Any) -> Table:
    return replace(table(*parts.pop("rules", ()), **parts), fetch=True)


def bridge(client: TableClient, *tables: Table) -> tuple[Relay, ScriptedSink]:
    sink = ScriptedSink()
    made = relay(sink, tables=tables or (fetching(),))
    return replace(made, fetcher=TableFetcher(client, Backoff(random.Random(7)))), sink


def keys_only(key: str, seq: int, op: Any = "modify") -> dict[str, Any]:
    return lambda_record(op=op, key={"id": key}, seq=seq, view="KEYS_ONLY")


def published(sink: ScriptedSink) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in sink.accepted]


def test_a_fetched_item_is_published_as_current_and_never_as_an_image_of_the_change() -> None:
    made, sink = bridge(TableClient({"id": "a", "plan": "pro"}))
    handle(made, keys_only("a", 1))
    (event,) = published(sink)
    assert event["fetched"] is True
    assert event["data"] == {
        "operation": "modify",
        "key": {"id": "a"},
        "fetched": True,
        "current": {"id": "a", "plan": "pro"},
    }


def test_an_item_that_is_read_again_after_a_crash_is_another_event_that_sorts_after_the_first() -> None:
    """One id, one content: subscribers hold what the ledger settled, in whatever order the two arrive."""
    client = TableClient({"id": "a", "plan": "free"})
    made, sink = bridge(client, replace(fetching(), fingerprint=compile_fingerprint(b"k")))
    crashing = replace(made, ledger=Crashing())
    with pytest.raises(LedgerUnavailable):
        handle(crashing, keys_only("a", 1))
    client.items = [item({"id": "a", "plan": "pro"})]
    made.clock.sleep(1)
    handle(made, keys_only("a", 1))
    handle(made, keys_only("a", 1))  # settled
    first, second = published(sink)
    assert first["id"] != second["id"]
    assert supersedes(second, first)
    assert first["causationid"] == second["causationid"] == "event-1"
    assert second["data"]["current"]["plan"] == "pro"
    (row,) = made.ledger.read([key_token("Users", item({"id": "a"}))]).values()
    assert row.fingerprint == compile_fingerprint(b"k")(item({"id": "a", "plan": "pro"}))


def test_the_next_change_sorts_after_every_read_of_the_one_before_it() -> None:
    made, sink = bridge(TableClient({"id": "a"}))
    handle(made, keys_only("a", 1))
    made.clock.sleep(100)
    handle(made, keys_only("a", 2))
    first, second = published(sink)
    assert supersedes(second, first)


def test_an_item_gone_by_then_is_published_as_fetched_without_current() -> None:
    made, sink = bridge(TableClient())
    handle(made, keys_only("a", 1, op="insert"))
    (event,) = published(sink)
    assert event["data"] == {"operation": "insert", "key": {"id": "a"}, "fetched": True}


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("NEW_IMAGE", {"after": {"id": "a", "plan": "free"}}),
        ("OLD_IMAGE", {"before": {"id": "a", "plan": "free"}}),
    ],
)
def test_an_image_that_the_stream_has_stays_and_is_not_compared_with_the_current_item(
    view: str, images: dict[str, Any]
) -> None:
    made, sink = bridge(TableClient({"id": "a", "plan": "pro"}))
    handle(made, lambda_record(op="modify", key={"id": "a"}, view=view, **images))
    (event,) = published(sink)
    assert event["data"] == {
        "operation": "modify",
        "key": {"id": "a"},
        **images,
        "fetched": True,
        "current": {"id": "a", "plan": "pro"},
    }


def test_changes_of_one_key_share_a_read_and_a_batch_shares_its_calls() -> None:
    client = TableClient(*({"id": f"k{n}"} for n in range(50)))
    made, sink = bridge(client)
    handle(made, *(keys_only(f"k{n % 50}", n) for n in range(100)))
    assert [len(call) for call in client.asked] == [50]
    assert {bool(event["data"]["current"]) for event in published(sink)} == {True}


def test_nothing_is_read_for_what_needs_no_reading() -> None:
    """A table that does not ask for it, a remove, both images in the stream, a type that nobody wants, a
    record that the filter drops, a change that is settled already."""
    client = TableClient({"id": "a"})
    only_inserts = rule(operations=frozenset({"insert"}))
    made, _ = bridge(client, fetching(accepts=lambda record: record["dynamodb"]["Keys"]["id"]["S"] != "no"))
    handle(made, keys_only("a", 1, op="remove"), keys_only("no", 2))
    handle(made, lambda_record(op="insert", key={"id": "a"}, after={"id": "a"}, seq=3))
    handle(bridge(client, fetching(rules=(only_inserts,)))[0], keys_only("a", 1))
    handle(bridge(client, table())[0], keys_only("a", 1))
    assert client.asked == []
    handle(made, keys_only("a", 4))
    handle(made, keys_only("a", 4))
    assert len(client.asked) == 1


def test_a_change_whose_item_could_not_be_read_is_returned_with_its_keys_later_changes() -> None:
    client = TableClient({"id": "a"}, {"id": "b"})
    client.takes = lambda call: 1 if call == 0 else 0
    made, sink = bridge(client)
    outcome = handle(made, keys_only("a", 1), keys_only("b", 2), keys_only("b", 3), keys_only("a", 4))
    assert outcome.returned_numbers == ("2", "3")
    assert outcome.reasons["returned"] == {"fetch_unavailable": 2}
    assert [event["data"]["key"]["id"] for event in published(sink)] == ["a", "a"]


def test_a_throttled_table_returns_everything_and_publishes_nothing_without_current() -> None:
    client = TableClient({"id": "a"})
    client.fail = lambda operation, call: throttled()
    made, sink = bridge(client)
    assert handle(made, keys_only("a", 1)).returned == 1
    assert published(sink) == []


def test_access_denied_fails_the_batch() -> None:
    client = TableClient({"id": "a"})
    client.denied = True
    made, sink = bridge(client)
    with pytest.raises(AccessDenied):
        handle(made, keys_only("a", 1))
    assert published(sink) == []


def test_redaction_reaches_the_current_item_too() -> None:
    rules = (
        RedactRule(parse_path("$.secret"), "drop"),
        RedactRule(parse_path("$.name"), "mask"),
    )
    made, sink = bridge(TableClient({"id": "a", "secret": "s3cret", "name": "Ada"}), fetching(redact=rules))
    handle(made, keys_only("a", 1))
    (event,) = published(sink)
    assert event["data"]["current"] == {"id": "a", "name": "***"}
    assert "s3cret" not in json.dumps(event)


def test_a_mapping_reaches_the_current_item_and_the_event_is_marked_all_the_same() -> None:
    project = compile_mapping(
        {"plan": "$.current.plan", "first": "$.current.tags[0]", "all": "$.current"}, getter_of
    )
    made, sink = bridge(
        TableClient({"id": "a", "plan": "pro", "tags": ["x"]}), fetching(rules=(rule(project=project),))
    )
    handle(made, keys_only("a", 1), keys_only("gone", 2))
    first, gone = published(sink)
    assert first["data"] == {
        "plan": "pro",
        "first": "x",
        "all": {"id": "a", "plan": "pro", "tags": ["x"]},
    }
    assert gone["data"] == {}
    assert first["fetched"] is gone["fetched"] is True


def test_an_illegal_key_is_quarantined_and_not_asked_for() -> None:
    client = TableClient({"id": "a"})
    made, sink = bridge(client)
    bad = keys_only("b", 2)
    bad["dynamodb"]["Keys"] = {"id": {"N": "seven"}}
    outcome = handle(made, keys_only("a", 1), bad)
    assert (outcome.published, outcome.quarantined) == (1, 1)
    assert isinstance(made.quarantine, MemoryQuarantine)
    assert made.quarantine.entries()[0].record == bad
    assert len(client.asked) == 1
    assert len(published(sink)) == 1
