"""One finding: what was checked, its state, and the command that fixes it."""

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
    """``check`` is what was checked (``stream``, ``mapping``, …), ``about`` which one. ``unknown``: it could
    not be read. ``fix`` is a command or an action; empty if nothing is wrong. ``local``: nothing outside this
    machine was called."""

    check: str
    about: str
    severity: Severity
    message: str
    fix: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One table: the names that commands use, and the time (seconds since the epoch)."""

    config: str
    name: str  # in bridge.yaml
    table: str  # in DynamoDB
    now_s: float
    function: str = ""
    entity: str = ""  # where a finding is about one entity of the table

    @property
    def shown(self) -> str:
        return f"{self.table}/{self.entity}" if self.entity else self.table

    def reconcile(self, verb: str = "plan") -> str:
        words = ["stream-bridge", "reconcile", verb, "--config", self.config, "--table", self.name]
        if self.function:
            words += ["--function", self.function]
        return shlex.join(words)


def finding_of(check: str, about: str, error: BridgeError, *, local: bool = False) -> Finding:
    """What an error says about a setup. A missing resource is a problem, as is what the bridge itself found
    wrong. Access denied, unreachable and not understood are ``unknown``, because nothing was read."""
    severity: Severity = "problem"
    fix = error.hint
    if isinstance(error, Unavailable):
        severity, fix = "unknown", "check the network, the region and --endpoint-url, and try again"
    elif isinstance(error, AccessDenied | ClientNotMade) or (
        isinstance(error, BatchError) and error.code and not isinstance(error, TargetMissing)
    ):
        severity = "unknown"
    return Finding(check, about, severity, error.message, fix, local)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """``blind`` if nothing outside could be read at all; ``unknown`` beside other findings is ``found``."""
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
