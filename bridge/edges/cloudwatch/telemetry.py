"""Logs and metrics: with AWS Lambda Powertools inside Lambda, as plain lines for people elsewhere."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from bridge.metrics import METRICS, NAMESPACE, SERVICE
from bridge.ports.telemetry import Silence

__all__ = ["LineTelemetry", "Lines", "PowertoolsTelemetry", "Silence", "quiet_libraries"]

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_VALUES_MAX: Final = 99
"""Values of one metric in one line: CloudWatch takes 100, and Powertools flushes by itself at 100."""
_DIMENSION_MAX: Final = 1024
_EMF_NAMES: Final = {"entity": "Entity"}
_RESERVED: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "level"}
"""Names that log records and Powertools' formatter use themselves."""

Dimensions = tuple[tuple[str, str], ...]


class Lines(Protocol):
    """Where lines are written: a text stream, or an object like one."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class PowertoolsTelemetry:
    """Structured JSON logs and metrics in CloudWatch's embedded metric format, both on standard output.

    Counts are added up and samples collected until ``flush``; call it once per invocation. With ``level``
    None the environment sets the level (``POWERTOOLS_LOG_LEVEL``, Lambda's logging configuration), else it is
    info. ``stream`` None is standard output as it is when a line is written."""

    def __init__(
        self, *, service: str = SERVICE, level: str | None = None, stream: Lines | None = None
    ) -> None:
        self._service = service
        self._stream = stream
        self._logger: Logger = Logger(
            service=service,
            level=None if level is None else level.upper(),
            stream=_StandardOutput() if stream is None else stream,  # type: ignore[arg-type]
            json_serializer=_json_line,
            log_uncaught_exceptions=False,
        )
        # Its own handler writes every line; a parent's handler would write each again, in another format.
        logging.getLogger(service).propagate = False
        self._lock = threading.Lock()
        self._values: dict[Dimensions, dict[str, list[float]]] = {}

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        with self._lock:
            values = self._of(name, "count", dimensions)
            values[:] = [sum(values) + value]

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        with self._lock:
            self._of(name, "sample", dimensions).append(value)

    def _of(self, name: str, kind: str, dimensions: dict[str, str]) -> list[float]:
        metric = METRICS[name]
        if metric.kind != kind or tuple(dimensions) != metric.dimensions[: len(dimensions)]:
            raise ValueError(f"metric {name} is a {metric.kind} by {' and '.join(metric.dimensions) or None}")
        return self._values.setdefault(tuple(dimensions.items()), {}).setdefault(name, [])

    def wants(self, level: str) -> bool:
        return bool(self._logger.log_level <= _LEVELS[level])

    def log(self, level: str, message: str, **fields: object) -> None:
        write = {"debug": self._logger.debug, "warning": self._logger.warning, "error": self._logger.error}
        extra = {f"{name}_" if name in _RESERVED else name: value for name, value in fields.items()}
        write.get(level, self._logger.info)(message, extra=extra)

    def flush(self) -> None:
        """Write the metrics since the last flush, if there are any."""
        with self._lock:
            collected, self._values = self._values, {}
        stream = self._stream or sys.stdout
        for dimensions, values in collected.items():
            for lot in _lots(values):
                stream.write(_json_line(self._document(dimensions, lot)) + "\n")
        stream.flush()

    def _document(self, dimensions: Dimensions, values: dict[str, list[float]]) -> dict[str, Any]:
        """One EMF document. Its metrics have the dimension ``service``, and also ``service`` with each
        further dimension, if there is one: an alarm cannot add up metrics that exist only by table or by
        entity."""
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=self._service)
        metrics.add_dimension("service", _dimension_value(self._service))
        for name, text in dimensions:
            metrics.add_dimension(_EMF_NAMES.get(name, name), _dimension_value(text))
        for name, each in values.items():
            for value in each:
                metrics.add_metric(name, MetricUnit(METRICS[name].unit), value)
        document: dict[str, Any] = {**metrics.serialize_metric_set()}
        if dimensions:
            names = ["service", *(_EMF_NAMES.get(name, name) for name, _ in dimensions)]
            document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = [
                names[: count + 1] for count in range(len(names))
            ]
        return document


class _StandardOutput:
    """Standard output as it is at the time of writing: Lambda and tests replace it."""

    def write(self, text: str, /) -> object:
        return sys.stdout.write(text)

    def flush(self) -> object:
        return sys.stdout.flush()


def _lots(values: dict[str, list[float]]) -> Iterator[dict[str, list[float]]]:
    """The same values in lots that fit one line."""
    while values:
        yield {name: each[:_VALUES_MAX] for name, each in values.items()}
        values = {name: each[_VALUES_MAX:] for name, each in values.items() if len(each) > _VALUES_MAX}


def _dimension_value(text: str) -> str:
    """Visible ASCII, not empty, at most 1,024 characters (docs: Dimension)."""
    return text.encode("unicode_escape").decode("ascii").strip()[:_DIMENSION_MAX] or "-"


class LineTelemetry:
    """For people at a terminal or a pipe: one line for each message; counts are kept in ``counts``."""

    def __init__(self, stream: Lines, *, level: str = "info", as_json: bool = False) -> None:
        self._stream = stream
        self._level = _LEVELS[level]
        self._as_json = as_json
        self._encoding: str = getattr(stream, "encoding", None) or "utf-8"
        self._lock = threading.Lock()  # lanes and tables count at the same time
        self.counts: dict[str, float] = {}

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        with self._lock:
            self.counts[METRICS[name].name] = self.counts.get(name, 0) + value

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        """Samples are not kept: a terminal shows the moment."""

    def wants(self, level: str) -> bool:
        return _LEVELS[level] >= self._level

    def log(self, level: str, message: str, **fields: object) -> None:
        if not self.wants(level):
            return
        if self._as_json:
            line = _json_line({"level": level, "message": message, **fields})
        else:
            reported = "  ".join(
                f"{name}={value}" for name, value in fields.items() if value not in ("", None)
            )
            line = f"{level}: {message}" + (f"  {reported}" if reported else "")
        self._stream.write(line.encode(self._encoding, "backslashreplace").decode(self._encoding) + "\n")
        self._stream.flush()


def _json_line(content: Any) -> str:
    """JSON that every reader accepts. No encoding has a lone surrogate, and strict readers refuse its JSON
    escape, so it is written as the six characters ``\\udXXX``."""
    return json.dumps(_readable(content), default=_readable_text, separators=(",", ":"))


def _readable(content: Any) -> Any:
    if isinstance(content, str):
        return content if content.isascii() else _readable_text(content)
    if isinstance(content, dict):
        return {_readable_text(name): _readable(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_readable(value) for value in content]
    return content


def _readable_text(content: object) -> str:
    return str(content).encode("utf-8", "backslashreplace").decode()


def quiet_libraries() -> None:
    """Hides boto's debug and info lines from people who read the bridge's lines."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
