"""Telemetry that keeps what it was told."""

from __future__ import annotations

from collections import Counter


class KeptTelemetry:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def count(self, name: str, value: float = 1) -> None:
        self.counts[name] += int(value)

    def log(self, level: str, message: str, **fields: object) -> None:
        self.lines.append((level, message, fields))

    @property
    def messages(self) -> list[str]:
        return [message for _, message, _ in self.lines]
