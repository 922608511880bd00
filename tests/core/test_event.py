"""The CloudEvent is found whichever way the message came, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.core.event import cloud_event
from bridge.core.pattern.rules import envelope

EVENT = {"specversion": "1.0", "id": "1", "source": "s", "type": "t.v1", "data": {"big": "1" * 38}}


def notification(body: Any) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(body)}


@pytest.mark.parametrize(
    "message",
    [EVENT, envelope(EVENT), notification(EVENT), notification(envelope(EVENT))],
    ids=["bare", "bus", "topic", "bus to topic"],
)
def test_the_event_is_found_in_every_wrapping(message: Any) -> None:
    assert cloud_event(json.dumps(message)) == EVENT


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "3", '"text"', "{}", '{"detail-type": "x"}', '{"detail-type": "x", "detail": {"a": 1}}',
     '{"Type": "Notification"}', json.dumps({**EVENT, "id": 7}), "[" * 100_000],
)  # fmt: skip
def test_anything_else_is_no_event(body: str) -> None:
    assert cloud_event(body) is None
