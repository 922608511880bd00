"""The event source mapping of infra/bridge.yaml, resolved, as the project's runner takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.core.pattern.matching import compile_filters
from bridge.stream.mapping.settings import MappingSettings, Pace
from tests.infra.templates import ACCOUNT, REGION, Stack

NOT_FOR_A_RUNNER = {
    "FunctionName": "the handler is given to it",
    "EventSourceArn": "so is the stream",
    "Enabled": "it runs when it is started",
    "MetricsConfig": "CloudWatch's",
}


@dataclass(frozen=True)
class TemplateMapping:
    """``bucket`` is where batches go that are given up; ``pace`` has the function's time limit."""

    settings: MappingSettings
    bucket: str
    pace: Pace


def template_mapping(stack: Stack, *, account: str = ACCOUNT, region: str = REGION) -> TemplateMapping:
    """Of a stack of infra/bridge.yaml, as it would be in that account and region."""
    text = json.dumps(stack.properties("Mapping")).replace(ACCOUNT, account).replace(REGION, region)
    properties = json.loads(text)
    destination: str = properties["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination.startswith("arn:aws:s3:::")
    timeout_s = float(stack.properties("Function")["Timeout"])
    return TemplateMapping(
        mapping_settings(properties),
        destination.removeprefix("arn:aws:s3:::"),
        Pace(poll_s=0.01, listing_s=0.05, function_timeout_s=timeout_s),
    )


def mapping_settings(properties: Mapping[str, Any]) -> MappingSettings:
    """``properties`` of AWS::Lambda::EventSourceMapping, resolved. Each is used, or listed as none of
    the runner's; another one fails."""
    left = dict(properties)
    settings = MappingSettings(
        batch_size=int(left.pop("BatchSize")),
        window_s=float(left.pop("MaximumBatchingWindowInSeconds")),
        parallelization_factor=int(left.pop("ParallelizationFactor")),
        starting_position=left.pop("StartingPosition"),
        bisect=left.pop("BisectBatchOnFunctionError"),
        max_retries=int(left.pop("MaximumRetryAttempts")),
        max_record_age_s=int(left.pop("MaximumRecordAgeInSeconds")),
        report_batch_item_failures="ReportBatchItemFailures" in left.pop("FunctionResponseTypes"),
        filters=_filters(left.pop("FilterCriteria", None)),
    )
    left.pop("DestinationConfig")  # not a setting: the runner is given a destination
    unread = left.keys() - NOT_FOR_A_RUNNER.keys()
    assert not unread, f"the runner knows nothing of {sorted(unread)}"
    return settings


def _filters(criteria: Mapping[str, Any] | None) -> tuple[Any, ...]:
    if criteria is None:
        return ()
    return (compile_filters([json.loads(each["Pattern"]) for each in criteria["Filters"]]),)
