"""The resources in an account, as far as the templates create such resources, and their removal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

Thing = tuple[str, str]
"""Kind and identity: the physical id that CloudFormation uses, if there is one."""

_LISTED: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    # kind, service, operation, member of the answer, member of each
    # (a secret's physical id is its name in MiniStack, its ARN in AWS)
    ("stack", "cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("table", "dynamodb", "list_tables", "TableNames", ""),
    ("bucket", "s3", "list_buckets", "Buckets", "Name"),
    ("queue", "sqs", "list_queues", "QueueUrls", ""),
    ("topic", "sns", "list_topics", "Topics", "TopicArn"),
    ("function", "lambda", "list_functions", "Functions", "FunctionName"),
    ("mapping", "lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("state machine", "stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
    ("schedule", "scheduler", "list_schedules", "Schedules", "Name"),
    ("bus", "events", "list_event_buses", "EventBuses", "Name"),
    ("archive", "events", "list_archives", "Archives", "ArchiveName"),
    ("role", "iam", "list_roles", "Roles", "RoleName"),
    ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("secret", "secretsmanager", "list_secrets", "SecretList", "Name"),
    ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("key", "kms", "list_keys", "Keys", "KeyId"),
)


def inventory(client: Callable[[str], Any]) -> set[Thing]:
    """All resources of the kinds that the templates create, in the account of ``client``."""
    return set(_things(client))


def _things(client: Callable[[str], Any]) -> Iterator[Thing]:
    for kind, service, operation, member, name in _LISTED:
        for each in _all(client(service), operation, member):
            yield kind, each[name] if name else each
    for each in _all(client("iam"), "list_policies", "Policies", Scope="Local"):
        yield "policy", each["Arn"]
    for bus in _all(client("events"), "list_event_buses", "EventBuses"):
        for rule in _all(client("events"), "list_rules", "Rules", EventBusName=bus["Name"]):
            yield "rule", f"{bus['Name']}|{rule['Name']}"


def _all(client: Any, operation: str, member: str, **given: Any) -> Iterator[Any]:
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**given):
            yield from page.get(member, ())
    else:
        yield from getattr(client, operation)(**given).get(member, ())


def remove(client: Callable[[str], Any], things: Iterable[Thing]) -> None:
    """Delete tables, buckets with their contents, secrets, buses and log groups, which the templates retain.
    This is the last part of "Taking it away" in docs/deploy.md. Raises ``KeyError`` for another kind."""
    for kind, name in things:
        _REMOVED[kind](client, name)


def _remove_table(client: Callable[[str], Any], name: str) -> None:
    dynamodb = client("dynamodb")
    try:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":  # it was off already
            raise
    dynamodb.delete_table(TableName=name)


def _remove_bucket(client: Callable[[str], Any], name: str) -> None:
    s3 = client("s3")
    for each in list(_all(s3, "list_objects_v2", "Contents", Bucket=name)):
        s3.delete_object(Bucket=name, Key=each["Key"])
    s3.delete_bucket(Bucket=name)


def _remove_secret(client: Callable[[str], Any], arn: str) -> None:
    client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


_REMOVED: Final[dict[str, Callable[[Callable[[str], Any], str], None]]] = {
    "table": _remove_table,
    "bucket": _remove_bucket,
    "secret": _remove_secret,
    "bus": lambda client, name: client("events").delete_event_bus(Name=name),
    "log group": lambda client, name: client("logs").delete_log_group(logGroupName=name),
}
