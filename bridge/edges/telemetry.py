"""Logs and metrics: through AWS Lambda Powertools inside Lambda, as plain lines for people elsewhere."""

from __future__ import annotations

import logging
import threading
from typing import Any, Protocol

import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from bridge.metrics import METRICS, NAMESPACE

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class PowertoolsTelemetry:
    """Structured JSON logs and metrics in CloudWatch's embedded metric format, both on standard output.

    ``flush`` writes the metrics that were counted since the last one; call it once per invocation.
    """

    def __init__(self, *, service: str = "stream-bridge", level: str = "INFO") -> None:
        self._logger = Logger(service=service, level=level)
        self._metrics = Metrics(namespace=NAMESPACE, service=service)

    def count(self, name: str, value: float = 1) -> None:
        self._metrics.add_metric(name, MetricUnit(METRICS[name].unit), value)

    def log(self, level: str, message: str, **fields: object) -> None:
        write = {"debug": self._logger.debug, "warning": self._logger.warning, "error": self._logger.error}
        write.get(level, self._logger.info)(message, extra=fields)

    def flush(self) -> None:
        self._metrics.flush_metrics()


class Lines(Protocol):
    """Where lines go: a text stream, or what stands in for one."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class LineTelemetry:
    """For people at a terminal or a pipe: one line a message, counts kept in ``counts``."""

    def __init__(self, stream: Lines, *, level: str = "info", as_json: bool = False) -> None:
        self._stream = stream
        self._level = _LEVELS[level]
        self._as_json = as_json
        self._lock = threading.Lock()  # lanes and tables count at the same time
        self.counts: dict[str, float] = {}

    def count(self, name: str, value: float = 1) -> None:
        with self._lock:
            self.counts[METRICS[name].name] = self.counts.get(name, 0) + value

    def log(self, level: str, message: str, **fields: object) -> None:
        if _LEVELS[level] < self._level:
            return
        if self._as_json:
            line = orjson.dumps({"level": level, "message": message, **fields}, default=str).decode()
        else:
            told = "  ".join(f"{name}={value}" for name, value in fields.items() if value not in ("", None))
            line = f"{level}: {message}" + (f"  {told}" if told else "")
        self._stream.write(line + "\n")
        self._stream.flush()


def quiet_libraries() -> None:
    """boto's own chatter is not for the people who read our lines."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Silence:
    """Counts and logs nothing."""

    def count(self, name: str, value: float = 1) -> None:
        pass

    def log(self, level: str, message: str, **fields: Any) -> None:
        pass
