"""A table that holds users, orders and their items, as a compiled configuration for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.core.change import Change
from bridge.core.events.translate import Table
from bridge.core.records.decode import decode
from bridge.settings import Settings, read_settings
from bridge.settings.compiling.tables import compile_tables
from tests.builders.records import lambda_record

STREAM_ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/app-main/stream/2026-11-01T10:00:00.000"

CONFIG = """
version: 1
source: com.example.shop
sinks: {domain: {kind: memory}}
ledger: {kind: memory}
quarantine: {kind: directory, path: quarantine}
hash_key: "${KEY}"
tables:
  app:
    name: app-main
    owner: {team: shop}
    redact: [{path: $.password, with: drop}]
    entities:
      user:
        key: {PK: "USER#{userId}", SK: PROFILE}
        subject: user/{userId}
        owner: {team: identity}
        redact: [{path: $.email, with: mask}]
        events:
          - {type: com.example.user.created, op: insert, versions: ["1.0.0"]}
          - {type: com.example.user.changed, op: modify, versions: ["1.0.0"]}
          - {type: com.example.user.deleted, op: remove, versions: ["1.0.0"]}
      cart:
        key: {PK: "USER#{userId}", SK: "ORDER#{orderId}"}
        where: {status: [open]}
        subject: cart/{userId}/{orderId}
        diff: {ignore: [/seen]}
        events:
          - {type: com.example.cart.changed, op: [insert, modify], versions: ["1.0.0"]}
          - {type: com.example.cart.closed, op: remove, versions: ["1.0.0"]}
      order:
        key: {PK: "USER#{userId}", SK: "ORDER#{orderId}"}
        where: {status: [placed, paid]}
        subject: order/{userId}/{orderId}
        partitionkey: "{userId}"
        events:
          - type: com.example.order.placed
            op: insert
            versions:
              - {schema: "1.0.0", data: {order: $.id.orderId, user: $.id.userId, total: $.after.total}}
          - {type: com.example.order.changed, op: modify, versions: ["1.0.0"]}
          - {type: com.example.order.deleted, op: remove, versions: ["1.0.0"]}
"""


class AnySchema:
    """Accepts everything."""

    id = "https://schemas.example.com/any/1.0.0.json"

    def validate(self, data: Any) -> None:
        """Everything is valid."""


class AnySchemas:
    def get(self, type_name: str, version: str, /) -> AnySchema:
        return AnySchema()


def settings(config: str = CONFIG) -> Settings:
    return read_settings(config.encode(), "bridge.yaml", Path(), {"KEY": "secret"})


def tables(config: str = CONFIG) -> dict[str, Table]:
    return compile_tables(settings(config), AnySchemas())


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"PK": pk, "SK": sk}


def change(number: int, item: dict[str, Any], before: dict[str, Any] | None, after: Any, **parts: Any) -> Any:
    """A stream record of the item with the key ``item``."""
    op = "insert" if before is None else "remove" if after is None else "modify"
    return lambda_record(
        stream_arn=STREAM_ARN,
        op=parts.pop("op", op),
        key=item,
        before=None if before is None else {**item, **before},
        after=None if after is None else {**item, **after},
        seq=number,
        event_id=f"e{number}",
        **parts,
    )


def seen(item: dict[str, Any], before: Any, after: Any, view: str) -> Change:
    """The change as a stream with this view shows it."""
    made = decode(change(1, item, before, after))
    return made._replace(
        view=view,  # type: ignore[arg-type]
        before=made.before if "OLD" in view else None,
        after=made.after if "NEW" in view else None,
    )
