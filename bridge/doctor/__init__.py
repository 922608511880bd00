"""Checks whether the live setup is as the promises need it: pure functions over what
:mod:`bridge.wiring.doctor` reads."""

from bridge.doctor.finding import (
    Context,
    Finding,
    Severity,
    Verdict,
    finding_of,
    verdict_of,
)
from bridge.doctor.history import (
    judge_comparable,
    judge_generation,
    judge_label,
    judge_modified,
    judge_reconciled,
)
from bridge.doctor.mapping import judge_mapping, judge_mappings
from bridge.doctor.redaction import judge_sampled, judge_unmatched
from bridge.doctor.targets import judge_depth, judge_lag, judge_sink, judge_time_to_live
from bridge.doctor.view import judge_view, wanted_images

__all__ = [
    "Context",
    "Finding",
    "Severity",
    "Verdict",
    "finding_of",
    "judge_comparable",
    "judge_depth",
    "judge_generation",
    "judge_label",
    "judge_lag",
    "judge_mapping",
    "judge_mappings",
    "judge_modified",
    "judge_reconciled",
    "judge_sampled",
    "judge_sink",
    "judge_time_to_live",
    "judge_unmatched",
    "judge_view",
    "verdict_of",
    "wanted_images",
]
