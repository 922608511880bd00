"""What the tests of permissions know: which calls only people make, and what a policy allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

NOT_OF_A_FUNCTION: Final[Mapping[str, str]] = {
    "eventbridge.archive": "`tail`, and everybody who replays",
    "eventbridge.rules": "`schema impact`",
    "eventbridge.schemas": "`schema publish`: functions read schemas from their package",
    "s3.failures.head_bucket": "`run`, which does on one machine what Lambda's mapping does",
    "s3.failures.put_object": "`run`, which does on one machine what Lambda's mapping does",
    "glue.registry": "`schema publish`: functions read schemas from their package",
    "kinesis.reader": "`run`, and a redrive from a queue: in Lambda the mapping reads",
    "setup.facts.list_event_source_mappings": "`doctor`, and `reconcile --function`",
    "setup.facts.describe_kinesis_streaming_destination": "`doctor`",
    "cloudwatch.redaction": "`doctor`",
    "setup.facts.describe_time_to_live": "`doctor`",
    "setup.facts.get_queue_attributes": "`doctor`",
    "s3.quarantine.get_object": "`quarantine`",
    "s3.quarantine.delete_object": "`quarantine retry`",
    "s3.quarantine.list_objects_v2": "`quarantine`",
    "sqs.quarantine.receive_message": "`quarantine`",
    "sqs.quarantine.delete_message": "`quarantine retry`",
    "sqs.quarantine.change_message_visibility_batch": "`quarantine`",
    "sqs.failures": "`run`, which does on one machine what Lambda's mapping does, and `redrive --queue`",
    "dynamodb.stream_reader": "`run`, and a redrive from a queue: in Lambda the mapping reads",
    "dynamodb.sample": "`init`",
    "dynamodb.describe.describe_time_to_live": "`init`",
    "sqs.tail_queue": "`tail`",
    "eventbridge.temporary_rule": "`tail`",
}
"""Calls that people make from the command line, with their own permissions (docs/operations.md)."""


def grants(statements: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """(action, resource) pairs that a policy's statements allow, for comparison."""
    return {
        (action, resource)
        for statement in statements
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
