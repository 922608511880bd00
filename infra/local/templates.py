"""The templates of infra/, and the parts that the embedded AWS does not support, which are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bridge.errors import BridgeError

INFRA: Final = Path(__file__).resolve().parents[1]
STATE_MACHINE: Final = INFRA / "statemachine.asl.json"

UNKNOWN: Final[Mapping[str, str]] = {
    "AWS::Events::Archive": "MiniStack's CloudFormation does not support it: no replays here",
    "AWS::Events::EventBusPolicy": "MiniStack's CloudFormation does not support it: only one account here",
    "AWS::EventsV2::EventBus": "MiniStack has no new custom bus",
    "AWS::Logs::DeliverySource": "MiniStack's CloudFormation does not support it: no bus logs here",
    "AWS::Logs::DeliveryDestination": "as AWS::Logs::DeliverySource",
    "AWS::Logs::Delivery": "as AWS::Logs::DeliverySource",
}
"""Types that are removed from a template, and why. A further type that MiniStack does not support fails the
stack. Tests of the expanded templates (tests/infra) cover the removed resources."""

_BUS_BY_NAME: Final = "DescribeEventBus of AWS takes a name or an ARN, MiniStack's takes names"


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A part of a template that is removed or changed for the embedded AWS."""

    template: str
    resource: str
    what: str
    reason: str


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms as their long ones."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TemplateUnfit(f"!{suffix}: its value is neither text, list nor mapping")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _tagged)


class TemplateUnfit(BridgeError):
    """A template that cannot be adapted to the embedded AWS yet."""


def read(name: str) -> dict[str, Any]:
    """``infra/<name>.yaml``, before SAM's transform."""
    template: dict[str, Any] = yaml.load((INFRA / f"{name}.yaml").read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe one
    return template


def fitted(name: str, bucket: str) -> tuple[dict[str, Any], list[Adaptation]]:
    """The template for the embedded AWS, and its differences. Local files are named by their place in
    ``bucket``, as ``aws cloudformation package`` does.

    Only resources with a condition are removed, because other resources refer to them only under that
    condition."""
    template = read(name)
    resources = template["Resources"]
    adaptations = [
        Adaptation(name, key, f"{resource['Type']}, removed", UNKNOWN[resource["Type"]])
        for key, resource in resources.items()
        if resource["Type"] in UNKNOWN
    ]
    for each in adaptations:
        if "Condition" not in resources[each.resource]:
            raise TemplateUnfit(
                f"infra/{name}.yaml: MiniStack does not support {each.resource}, which has no condition"
            )
        del resources[each.resource]
    for key, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": bucket, "Key": STATE_MACHINE.name}
        elif resource["Type"] == "AWS::Serverless::Function" and _names_bus(resource):
            adaptations.append(Adaptation(name, key, "EVENT_BUS, a name instead of an ARN", _BUS_BY_NAME))
    return template, adaptations


def _names_bus(function: dict[str, Any]) -> bool:
    """Replace the ARN of the bus by its name in the environment of ``function``. False if it has no bus."""
    variables = function["Properties"].get("Environment", {}).get("Variables", {})
    given = variables.get("EVENT_BUS")
    imported = {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusArn"}}
    if not isinstance(given, dict) or imported not in given.get("Fn::If", ()):
        return False
    by_name = {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusName"}}
    variables["EVENT_BUS"] = {"Fn::If": [by_name if each == imported else each for each in given["Fn::If"]]}
    return True


def retained(name: str) -> set[str]:
    """Logical ids of the resources that remain after the stack is deleted."""
    resources = read(name)["Resources"]
    return {key for key, resource in resources.items() if resource.get("DeletionPolicy") == "Retain"}
