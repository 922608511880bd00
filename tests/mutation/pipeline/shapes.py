"""Shapes: options that replace what a seed draws, so that the trouble that a promise is for happens often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.stream.mapping.settings import MappingSettings

PLAIN: Mapping[str, Any] = {
    "ledger": "newer",
    "keep": "fields",
    "heal": "report",
    "mapping": MappingSettings(),
    "rounds": 6,
    "writes": 14,
    "steps": 8,
    "keys": 3,
    "page_size": 1000,
    "function_timeout_s": 60.0,
    **dict.fromkeys(
        (
            "poison_share",
            "fault_share",
            "stuck_share",
            "crash_share",
            "overlap_share",
            "skip_share",
            "split_share",
            "gap_share",
            "deploy_share",
            "refused_share",
            "nonsense_share",
            "pause_share",
        ),
        0.0,
    ),
    "begins_with": 0,
    "entities": "none",
    "checks_targets": False,
}
"""Nothing goes wrong; the user of a shape adds the trouble that its promise is for."""

LOSSY: Mapping[str, Any] = {**PLAIN, "keys": 12, "skip_share": 0.3, "gap_share": 0.3, "live_share": 0.0}
"""Much is lost, and no later change would show it."""
