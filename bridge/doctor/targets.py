"""What the bridge writes to, and how far it is behind."""

from __future__ import annotations

from typing import Final

from bridge.doctor.finding import Context, Finding, duration
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.setup import TimeToLive

TTL_ATTRIBUTE: Final = "ttl"
LAG_MAX_S: Final = STREAM_RETENTION_S / 2
"""From this lag on, half of the time is gone for which the stream keeps unhandled records."""


def judge_sink(name: str, max_bytes: int, configured_max_bytes: int | None, *, local: bool) -> Finding:
    """``max_bytes`` is what the target accepts now."""
    if configured_max_bytes is not None and max_bytes < configured_max_bytes:
        return Finding(
            "sink",
            name,
            "warning",
            f"takes {max_bytes:,} bytes, less than max_bytes {configured_max_bytes:,} in bridge.yaml",
            f"raise the topic's MaximumMessageSize, or set sinks.{name}.max_bytes to {max_bytes}",
        )
    text = "exists" if local else f"exists and takes events of {max_bytes:,} bytes"
    return Finding("sink", name, "ok", text, local=local)


def judge_time_to_live(ledger: str, found: TimeToLive) -> Finding:
    if found.status in ("ENABLED", "ENABLING") and found.attribute == TTL_ATTRIBUTE:
        return Finding("ledger-ttl", ledger, "ok", f"{found.status.lower()} on {TTL_ATTRIBUTE}")
    command = (
        f"aws dynamodb update-time-to-live --table-name {ledger} "
        f"--time-to-live-specification Enabled=true,AttributeName={TTL_ATTRIBUTE}"
    )
    if found.status in ("ENABLED", "ENABLING"):
        text = f"TTL is on {found.attribute}, not on {TTL_ATTRIBUTE}"
        fix = f"disable it there, then: {command}"
    else:
        text, fix = "TTL is off: rows of removed items are never deleted", command
    return Finding("ledger-ttl", ledger, "warning", text, fix)


def judge_depth(where: str, depth: int, list_command: str, *, more: bool = False, local: bool) -> Finding:
    """``more``: counting stopped at ``depth``."""
    if depth == 0:
        return Finding("quarantine", where, "ok", "is empty", local=local)
    text = f"holds {depth:,}{' or more' if more else ''} {'record' if depth == 1 else 'records'}"
    return Finding("quarantine", where, "warning", text, list_command, local=local)


def judge_lag(context: Context, lag_s: float | None, grace_s: float, *, enabled: bool) -> Finding:
    """``grace_s``: the lag above which a reconciliation cannot conclude. ``enabled``: a mapping is."""
    if lag_s is None:
        if enabled:
            return Finding("lag", context.table, "ok", "nothing was read in the last 15 min: a quiet stream")
        text = f"no IteratorAge of function {context.function} in the last 15 min, and no mapping is enabled"
        return Finding("lag", context.table, "unknown", text, "fix the mapping first")
    share = lag_s / STREAM_RETENTION_S
    text = f"behind by {duration(lag_s)}, {share:.0%} of the 24 h that the stream keeps"
    if lag_s >= LAG_MAX_S:
        fix = (
            f"aws logs tail /aws/lambda/{context.function} --since 1h shows what fails; if nothing "
            "fails, raise --parallelization-factor; reconcile afterwards"
        )
        return Finding("lag", context.table, "problem", text, fix)
    if lag_s > grace_s:
        fix = f"wait: above the grace of {duration(grace_s)} a reconciliation cannot conclude"
        return Finding("lag", context.table, "warning", text, fix)
    return Finding("lag", context.table, "ok", text)
