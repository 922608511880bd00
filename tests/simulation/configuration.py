"""The bridge's configuration in the simulation, and what each change must become under it.

It is a bridge.yaml, compiled by the product. Two types: every change of an item (to ``domain`` and the FIFO
topic), and a change of its plan (to ``domain`` and ``billing``) in two majors, the older one made from the
newer one. Changes of ``seen`` alone are ignored, items whose key begins with ``f`` are filtered out. Of an
item the attribute ``secret`` is dropped and the address in ``contact`` is hashed. An item is poison in one of
three ways: refused by its schema, a number that is none, an event too large for a bus without a claim check.
"""

from __future__ import annotations

import hmac
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
from tests.simulation.schemas import CHANGED as CHANGED
from tests.simulation.schemas import PLAN as PLAN
from tests.simulation.schemas import DeployKind, schema_set
from tests.simulation.world import TABLE, Image, Written

DOMAIN, BILLING, TOPIC = "domain", "billing", "topic"
LedgerKind = Literal["none", "memory", "dynamodb"]
SINKS = (DOMAIN, BILLING, TOPIC)
TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:items.fifo"
LEDGER_TABLE = "ledger"
EVENT_MAX_BYTES = 3000
SECRET = b"simulation"
_PII_KEY = b"of the simulation"

PLAIN = "PLAIN-TEXT"
"""Stands in every value that redaction must keep in."""

NOT_A_NUMBER = {"nan": Decimal("NaN")}
TOO_LARGE = {"big": "x" * EVENT_MAX_BYTES}
REFUSED = {"v": "refused"}
BULKY = {"bulk": "y" * EVENT_MAX_BYTES}
"""Too large for every sink, and published by claim check: written only where there is one."""


def configuration(
    deploy: DeployKind = "good",
    *,
    ledger: LedgerKind = "memory",
    keep: Keep = "fields",
    heal: Heal = "report",
    claim_check: bool = False,
) -> Configuration:
    """bridge.yaml read and compiled, as a deployment does."""
    settings = _settings(ledger, keep, heal, claim_check)
    return Configuration(settings, schema_set(deploy), _tables(deploy, keeps=ledger != "none"))


@lru_cache
def _tables(deploy: DeployKind, *, keeps: bool) -> Mapping[str, Table]:
    """Nothing else of bridge.yaml is in them."""
    return compile_tables(
        _settings("memory" if keeps else "none", "fields", "report", False), schema_set(deploy)
    )


@lru_cache(maxsize=256)
def _settings(ledger: LedgerKind, keep: Keep, heal: Heal, claim_check: bool) -> Settings:
    document = {
        "version": 1,
        "source": "com.example.accounts",
        "hash_key": SECRET.decode(),
        "sinks": {
            DOMAIN: {"kind": "eventbridge", "bus": DOMAIN, "max_bytes": EVENT_MAX_BYTES},
            BILLING: {"kind": "eventbridge", "bus": BILLING, "max_bytes": EVENT_MAX_BYTES},
            TOPIC: {"kind": "sns", "topic": TOPIC_ARN, "max_bytes": EVENT_MAX_BYTES},
        },
        "ledger": _ledger(ledger, keep, heal),
        "quarantine": {"kind": "s3", "bucket": "quarantine"},
        **({"claim_check": {"bucket": "claims"}} if claim_check else {}),
        "tables": {TABLE: _TABLE},
    }
    return read_settings(json.dumps(document).encode(), "bridge.yaml", Path(), {})


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
        {"path": "$.contact.mail", "with": "hmac", "key": _PII_KEY.decode()},
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


def compiled_table(*, bad_deploy: bool, partial: bool = False) -> Table:
    """``bad_deploy``: schemas that no event satisfies; with ``partial`` some events do not."""
    deploy: DeployKind = "good" if not bad_deploy else "partial" if partial else "bad"
    return configuration(deploy).tables[TABLE]


Fate = Literal["events", "silent", "poison"]


def fate_of(written: Written) -> Fate:
    """What must become of a change once it is walked by a good deploy."""
    before, after = written.before, written.after
    if written.key[0] == "f" or (written.op == "modify" and visible(before) == visible(after)):
        return "silent"
    if is_poison(after) or (before is not None and ("nan" in before or "big" in before)):
        return "poison"
    return "events"


def is_poison(image: Image | None) -> bool:
    """Whether an item in this state can never become an event."""
    return image is not None and ("nan" in image or "big" in image or image["v"] == REFUSED["v"])


def event_ids(written: Written) -> dict[str, set[str]]:
    """The ids that each sink must have received of a change whose fate is events."""
    changed, plans = {f"{written.record_id}:{CHANGED}.v1"}, set()
    before, after = written.before, written.after
    if before is not None and after is not None and before.get("plan") != after.get("plan"):
        plans = {f"{written.record_id}:{PLAN}.v{major}" for major in (1, 2)}
    return {DOMAIN: changed | plans, BILLING: plans, TOPIC: changed}


def visible(image: Image | None) -> Image | None:
    """What subscribers can know of an item: its state without what the diff ignores, redacted."""
    if image is None:
        return None
    seen = {name: value for name, value in image.items() if name not in ("seen", "secret")}
    contact = seen.get("contact")
    if isinstance(contact, Mapping):
        seen["contact"] = {name: _redacted(value) for name, value in contact.items()}
    else:
        seen.pop("contact", None)  # not of the shape that the rule expects: dropped whole
    return seen


def _redacted(mail: str) -> str:
    if mail.startswith("hmac-sha256:"):
        return mail
    framed = b"S%d:%b" % (len(mail), mail.encode())
    return "hmac-sha256:" + hmac.new(_PII_KEY, framed, "sha256").hexdigest()
