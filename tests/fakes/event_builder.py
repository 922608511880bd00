"""Finished events for tests of what comes after the core."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bridge.core.event import Event

TABLE_ARN = "arn:aws:dynamodb:eu-central-1:111122223333:table/Users"


def event(
    number: int,
    key: str = "",
    *,
    record: str = "",
    type: str = "com.example.user.created.v1",
    subject: str = "",
    id: str = "",
    padding: int = 0,
    trace_header: str = "",
) -> Event:
    """Event ``number`` of a batch. One record each and a key of its own, unless given."""
    record_id = record or f"r{number}"
    key = key or f"key-{number}"
    subject = subject or f"user/{key}"
    id = id or f"{record_id}:{type}"
    content = {
        "specversion": "1.0",
        "id": id,
        "type": type,
        "subject": subject,
        "data": {"pad": "x" * padding},
    }
    return Event(
        id=id,
        type=type,
        source="com.example.accounts",
        subject=subject,
        time=datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC),
        sequence=f"2026-10-01T00:00:00.000/{number:040d}",
        dataschema="https://schemas.example.com/user.created/1.0.0",
        table_arn=TABLE_ARN,
        record_id=record_id,
        key=key,
        body=json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
        trace_header=trace_header,
    )
