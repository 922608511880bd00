"""Metrics, log lines and traces."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from bridge.core.event import Trace


class Telemetry(Protocol):
    """Counts and structured log lines. Never an image, never a value of an item.

    ``name`` is one of :mod:`bridge.metrics`, of kind ``count`` for ``count`` and ``sample`` for ``measure``;
    ``dimensions`` are the ones it has there. May be called from several threads. Nothing here raises for what
    a text holds: a lone surrogate is shown escaped.
    """

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def measure(self, name: str, value: float, **dimensions: str) -> None: ...

    def wants(self, level: str) -> bool:
        """Whether a line of this level would be written, for those whose lines take work to make."""
        ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


Annotation = str | int | float | bool


class Span(Protocol):
    """A stretch of work that a tracer records."""

    def annotate(self, **annotations: Annotation) -> None:
        """Counts and names of ours; never a value of an item."""
        ...


class Tracer(Protocol):
    """Records where an invocation spends its time. It never fails or delays the work."""

    def batch(self, trace: Trace | None) -> AbstractContextManager[Trace | None]:
        """Around one batch. Gives the trace that its events continue: ``trace`` (the handler's) where there
        is one, else a new one where the tracer begins it."""
        ...

    def span(self, name: str, **annotations: Annotation) -> AbstractContextManager[Span]:
        """Around one step of a batch, on the batch's thread."""
        ...
