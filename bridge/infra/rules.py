"""Rules for subscribers: one for each type and major, as CloudFormation takes them."""

from __future__ import annotations

import re
from typing import Any

from bridge.core.pattern.rules import pattern_for
from bridge.settings import Settings


def rules_of(settings: Settings, table: str) -> dict[str, Any]:
    """``Resources`` with a rule for each type and major that ``table`` publishes to an event bus. A target is
    the subscriber's to add (infra/example-subscriber.yaml)."""
    types = sorted(
        {
            f"{event.type}.v{version.major}"
            for event in settings.tables[table].events
            if any(settings.sinks[sink].kind == "eventbridge" for sink in event.sink)
            for version in event.versions
        }
    )
    names = _logical_ids(types)
    return {
        "Resources": {
            names[each]: {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventBusName": {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusName"}},
                    "EventPattern": pattern_for(settings.source, [each]),
                },
            }
            for each in types
        }
    }


def _logical_ids(types: list[str]) -> dict[str, str]:
    """The last words of each type, and all of them where that would name two rules alike."""
    short = {each: _camel(each.split(".")[-3:]) for each in types}
    taken = list(short.values())
    return {each: name if taken.count(name) == 1 else _camel(each.split(".")) for each, name in short.items()}


def _camel(parts: list[str]) -> str:
    words = [word for part in parts for word in re.findall(r"[A-Za-z0-9]+", part)]
    return "".join(word[:1].upper() + word[1:] for word in words) + "Rule"
