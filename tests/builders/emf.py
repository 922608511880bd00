"""CloudWatch's rules for the embedded metric format, as its specification states them.

Source: "Specification: Embedded metric format" in the CloudWatch user guide, and MetricDatum and Dimension in
its API reference for units and characters.
"""

from __future__ import annotations

import json
import math
from typing import Any

LINE_BYTES = 256 * 1024
METRICS = 100
DIMENSIONS = 30
VALUES = 100
UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *(f"{prefix}{kind}" for prefix in ("", "Kilo", "Mega", "Giga", "Tera") for kind in ("bytes", "bits")),
    *(f"{p}{kind}" for p in ("Kilo", "Mega", "Giga", "Tera") for kind in ("bytes/Second", "bits/Second")),
    *("Bytes", "Bits", "Bytes/Second", "Bits/Second"),
}


def is_emf(line: str) -> bool:
    return line.startswith("{") and "_aws" in json.loads(line)


def problems(line: str, *, now_ms: float) -> list[str]:
    """What CloudWatch would not extract from this line; empty = everything is extracted."""
    found: list[str] = []
    if len(line.encode()) > LINE_BYTES:
        found.append("the line is too long for a log event")
    document = json.loads(line, object_pairs_hook=lambda pairs: _once(pairs, found))
    head = document.get("_aws")
    if not isinstance(head, dict):
        return [*found, "_aws is no object"]
    stamp = head.get("Timestamp")
    if not isinstance(stamp, int) or isinstance(stamp, bool):
        found.append("Timestamp is no whole number")
    elif not now_ms - 14 * 86_400_000 <= stamp <= now_ms + 2 * 3_600_000:
        found.append("Timestamp is not within 14 days before and 2 hours after now, in ms")
    directives = head.get("CloudWatchMetrics")
    if not isinstance(directives, list) or not directives:
        return [*found, "CloudWatchMetrics is no list of directives"]
    for directive in directives:
        found += _directive(directive, document)
    return found


def _once(pairs: list[tuple[str, Any]], found: list[str]) -> dict[str, Any]:
    """RFC 8259 does not say which of two equal names counts, so a document with both is ambiguous."""
    if len(dict(pairs)) != len(pairs):
        found.append("a member stands twice in its object")
    return dict(pairs)


def _directive(directive: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = []
    if unknown := set(directive) - {"Namespace", "Dimensions", "Metrics"}:
        found.append(f"unknown members {unknown}")
    namespace = directive.get("Namespace")
    if not isinstance(namespace, str) or not 1 <= len(namespace) <= 255 or namespace.startswith("AWS/"):
        found.append("Namespace")
    sets = directive.get("Dimensions")
    if not isinstance(sets, list) or not sets:
        found.append("Dimensions is no list of sets")
    for names in sets or ():
        if not isinstance(names, list) or len(names) > DIMENSIONS or len(set(names)) != len(names):
            found.append(f"dimension set {names}")
            continue
        for name in names:
            found += _dimension(name, document.get(name))
    metrics = directive.get("Metrics")
    if not isinstance(metrics, list) or not 1 <= len(metrics) <= METRICS:
        found.append("Metrics is no list of 1 to 100 definitions")
    for metric in metrics or ():
        found += _metric(metric, document)
    return found


def _dimension(name: Any, value: Any) -> list[str]:
    if not isinstance(name, str) or not 1 <= len(name) <= 250 or not name.isascii() or name.startswith(":"):
        return [f"dimension name {name!r}"]
    if not isinstance(value, str) or not 1 <= len(value) <= 1024:
        return [f"dimension {name}: its value is no text of 1 to 1,024 characters"]
    if not value.isascii() or not value.isprintable() or not value.strip():
        return [f"dimension {name}: its value is not visible ASCII"]
    return []


def _metric(metric: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = []
    if unknown := set(metric) - {"Name", "Unit", "StorageResolution"}:
        found.append(f"unknown members {unknown}")
    name = metric.get("Name")
    if not isinstance(name, str) or not 1 <= len(name) <= 255:
        return [*found, f"metric name {name!r}"]
    if metric.get("Unit", "None") not in UNITS:
        found.append(f"{name}: unit {metric['Unit']}")
    if metric.get("StorageResolution", 60) not in (1, 60):
        found.append(f"{name}: storage resolution")
    values = document.get(name)
    if not isinstance(values, list):
        values = [values]
    if not 1 <= len(values) <= VALUES:
        found.append(f"{name}: {len(values)} values")
    for value in values:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fine or abs(value) > 2**360:
            found.append(f"{name}: value {value!r}")
    return found
