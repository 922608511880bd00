"""What bridge.yaml says about the ledger is what is built and asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.core.events.translate import Table
from bridge.core.pattern.matching import looks_beyond_keys
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.dynamodb.ledger_row import partition_key
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.edges.local.memory import MemorySink
from bridge.errors import TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.telemetry import Silence
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.settings import Settings, read_settings
from bridge.settings.compiling.tables import compile_tables
from bridge.wiring.bridge import Configuration, build_ledger, build_relay, check_targets
from tests.builders.records import item, lambda_record
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.clock import FakeClock

CONFIG = """
version: 1
source: com.example.accounts
hash_key: "${{KEY}}"
sinks: {{out: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
{ledger}
tables:
  Users:
    subject: user/{{$.key.id}}
    filter: {filter}
    events: [{{type: com.example.user.created, op: insert, versions: ["1.0.0"]}}]
"""
KEYS_ONLY = '{dynamodb: {Keys: {id: {S: [{prefix: "u-"}]}}}}'


class _Anything:
    id = "https://schemas.example.com/any"

    def get(self, type_name: str, version: str) -> _Anything:
        return self

    def validate(self, data: Any) -> None:
        return


def settings(ledger: str = "", *, key: str = "k1", filter: str = KEYS_ONLY) -> Settings:
    text = CONFIG.format(ledger=ledger and f"ledger: {ledger}", filter=filter)
    return read_settings(text.encode(), "bridge.yaml", Path(), {"KEY": key})


def users(made: Settings) -> Table:
    return compile_tables(made, _Anything())["Users"]


def configuration(made: Settings) -> Configuration:
    return Configuration(made, SchemaSet({}), compile_tables(made, _Anything()))


def test_the_ledger_that_is_named_is_the_one_that_is_built() -> None:
    assert isinstance(build_ledger(settings()), NoLedger)
    assert isinstance(build_ledger(settings("{kind: none}")), NoLedger)
    memory = build_ledger(settings("{kind: memory, keep: image}"))
    assert isinstance(memory, MemoryLedger)
    assert memory.keep == "image"
    peer = DynamoDbClient("audit")
    ledger = build_ledger(settings("{kind: dynamodb, table: audit}"), lambda service: peer)
    assert isinstance(ledger, DynamoDbLedger)
    ledger.check()
    assert ledger.keep == "fingerprint"


def test_a_ledger_that_is_not_there_is_found_at_start_up() -> None:
    peer = DynamoDbClient("other")
    relay = build_relay(
        configuration(settings("{kind: dynamodb, table: audit}")), {}, Silence(), client=lambda service: peer
    )
    with pytest.raises(TargetMissing, match="ledger table audit does not exist"):
        check_targets(relay)


@pytest.mark.parametrize(
    ("ledger", "heal"),
    [
        ("", "off"),
        ("{kind: memory}", "report"),
        ("{kind: memory, heal: emit}", "emit"),
        ('{kind: memory, heal: "off"}', "off"),
    ],
)
def test_gaps_are_treated_as_bridge_yaml_says(ledger: str, heal: str) -> None:
    assert build_relay(configuration(settings(ledger)), {}, Silence()).heal == heal


def test_two_processes_with_one_hash_key_agree_on_fingerprints_and_others_do_not() -> None:
    state = item({"id": "u-1", "pin": 1234})

    def fingerprint(key: str) -> str:
        made = users(settings("{kind: dynamodb, table: audit}", key=key)).fingerprint
        assert made is not None
        return made(state)

    assert fingerprint("k1") == fingerprint("k1") != fingerprint("k2")


def test_without_a_ledger_tables_have_no_fingerprints() -> None:
    assert (users(settings()).fingerprint, users(settings()).field_hashes) == (None, None)


def test_a_change_ends_in_the_ledger_table_under_a_key_that_is_short_whatever_the_item_is_called() -> None:
    peer = DynamoDbClient("audit")
    made = configuration(settings("{kind: dynamodb, table: audit, keep: fields}"))
    clock = FakeClock()
    sinks = {"out": MemorySink(name="out")}
    relay = build_relay(made, sinks, Silence(), client=lambda service: peer, clock=clock)
    key = "u-" + "x" * 2000
    relay.handle([lambda_record(key={"id": key}, after={"id": key})], Deadline.after(clock, 60))
    ((pk, stored),) = peer.items.items()
    assert len(pk) == len("Users#") + 40
    assert pk == partition_key(f"Users\x1fid\x1fS\x1f{key}")
    assert {"pk", "v", "k", "s", "l", "f", "b", "a", "r", "h", "c"} == stored.keys()


@pytest.mark.parametrize(
    ("records", "reads", "writes"), [(1, 1, 1), (100, 1, 4), (101, 2, 5), (1_000, 10, 40)]
)
def test_a_batch_costs_one_read_for_100_keys_and_one_write_for_25(
    records: int, reads: int, writes: int
) -> None:
    peer = DynamoDbClient("audit")
    made = configuration(settings("{kind: dynamodb, table: audit, keep: fields}"))
    clock = FakeClock()
    sinks = {"out": MemorySink(name="out")}
    relay = build_relay(made, sinks, Silence(), client=lambda service: peer, clock=clock)
    batch = [lambda_record(key={"id": f"u{n}"}, after={"id": f"u{n}"}, seq=n) for n in range(records)]
    outcome = relay.handle(batch, Deadline.after(clock, 60))
    assert outcome.returned == 0
    assert peer.calls == {"BatchGetItem": reads, "BatchWriteItem": writes}


@pytest.mark.parametrize(
    ("pattern", "beyond"),
    [
        ({"dynamodb": {"Keys": {"id": {"S": ["a"]}}}}, False),
        ({"dynamodb": {"Keys": {"$or": [{"id": {"S": ["a"]}}, {"n": {"N": ["1"]}}]}}}, False),
        ({"eventSource": ["aws:dynamodb"], "dynamodb": {"Keys": {"id": {"S": ["a"]}}}}, False),
        ({"$or": [{"dynamodb": {"Keys": {"id": {"S": ["a"]}}}}, {"eventName": ["INSERT"]}]}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"userIdentity": {"type": ["Service"]}}, True),
        ({"dynamodb": {"NewImage": {"plan": {"S": ["pro"]}}}}, True),
        ({"dynamodb": {"dynamodb": {"Keys": {}}}}, True),
    ],
)
def test_a_filter_lets_an_items_changes_pass_or_not_all_alike_only_if_it_looks_at_keys(
    pattern: dict[str, Any], beyond: bool
) -> None:
    assert looks_beyond_keys([pattern]) == beyond


def test_behind_a_filter_over_more_than_keys_gaps_are_not_looked_for_and_check_says_so() -> None:
    wide = settings("{kind: memory}", filter="{dynamodb: {NewImage: {plan: {S: [pro]}}}}")
    assert not users(wide).sees_gaps
    assert any("gaps in an item's history" in str(problem) for problem in wide.warnings)
    assert users(settings("{kind: memory}")).sees_gaps
    assert settings("{kind: memory}").warnings == ()
