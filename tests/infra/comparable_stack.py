"""A stack of the templates, made comparable with a Terraform module: what both can say, in one form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.infra.templates import ACCOUNT, INFRA, REGION, Stack, read
from tests.infra.terraform.as_template import Properties, only, plain

_NOT_COMPARED = {"Tags", "Role"}
_POLICY_OF = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::Events::EventBusPolicy": "EventBusName",
}
_UNCOMPARED_KINDS = {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Logs::DeliveryDestination"}


def stack_resources(stack: Stack) -> dict[str, list[Properties]]:
    found: dict[str, list[Properties]] = {}
    for resource in stack.resources.values():
        kind, properties = resource["Type"], dict(resource["Properties"])
        if kind in _UNCOMPARED_KINDS:
            continue
        if kind in _POLICY_OF:
            found.setdefault(kind, []).append(_policy_of(stack, kind, properties))
            continue
        if kind == "AWS::StepFunctions::StateMachine":
            text, properties = _machine_of(properties)
            found.setdefault(kind, []).append(plain(properties) | {"Definition": json.loads(text)})
            continue
        if kind == "AWS::Logs::Delivery":
            properties = _delivery_of(stack, properties)
        elif kind == "AWS::Scheduler::Schedule":
            role = properties["Target"]["RoleArn"].rpartition("/")[2]
            described = stack.properties(role)["Description"]
            properties["Target"] = {**properties["Target"], "RoleArn": described}
        elif kind == "AWS::CloudWatch::Dashboard":
            properties["DashboardBody"] = json.loads(properties["DashboardBody"])
        elif kind == "AWS::SecretsManager::Secret":
            properties.pop("GenerateSecretString")
        elif kind == "AWS::Lambda::EventInvokeConfig":
            properties.pop("Qualifier")
            properties.pop("DestinationConfig")  # empty
        elif kind == "AWS::Lambda::Function":
            properties["Environment"] = {"Variables": _urls(stack, properties["Environment"]["Variables"])}
        reported = {name: value for name, value in properties.items() if name not in _NOT_COMPARED}
        found.setdefault(kind, []).append(plain(reported))
    return found


def _urls(stack: Stack, values: Mapping[str, Any]) -> dict[str, Any]:
    """``Ref`` of a queue is its URL; the stack's own reader gives its name."""
    queues = {each["QueueName"] for each in stack.of_type("AWS::SQS::Queue").values()}
    return {key: _url(value) if value in queues else value for key, value in values.items()}


def _url(queue: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"


def _policy_of(stack: Stack, kind: str, properties: Mapping[str, Any]) -> Properties:
    of = properties[_POLICY_OF[kind]]
    name = only(of) if isinstance(of, list) else of
    if kind == "AWS::SQS::QueuePolicy":
        name = _url(name)
    statements = properties.get("PolicyDocument", {}).get("Statement") or [properties["Statement"]]
    return {"Of": name, "Statement": statements}


def _delivery_of(stack: Stack, properties: Mapping[str, Any]) -> Properties:
    """The stack's own reader gives logical names here."""
    prefix, _, destination = properties["DeliveryDestinationArn"].rpartition(":")
    return {
        "DeliverySourceName": stack.properties(properties["DeliverySourceName"])["Name"],
        "DeliveryDestinationArn": f"{prefix}:{stack.properties(destination)['Name']}",
    }


def _machine_of(properties: Properties) -> tuple[str, Properties]:
    text = (
        INFRA / read("reconciliation")["Resources"]["StateMachine"]["Properties"]["DefinitionUri"]
    ).read_text()
    for name, value in properties.pop("DefinitionSubstitutions").items():
        text = text.replace(f"${{{name}}}", str(value))
    for name in ("DefinitionS3Location", "RoleArn", "Tags"):
        properties.pop(name)
    return text, properties


def stack_roles(stack: Stack) -> dict[str, tuple[Any, list[dict[str, Any]]]]:
    return {
        each["Description"]: (each["AssumeRolePolicyDocument"]["Statement"], stack.policies(key))
        for key, each in stack.of_type("AWS::IAM::Role").items()
    }


def stack_kept(stack: Stack) -> set[str]:
    return {
        next(str(value) for name, value in resource["Properties"].items() if name in _NAMES)
        for resource in stack.resources.values()
        if resource.get("DeletionPolicy") == "Retain"
    }


_NAMES = {"Name", "TableName", "BucketName", "QueueName", "TopicName", "LogGroupName", "ArchiveName"}
