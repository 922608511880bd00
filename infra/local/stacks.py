"""CloudFormation stacks of one endpoint: create them, wait for them, and delete them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.errors import BridgeError
from bridge.ports.clock import Clock
from infra.local.templates import Adaptation, fitted, retained

_POLL_S: Final = 0.1
_STALLED_S: Final = 60.0
_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
"""The capabilities that docs/deploy.md names."""


class StackFailed(BridgeError):
    """A stack could not be created or deleted; the hint shows its events."""


@dataclass(frozen=True, slots=True)
class Stack:
    """``resources``: physical ids of all resources; ``kept``: of those that remain after a deletion."""

    name: str
    template: str
    outputs: Mapping[str, str]
    resources: frozenset[str]
    kept: frozenset[str]
    took_s: float


@dataclass
class Stacks:
    """``client`` returns boto3 clients for ``endpoint_url``; ``bucket`` is for templates and code."""

    client: Any
    endpoint_url: str
    bucket: str
    clock: Clock
    made: list[Stack] = field(default_factory=list)
    adapted: list[Adaptation] = field(default_factory=list)

    def create(self, name: str, template: str, parameters: Mapping[str, str]) -> Stack:
        """``infra/<template>.yaml`` as stack ``name``. Raises :class:`StackFailed`."""
        began_s = self.clock.monotonic()
        body, adapted = fitted(template, self.bucket)
        key = f"templates/{name}.json"
        # From S3, as is usual for templates of this size: inline they may have 51,200 bytes.
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=json.dumps(body).encode())
        self.client("cloudformation").create_stack(
            StackName=name,
            TemplateURL=f"{self.endpoint_url}/{self.bucket}/{key}",
            Capabilities=_CAPABILITIES,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())
            ],
        )
        described = self._settled(name, "CREATE_COMPLETE")
        resources = self.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        keeps = retained(template)
        stack = Stack(
            name,
            template,
            {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())},
            frozenset(each["PhysicalResourceId"] for each in resources),
            frozenset(each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] in keeps),
            self.clock.monotonic() - began_s,
        )
        self.made.append(stack)
        self.adapted += adapted
        return stack

    def delete_all(self) -> list[Stack]:
        """Delete the newest first, because newer stacks import from older ones. Returns the deleted
        stacks."""
        gone = list(reversed(self.made))
        for stack in gone:
            self.client("cloudformation").delete_stack(StackName=stack.name)
            self._settled(stack.name, "DELETE_COMPLETE")
            self.made.remove(stack)
        return gone

    def _settled(self, name: str, wanted: str) -> Mapping[str, Any]:
        until_s = self.clock.monotonic() + _STALLED_S
        while True:
            described = self._describe(name)
            status = described["StackStatus"]
            if status == wanted:
                return described
            if not status.endswith("_IN_PROGRESS") or self.clock.monotonic() > until_s:
                raise StackFailed(f"stack {name} is {status}, not {wanted}", hint=self._why(name))
            self.clock.sleep(_POLL_S)

    def _describe(self, name: str) -> Mapping[str, Any]:
        """The newest stack of that name, even if it is deleted."""
        summaries = self.client("cloudformation").list_stacks()["StackSummaries"]
        found = [each for each in summaries if each["StackName"] == name]
        newest = max(found, key=lambda each: each["CreationTime"])
        if newest["StackStatus"] == "DELETE_COMPLETE":
            return dict(newest)
        described: Mapping[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)[
            "Stacks"
        ][0]
        return described

    def _why(self, name: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        failed = [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason')}"
            for each in reversed(events)
            if each["ResourceStatus"].endswith("_FAILED")
        ]
        return "; ".join(failed[:5]) or "its events show no failure"
