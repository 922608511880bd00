"""The templates of infra/, as they are; and what of them the embedded AWS cannot make, which is told."""

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
    "AWS::Events::Archive": "MiniStack's CloudFormation does not know it: nothing can be replayed here",
    "AWS::Events::EventBusPolicy": "MiniStack's CloudFormation does not know it: there is one account here",
    "AWS::EventsV2::EventBus": "MiniStack has no new custom bus",
    "AWS::Logs::DeliverySource": "MiniStack's CloudFormation does not know it: the bus logs nothing here",
    "AWS::Logs::DeliveryDestination": "as AWS::Logs::DeliverySource",
    "AWS::Logs::Delivery": "as AWS::Logs::DeliverySource",
}
"""Types that are taken out of a template, and why. Any other type goes in; one that MiniStack does not know
fails the stack. What is lost here is asserted on the expanded templates (tests/infra)."""

_BUS_BY_NAME: Final = "DescribeEventBus of AWS takes a name or an ARN, MiniStack's takes names"


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What a template has and the embedded AWS is not given, or is given otherwise."""

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
        raise TemplateUnfit(f"!{suffix}: what stands behind it is neither text, list nor mapping")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _tagged)


class TemplateUnfit(BridgeError):
    """A template that cannot be fitted to the embedded AWS, until somebody says how."""


def read(name: str) -> dict[str, Any]:
    """``infra/<name>.yaml``, with SAM's transform still to come."""
    template: dict[str, Any] = yaml.load((INFRA / f"{name}.yaml").read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe one
    return template


def fitted(name: str, bucket: str) -> tuple[dict[str, Any], list[Adaptation]]:
    """The template for the embedded AWS, and what is not in it or otherwise. Local files are named by their
    place in ``bucket``, as ``aws cloudformation package`` does.

    Only resources of a condition are taken out: others refer to them under that condition, if at all."""
    template = read(name)
    resources = template["Resources"]
    adaptations = [
        Adaptation(name, key, f"{resource['Type']}, taken out", UNKNOWN[resource["Type"]])
        for key, resource in resources.items()
        if resource["Type"] in UNKNOWN
    ]
    for each in adaptations:
        if "Condition" not in resources[each.resource]:
            raise TemplateUnfit(f"infra/{name}.yaml: {each.resource} is always there, and MiniStack has none")
        del resources[each.resource]
    for key, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": bucket, "Key": STATE_MACHINE.name}
        elif resource["Type"] == "AWS::Serverless::Function" and _names_bus(resource):
            adaptations.append(Adaptation(name, key, "EVENT_BUS, a name and no ARN", _BUS_BY_NAME))
    return template, adaptations


def _names_bus(function: dict[str, Any]) -> bool:
    """Whether the function was given the bus by its ARN, and now is by its name."""
    variables = function["Properties"].get("Environment", {}).get("Variables", {})
    given = variables.get("EVENT_BUS")
    imported = {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusArn"}}
    if not isinstance(given, dict) or imported not in given.get("Fn::If", ()):
        return False
    by_name = {"Fn::ImportValue": {"Fn::Sub": "${BridgeStack}-EventBusName"}}
    variables["EVENT_BUS"] = {"Fn::If": [by_name if each == imported else each for each in given["Fn::If"]]}
    return True


def retained(name: str) -> set[str]:
    """Logical ids of what stays when its stack is deleted."""
    resources = read(name)["Resources"]
    return {key for key, resource in resources.items() if resource.get("DeletionPolicy") == "Retain"}
