"""One finding: what was looked at, how it is, and the command that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.errors import AccessDenied, BatchError, BridgeError, ClientNotMade, TargetMissing, Unavailable

Severity = Literal["ok", "warning", "problem", "unknown"]
Verdict = Literal["fine", "found", "blind"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is what was looked at (``stream``, ``mapping``, …), ``about`` which one. ``unknown``: it
    could not be seen. ``mend`` is a command to type or a thing to do; empty where all is well.
    ``local``: nobody outside this machine was asked."""

    check: str
    about: str
    severity: Severity
    message: str
    fix: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Of one table: what commands name, and the moment (seconds since the epoch)."""

    config: str
    name: str  # in bridge.yaml
    table: str  # in DynamoDB
    now_s: float
    function: str = ""

    def reconcile(self, verb: str = "plan") -> str:
        words = ["stream-bridge", "reconcile", verb, "--config", self.config, "--table", self.name]
        if self.function:
            words += ["--function", self.function]
        return shlex.join(words)


def finding_of(check: str, about: str, error: BridgeError, *, local: bool = False) -> Finding:
    """What an error says about a set-up. Missing is missing; closed, unreachable and not understood is
    ``unknown``, because nothing was seen; what we ourselves found wrong is a problem."""
    severity: Severity = "problem"
    fix = error.hint
    if isinstance(error, Unavailable):
        severity, fix = "unknown", "look at the network, the region and --endpoint-url, and ask again"
    elif isinstance(error, AccessDenied | ClientNotMade) or (
        isinstance(error, BatchError) and error.code and not isinstance(error, TargetMissing)
    ):
        severity = "unknown"
    return Finding(check, about, severity, error.message, fix, local)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """``blind`` where nothing outside could be seen at all; ``unknown`` beside what was seen is ``found``."""
    asked = [finding for finding in findings if not finding.local]
    if asked and all(finding.severity == "unknown" for finding in asked):
        return "blind"
    return "fine" if all(finding.severity == "ok" for finding in findings) else "found"


def duration(seconds: float) -> str:
    """For people: ``40 s``, ``12 min``, ``5.0 h``, ``3.1 days``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
