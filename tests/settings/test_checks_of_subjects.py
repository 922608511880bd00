"""Two tables must not give two items one subject in events of one type."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.settings import read_settings

FILE = """
version: 1
source: com.example.shop
sinks: {{out: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
tables:
  Users:
    subject: thing/{{$.key.id}}
    events: [{{type: com.example.thing.made, op: insert, versions: ["1.0.0"]}}]
  Orders:
    subject: {subject}
    events: [{{type: {type}, op: insert, versions: ["1.0.0"]}}]
"""


@pytest.mark.parametrize(
    ("subject", "type_", "warned"),
    [
        ("thing/{$.key.orderId}", "com.example.thing.made", True),
        ("order/{$.key.orderId}", "com.example.thing.made", False),
        ("thing/{$.key.orderId}", "com.example.order.made", False),
        ("thing/{$.key.orderId}/{$.key.line}", "com.example.thing.made", False),
    ],
)
def test_tables_whose_items_could_share_a_subject_are_pointed_out(
    subject: str, type_: str, warned: bool
) -> None:
    text = FILE.format(subject=subject, type=type_)
    found = read_settings(text.encode(), "b.yaml", Path(), {}).warnings
    assert [(each.path, "of table Users" in each.message) for each in found] == (
        [("tables.Orders.subject", True)] if warned else []
    )
