"""Metrics, log lines and traces; and the implementations that record nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from bridge.core.event import Trace


class Telemetry(Protocol):
    """Counts and structured log lines. Never an image, never a value of an item.

    ``name`` is one of :mod:`bridge.metrics`, of kind ``count`` for ``count`` and ``sample`` for ``measure``;
    ``dimensions`` are the ones it has there. May be called from several threads. No method raises because of
    what a text holds: a lone surrogate is shown escaped.
    """

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def measure(self, name: str, value: float, **dimensions: str) -> None: ...

    def wants(self, level: str) -> bool:
        """Whether a line of this level would be written, for callers whose lines take work to make."""
        ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


class Silence:
    """Counts and logs nothing."""

    def count(self, name: str, value: float = 1, **dimensions: str) -> None: ...

    def measure(self, name: str, value: float, **dimensions: str) -> None: ...

    def wants(self, level: str) -> bool:
        return False

    def log(self, level: str, message: str, **fields: object) -> None: ...


Annotation = str | int | float | bool


class Span(Protocol):
    """A stretch of work that a tracer records."""

    def annotate(self, **annotations: Annotation) -> None:
        """Counts and names from the configuration; never a value of an item."""
        ...


class Tracer(Protocol):
    """Records where an invocation spends its time. It never fails or delays the work."""

    def batch(self, trace: Trace | None) -> AbstractContextManager[Trace | None]:
        """Around one batch. Gives the trace that its events continue: ``trace`` (the handler's) where it is
        given, else a new one where the tracer begins it."""
        ...

    def span(self, name: str, **annotations: Annotation) -> AbstractContextManager[Span]:
        """Around one step of a batch, on the batch's thread."""
        ...


class NoSpan:
    """Drops its annotations."""

    def annotate(self, **annotations: Annotation) -> None: ...


NO_SPAN = NoSpan()


class NoTracer:
    """Records nothing, and passes on the trace that came."""

    @contextmanager
    def batch(self, trace: Trace | None) -> Iterator[Trace | None]:
        yield trace

    @contextmanager
    def span(self, name: str, **annotations: Annotation) -> Iterator[Span]:
        yield NO_SPAN
