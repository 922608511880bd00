"""Telemetry that keeps all lines and metrics."""

from __future__ import annotations

from collections import Counter


class KeptTelemetry:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.samples: dict[str, list[float]] = {}
        self.dimensions: dict[str, set[tuple[tuple[str, str], ...]]] = {}
        self.debug = False
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        self.counts[name] += int(value)
        self.dimensions.setdefault(name, set()).add(tuple(dimensions.items()))

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        self.samples.setdefault(name, []).append(value)
        self.dimensions.setdefault(name, set()).add(tuple(dimensions.items()))

    def wants(self, level: str) -> bool:
        return self.debug or level != "debug"

    def log(self, level: str, message: str, **fields: object) -> None:
        self.lines.append((level, message, fields))

    @property
    def messages(self) -> list[str]:
        return [message for _, message, _ in self.lines]
