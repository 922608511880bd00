"""The templates of infra/ as data: read, expanded by SAM, and resolved for given parameters as CloudFormation
would, as far as the templates use it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from infra.local.templates import INFRA as INFRA
from infra.local.templates import read as read

ACCOUNT, REGION, OTHER_ACCOUNT = "123456789012", "eu-central-1", "210987654321"
STREAM_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Users/stream/2026-01-01T00:00:00.000"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
TABLE_KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555"
MAPPING_ID = "8f3c1d52-0000-4000-8000-000000000000"
CODE = {"CodeBucket": "code", "CodeKey": "bridge-0123.zip"}
NAMES = (
    "bridge",
    "reconciliation",
    "observability",
    "key",
    "example-table",
    "example-subscriber",
    "pipe",
    "kinesis",
)
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stream-bridge",
}
ABSENT = object()


@cache
def _expanded(name: str) -> dict[str, Any]:
    template = read(name)
    if "Transform" not in template:
        return template
    from boto3.session import Session
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":  # packaging puts it into S3
            resource["Properties"]["DefinitionUri"] = {"Bucket": "code", "Key": "statemachine.json"}
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    translated: dict[str, Any] = translator.translate(template, {})
    translator.metrics.publish()  # to nobody; it complains otherwise
    return translated


def expand(name: str) -> dict[str, Any]:
    """The template as SAM's transform gives it to CloudFormation; conditions and parameters stay in it."""
    return copy.deepcopy(_expanded(name))


@dataclass
class Stack:
    """What CloudFormation would make of a template with ``parameters``. ``imports`` are other stacks' exports
    by name."""

    name: str
    parameters: Mapping[str, Any]
    imports: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.template = _expanded(self.name)
        declared = self.template.get("Parameters", {})
        unknown = set(self.parameters) - set(declared)
        assert not unknown, f"{self.name}: no parameter {unknown}"
        self.values: dict[str, Any] = dict(PSEUDO)
        for key, parameter in declared.items():
            value = self.parameters.get(key, parameter.get("Default"))
            assert value is not None, f"{self.name}: {key} is not given"
            check_value(key, parameter, value)
            self.values[key] = value
        self.resources = {
            key: {**resource, "Properties": self.resolve(resource.get("Properties", {}))}
            for key, resource in self.template["Resources"].items()
            if self._holds(resource.get("Condition"))
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            key: resource["Properties"]
            for key, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def properties(self, key: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resources[key]["Properties"]
        return properties

    def exports(self) -> dict[str, str]:
        return {
            self.resolve(output["Export"]["Name"]): self.resolve(output["Value"])
            for output in self.template.get("Outputs", {}).values()
            if "Export" in output and self._holds(output.get("Condition"))
        }

    def policies(self, role: str) -> list[dict[str, Any]]:
        """Statements of a role: its inline policies, and managed policies of the same stack."""
        properties = self.properties(role)
        documents = [each["PolicyDocument"] for each in properties.get("Policies", [])]
        for arn in properties.get("ManagedPolicyArns", []):
            documents += [
                each["PolicyDocument"]
                for key, each in self.of_type("AWS::IAM::ManagedPolicy").items()
                if self.arn(key) == arn
            ]
        return [statement for document in documents for statement in document["Statement"]]

    # --- intrinsic functions -----------------------------------------------------------------------

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self.ref(argument)
            if name.startswith("Fn::"):
                return getattr(self, "_" + name[4:].lower())(argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not ABSENT}

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if name in self.values:
            return self.values[name]
        kind = self.template["Resources"][name]["Type"]
        assert self._holds(self.template["Resources"][name].get("Condition")), f"{name} is not made"
        if kind in _REFERRED_BY_ARN:
            return self.arn(name)
        if kind == "AWS::Lambda::EventSourceMapping":
            return MAPPING_ID
        return self._physical(name) if kind in _NAME_OF else name

    def arn(self, name: str) -> str:
        resource = self.template["Resources"][name]
        assert self._holds(resource.get("Condition")), f"{name} is not made"
        physical = self._physical(name)
        return _ARN_OF[resource["Type"]].format(name=physical, region=REGION, account=ACCOUNT)

    def _physical(self, name: str) -> str:
        resource = self.template["Resources"][name]
        given = resource.get("Properties", {}).get(_NAME_OF.get(resource["Type"], ""), name)
        return str(self.resolve(given))

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self._holds(condition) else no)

    def _getatt(self, argument: Any) -> Any:
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        if attribute in ("Arn", "TopicArn"):
            return self.arn(name)
        return self._physical(name) if attribute.endswith("Name") else f"{name}.{attribute}"

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.resolve(own[name]))
            return str(self._getatt(name.split(".", 1)) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", fill, text)

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(map(str, self.resolve(argument[1])))

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def _select(self, argument: list[Any]) -> Any:
        return self.resolve(argument[1])[int(argument[0])]

    def _importvalue(self, argument: Any) -> str:
        name = self.resolve(argument)
        assert name in self.imports, f"{self.name} imports {name}, which nothing exports"
        return self.imports[name]

    def _holds(self, condition: Any) -> bool:
        if condition is None:
            return True
        if isinstance(condition, str):
            return self._holds(self.template["Conditions"][condition])
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self._holds(argument)
        if name == "Fn::Equals":
            left, right = map(str, self.resolve(argument))
            return left == right
        if name == "Fn::Not":
            return not self._holds(argument[0])
        held = [self._holds(each) for each in argument]
        return all(held) if name == "Fn::And" else any(held)


def check_value(key: str, parameter: Mapping[str, Any], value: Any) -> None:
    """What CloudFormation refuses of a parameter's value."""
    text = str(value)
    if "AllowedValues" in parameter:
        assert text in map(str, parameter["AllowedValues"]), f"{key}={text}"
    if "AllowedPattern" in parameter:
        assert re.fullmatch(parameter["AllowedPattern"], text), f"{key}={text}"
    assert len(text) >= parameter.get("MinLength", 0), f"{key}={text}"
    assert len(text) <= parameter.get("MaxLength", 4096), f"{key}={text}"
    if parameter["Type"] == "Number":
        assert parameter.get("MinValue", -1e18) <= float(text) <= parameter.get("MaxValue", 1e18), (
            f"{key}={text}"
        )


_NAME_OF = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Events::EventBus": "Name",
    "AWS::EventsV2::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Kinesis::Stream": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Pipes::Pipe": "Name",
    "AWS::CloudWatch::Dashboard": "DashboardName",
}
_ARN_OF = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::EventsV2::EventBus": "arn:aws:events:{region}:{account}:event-busv2/{name}/" + "a" * 25,
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::Logs::DeliveryDestination": "arn:aws:logs:{region}:{account}:delivery-destination:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-abcdef",
    "AWS::Kinesis::Stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::Pipes::Pipe": "arn:aws:pipes:{region}:{account}:pipe/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
}
_REFERRED_BY_ARN = {
    "AWS::SNS::Topic",
    "AWS::EventsV2::EventBus",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
    "AWS::IAM::ManagedPolicy",
}


# --- stacks that tests look at -----------------------------------------------------------------------

EVERYTHING = {
    **CODE,
    "StreamArn": STREAM_ARN,
    "TableKmsKeyArn": TABLE_KEY_ARN,
    "FilterPattern1": '{"eventName":["INSERT"]}',
    "FilterPattern2": '{"eventName":["REMOVE"]}',
    "Tracing": "Active",
    "FetchesItems": "true",
    "PublishesToEventBus": "true",
    "OrganizationId": "o-a1b2c3d4e5",
    "BusLogLevel": "TRACE",
    "PublishesToEventBusV2": "true",
    "PublishesToTopic": "true",
    "UsesLedger": "true",
    "Quarantine": "bucket",
    "UsesClaimCheck": "true",
    "KmsKeyArn": KEY_ARN,
    "ReservedConcurrency": "8",
}
"""Parameters of infra/bridge.yaml that make all of it."""

PLAIN = {**CODE, "StreamArn": STREAM_ARN}


def bridge(**parameters: str) -> Stack:
    return Stack("bridge", {**PLAIN, **parameters})


def reconciliation(of: Stack, **parameters: str) -> Stack:
    given = {**CODE, "Table": "Users", "TableArn": STREAM_ARN.partition("/stream/")[0], **parameters}
    return Stack("reconciliation", given, of.exports())


def kinesis(of: Stack, **parameters: str) -> Stack:
    return Stack("kinesis", {**CODE, **parameters}, of.exports())


def pipe(**parameters: str) -> Stack:
    given = {
        **CODE,
        "StreamArn": STREAM_ARN,
        "EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/domain",
        "QuarantineBucket": "quarantine",
        "HashKeySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hash",
        "PageTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:page",
    }
    return Stack("pipe", {**given, **parameters})


@cache
def all_stacks() -> tuple[Stack, ...]:
    """Every template with everything on, and again with as little as may be."""
    whole = Stack("bridge", EVERYTHING)
    least = bridge(UsesLedger="true", UsesClaimCheck="false")
    return (
        whole,
        Stack("bridge", {**EVERYTHING, "PublishesRawEvents": "true", "Quarantine": "queue"}),
        least,
        bridge(UsesLedger="false", UsesClaimCheck="false", ArchiveDays="0", BusLogLevel="OFF", StreamArn=""),
        reconciliation(
            whole,
            PublishesToEventBusV2="true",
            PublishesToTopic="true",
            Tracing="Active",
            TableKmsKeyArn=TABLE_KEY_ARN,
            KmsKeyArn=KEY_ARN,
        ),
        reconciliation(least, UsesClaimCheck="false"),
        Stack("observability", {}),
        Stack(
            "observability", {"Quarantine": "queue", "UsesReconciliation": "false", "FunctionName": "other"}
        ),
        Stack("key", {}),
        Stack("example-table", {}),
        Stack("example-subscriber", {}, whole.exports()),
        pipe(
            TableKmsKeyArn=TABLE_KEY_ARN,
            FilterPattern1='{"eventName":["INSERT"]}',
            ClaimCheckBucket="claims",
        ),
        kinesis(
            whole,
            PublishesToEventBusV2="true",
            PublishesToTopic="true",
            KmsKeyArn=KEY_ARN,
            Tracing="Active",
        ),
    )
