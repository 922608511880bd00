"""Telemetry and tracer for those who are not asked to tell anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.core.event import Trace
from bridge.ports.telemetry import Annotation, Span


class Silence:
    """Counts and logs nothing."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def measure(self, name: str, value: float, **dimensions: str) -> None: ...

    def wants(self, level: str) -> bool:
        return False

    def log(self, level: str, message: str, **fields: object) -> None: ...


class NoSpan:
    """A span that nobody looks at."""

    def annotate(self, **annotations: Annotation) -> None: ...


NO_SPAN = NoSpan()


class NoTracer:
    """Records nothing; the trace that came is passed on all the same."""

    @contextmanager
    def batch(self, trace: Trace | None) -> Iterator[Trace | None]:
        yield trace

    @contextmanager
    def span(self, name: str, **annotations: Annotation) -> Iterator[Span]:
        yield NO_SPAN
