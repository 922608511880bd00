"""The transform of a table that holds several kinds of items, beside the same table as one entity.

The same records, the same mapping and the same conditions; only how an item's rules are found differs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measure import measure, report
from bridge.core.events.translate import Table
from bridge.core.keys import key_token
from bridge.core.records.decode import decode
from bridge.core.records.lambda_record import to_lambda_record
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables

COPIES = 50
STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/app-main/stream/2026-11-01T10:00:00.000"

_HEAD = """
version: 1
source: com.example.shop
sinks: {domain: {kind: memory}}
quarantine: {kind: directory, path: quarantine}
tables:
  app-main:
    diff: {ignore: [/updatedAt]}
"""
_DATA = "{status: $.after.status, total: $.after.total, lines: $.after.lines, changes: $.changes}"
_EVENT = "{{type: com.example.{0}.changed, op: [insert, modify], versions: [{{schema: '1.0.0', data: {1}}}]}}"

ONE = f"""{_HEAD}
    subject: order/{{$.key.PK}}/{{$.key.SK}}
    events: [{_EVENT.format("order", _DATA)}]
"""
SEVERAL = f"""{_HEAD}
    entities:
      user:
        key: {{PK: "USER#{{userId}}", SK: PROFILE}}
        subject: user/{{userId}}
        events: [{_EVENT.format("user", _DATA)}]
      address:
        key: {{PK: "USER#{{userId}}", SK: "ADDRESS#{{addressId}}"}}
        subject: address/{{userId}}/{{addressId}}
        events: [{_EVENT.format("address", _DATA)}]
      order:
        key: {{PK: "USER#{{userId}}", SK: "ORDER#{{orderId}}"}}
        subject: order/{{userId}}/{{orderId}}
        events: [{_EVENT.format("order", _DATA)}]
"""
WHEN = ONE.replace("versions:", "when: {after: {_et: [Order]}}, versions:")
WHERE = SEVERAL.replace('"ORDER#{orderId}"}', '"ORDER#{orderId}"}\n        where: {_et: [Order]}')


class _Schema:
    id = "https://schemas.example.com/any/1.0.0.json"

    def validate(self, data: Any) -> None:
        """Everything is valid."""


class _Schemas:
    def get(self, type_name: str, version: str, /) -> _Schema:
        return _Schema()


def _table(config: str) -> Table:
    settings = read_settings(config.encode(), "bridge.yaml", Path(), {})
    return compile_tables(settings, _Schemas())["app-main"]


def _records() -> list[dict[str, Any]]:
    records = []
    for number in range(COPIES):
        key = {"PK": {"S": f"USER#{number % 7:06d}"}, "SK": {"S": f"ORDER#2026-11-{number:04d}"}}
        lines = [{"M": {"sku": {"S": f"s-{n}"}, "count": {"N": str(n)}}} for n in range(6)]
        item = {
            **key,
            "_et": {"S": "Order"},
            "status": {"S": "placed"},
            "total": {"N": "12.50"},
            "lines": {"L": lines},
            "customer": {"M": {"name": {"S": "A. Name"}, "country": {"S": "DE"}}},
            "updatedAt": {"S": "2026-11-01T10:00:00Z"},
        }
        image: dict[str, Any] = {
            "Keys": key,
            "OldImage": item,
            "NewImage": {**item, "status": {"S": "paid"}, "updatedAt": {"S": "2026-11-02T10:00:00Z"}},
            "SequenceNumber": str(10**24 + number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "ApproximateCreationDateTime": 1793534400,
        }
        record = {"eventID": f"{number:032x}", "eventName": "MODIFY", "awsRegion": "eu-central-1"}
        records.append({**record, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "dynamodb": image})
    return orjson.loads(orjson.dumps([to_lambda_record(each, STREAM) for each in records]))  # type: ignore[no-any-return]


def _work(table: Table, records: list[dict[str, Any]]) -> Callable[[], None]:
    def work() -> None:
        for record in records:
            change = table.placed(decode(record))
            if not table.translate(record, change, key_token(change.table, change.key)).events:
                raise AssertionError("a record without an event measures nothing")

    return work


def main(rounds: int = 300) -> None:
    records = _records()
    candidates = {
        "one entity": _work(_table(ONE), records),
        "several entities, by key": _work(_table(SEVERAL), records),
    }
    timings = measure(candidates, units=COPIES, rounds=rounds)
    report("Transform of one record, entities by key", timings, baseline="one entity")
    candidates = {
        "one entity, the condition in `when`": _work(_table(WHEN), records),
        "several entities, by key and where": _work(_table(WHERE), records),
    }
    timings = measure(candidates, units=COPIES, rounds=rounds)
    report(
        "Transform of one record, entities by `where`",
        timings,
        baseline="one entity, the condition in `when`",
    )


if __name__ == "__main__":
    main()
