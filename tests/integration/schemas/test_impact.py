"""``schema impact --bus`` reads the rules of a bus."""

from __future__ import annotations

import json

from bridge.edges.eventbridge.rules import list_patterns
from tests.builders.aws import Aws


def test_every_rule_with_a_pattern_is_listed_page_by_page(aws: Aws) -> None:
    events, bus = aws.client("events"), aws.name("impact-bus")
    events.create_event_bus(Name=bus)
    pattern = json.dumps({"source": ["x"]})
    for number in range(3):
        events.put_rule(Name=f"rule-{number}", EventBusName=bus, EventPattern=pattern)
    assert sorted(list_patterns(events, bus)) == [(f"rule-{number}", pattern) for number in range(3)]
    for number in range(3):
        events.delete_rule(Name=f"rule-{number}", EventBusName=bus)
    events.delete_event_bus(Name=bus)
