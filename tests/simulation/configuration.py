"""The bridge's configuration in the simulation, and what each change must become under it.

It is a bridge.yaml, compiled by the product. Two types: every change of an item (to ``domain`` and the FIFO
topic), and a change of its plan (to ``domain`` and ``billing``) in two majors, the older one made from the
newer one. Changes of ``seen`` alone are ignored, items whose key begins with ``f`` are filtered out. Of an
item the attribute ``secret`` is dropped and the address in ``contact`` is hashed. An item is poison in one of
three ways: refused by its schema, a number that is none, an event too large for a bus without a claim check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from bridge.core.events.translate import Table
from bridge.ports.ledger import Keep
from bridge.relay.settling import Heal
from bridge.settings import Settings, read_settings
from bridge.settings.compiling.tables import compile_tables
from bridge.wiring.bridge import Configuration
from tests.simulation.kinds import EXTRA, OTHER, PII_KEY, THING, WARE, Entities, Part
from tests.simulation.schemas import CHANGED as CHANGED
from tests.simulation.schemas import PLAN as PLAN
from tests.simulation.schemas import DeployKind, schema_set
from tests.simulation.world import TABLE

DOMAIN, BILLING, TOPIC = "domain", "billing", "topic"
LedgerKind = Literal["none", "memory", "dynamodb"]
Billing = Literal["classic", "v2", "raw"]
"""The sink ``billing``: a bus with rules, or a new one, with or without the envelope."""
BUS_V2_ARN = "arn:aws:events:eu-central-1:123456789012:event-busv2/billing/abcdefghijklmnopqrstuvwx1"
SINKS = (DOMAIN, BILLING, TOPIC)
TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:items.fifo"
LEDGER_TABLE = "ledger"
EVENT_MAX_BYTES = 3000
SECRET = b"simulation"

PLAIN = "PLAIN-TEXT"
"""Stands in every value that redaction must keep in."""

NOT_A_NUMBER = {"nan": Decimal("NaN")}
TOO_LARGE = {"big": "x" * EVENT_MAX_BYTES}
BULKY = {"bulk": "y" * EVENT_MAX_BYTES}
"""Too large for every sink, and published by claim check: written only where there is one."""


def configuration(
    deploy: DeployKind = "good",
    *,
    ledger: LedgerKind = "memory",
    keep: Keep = "fields",
    heal: Heal = "report",
    claim_check: bool = False,
    entities: Entities = "none",
    billing: Billing = "classic",
) -> Configuration:
    """bridge.yaml read and compiled, as a deployment does."""
    settings = _settings(ledger, keep, heal, claim_check, entities, billing)
    tables = _tables(deploy, entities, keeps=ledger != "none")
    return Configuration(settings, schema_set(deploy), tables)


@lru_cache
def _tables(deploy: DeployKind, entities: Entities, *, keeps: bool) -> Mapping[str, Table]:
    """Nothing else of bridge.yaml is in them."""
    ledger: LedgerKind = "memory" if keeps else "none"
    return compile_tables(_settings(ledger, "fields", "report", False, entities), schema_set(deploy))


@lru_cache(maxsize=256)
def _settings(
    ledger: LedgerKind,
    keep: Keep,
    heal: Heal,
    claim_check: bool,
    entities: Entities,
    billing: Billing = "classic",
) -> Settings:
    document = document_of(ledger, keep, heal, claim_check, entities, billing)
    return read_settings(json.dumps(document).encode(), "bridge.yaml", Path(), {})


def document_of(
    ledger: LedgerKind,
    keep: Keep,
    heal: Heal,
    claim_check: bool,
    entities: Entities,
    billing: Billing = "classic",
) -> dict[str, Any]:
    """bridge.yaml, as data."""
    bus: dict[str, Any] = {"kind": "eventbridge", "bus": BILLING}
    if billing != "classic":
        bus = {"kind": "eventbridge_v2", "bus": BUS_V2_ARN, "raw": billing == "raw"}
    return {
        "version": 1,
        "source": "com.example.accounts",
        "hash_key": SECRET.decode(),
        "sinks": {
            DOMAIN: {"kind": "eventbridge", "bus": DOMAIN, "max_bytes": EVENT_MAX_BYTES},
            BILLING: {**bus, "max_bytes": EVENT_MAX_BYTES},
            TOPIC: {"kind": "sns", "topic": TOPIC_ARN, "max_bytes": EVENT_MAX_BYTES},
        },
        "ledger": _ledger(ledger, keep, heal),
        "quarantine": {"kind": "s3", "bucket": "quarantine"},
        **({"claim_check": {"bucket": "claims"}} if claim_check else {}),
        "tables": {TABLE: _TABLE if entities == "none" else _single_table(entities)},
    }


def _ledger(kind: str, keep: Keep, heal: Heal) -> Mapping[str, Any]:
    if kind == "none":
        return {"kind": "none"}
    table = {"table": LEDGER_TABLE} if kind == "dynamodb" else {}
    return {"kind": kind, "keep": keep, "heal": heal, **table}


_TABLE: Mapping[str, Any] = {
    "subject": "item/{$.key.id}",
    "filter": {"dynamodb": {"Keys": {"id": {"S": [{"anything-but": {"prefix": "f"}}]}}}},
    "diff": {"ignore": ["/seen"]},
    "redact": [
        {"path": "$.secret", "with": "drop"},
        {"path": "$.contact.mail", "with": "hmac", "key": PII_KEY.decode()},
    ],
    "events": [
        {
            "type": CHANGED,
            "op": ["insert", "modify", "remove"],
            "versions": ["1.0.0"],
            "sink": [DOMAIN, TOPIC],
        },
        {
            "type": PLAN,
            "op": "modify",
            "when": {"changed": ["/plan"]},
            "versions": [
                {
                    "schema": "2.0.0",
                    "data": {
                        "id": "$.key.id",
                        "was": "$.before.plan",
                        "plan": "$.after.plan",
                        "after": "$.after",
                    },
                },
                {
                    "schema": "1.0.0",
                    "from": "2.0.0",
                    "data": {
                        "operation": "modify",
                        "key": {"id": "$.id"},
                        "before": {"plan": "$.was"},
                        "after": "$.after",
                    },
                },
            ],
            "sink": [DOMAIN, BILLING],
        },
    ],
}


def _single_table(other: Entities) -> Mapping[str, Any]:
    """The same rules for each of three kinds of items; of one of them a note is redacted, too."""
    defaults = {name: value for name, value in _TABLE.items() if name not in ("subject", "events")}
    events = _TABLE["events"]
    return {
        **defaults,
        "other": other,
        "entities": {
            THING: {
                "key": {"id": "k{n}"},
                "where": {"kind": [THING]},
                "subject": "thing/k{n}",
                "partitionkey": "{n}",
                "events": events,
            },
            WARE: {
                "key": {"id": "k{n}"},
                "where": {"kind": [WARE]},
                "subject": "ware/k{n}",
                "redact": [{"path": "$.note", "with": "drop"}],
                "events": events,
            },
            EXTRA: {"key": {"id": "e{n}"}, "subject": "extra/e{n}", "events": events},
        },
    }


def compiled_table(entities: Entities) -> Table:
    return configuration("good", entities=entities).tables[TABLE]


def event_ids(part: Part) -> dict[str, set[str]]:
    """The ids that each sink must have received of a part whose fate is events."""
    if part.kind == OTHER:
        return {DOMAIN: set(), BILLING: set(), TOPIC: set()}
    changed, plans = {f"{part.id}:{CHANGED}.v1"}, set()
    before, after = part.before, part.after
    if before is not None and after is not None and before.get("plan") != after.get("plan"):
        plans = {f"{part.id}:{PLAN}.v{major}" for major in (1, 2)}
    return {DOMAIN: changed | plans, BILLING: plans, TOPIC: changed}
