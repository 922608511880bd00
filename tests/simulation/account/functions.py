"""Lambda functions of the product, from their entry point on: a process builds its handler from bridge.yaml
with the first invocation, and writes metrics and log lines to stdout."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bridge.core.records.dialect import STREAM
from bridge.wiring import functions
from bridge.wiring.bridge import Configuration, load_configuration
from bridge.wiring.functions import Function, open_stream
from tests.simulation.account.account import Account
from tests.simulation.configuration import PLAIN
from tests.simulation.judge import Judge

TRACE = "Root=1-68e4c1f0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
_ENDS = ("RecordsPublished", "RecordsWithoutEvent", "RecordsQuarantined", "RecordsReturned")


class Process:
    """One process of a function; ``role`` names it as bridge/infra/permissions.py does."""

    def __init__(
        self,
        open_handler: Callable[[Configuration, Any], Any],
        role: str,
        config: Path,
        account: Account,
        judge: Judge,
        **environment: str,
    ) -> None:
        self._function = Function(open_handler)
        self._role, self._account, self._judge = role, account, judge
        self.lines: list[dict[str, Any]] = []
        """What it has logged."""
        self._environment = {"BRIDGE_CONFIG": str(config), "_X_AMZN_TRACE_ID": TRACE, **environment}

    def handle(self, event: Any, context: Any) -> Any:
        out = io.StringIO()
        outer, self._account.role = self._account.role, self._role
        try:
            with (
                patch.dict(os.environ, self._environment),
                patch.object(functions, "load", _loaded),
                redirect_stdout(out),
            ):
                return self._function(event, context)
        finally:
            self._account.role = outer
            self._check(out.getvalue())

    def _check(self, printed: str) -> None:
        """Every record that was counted ended in one way, and no secret is in a line."""
        if PLAIN in printed:
            self._judge.violated(f"function {self._role} writes a value that is redacted")
        counted: Counter[str] = Counter()
        for line in map(json.loads, printed.splitlines()):
            self.lines.append(line)
            for name in ("RecordsReceived", *_ENDS):
                if "_aws" in line:
                    counted[name] += sum(line.get(name, ()))
        if counted["RecordsReceived"] != sum(counted[name] for name in _ENDS):
            self._judge.violated(f"function {self._role} counts {dict(counted)}")


def stream_function(config: Path, account: Account, judge: Judge) -> Process:
    """``bridge.lambdas.stream``."""
    return Process(partial(open_stream, dialect=STREAM), "stream", config, account, judge)


@lru_cache(maxsize=256)
def _loaded_once(path: Path) -> Configuration:
    return load_configuration(path, os.environ)


def _loaded(path: Path, environ: Any) -> Configuration:
    """A project's files never change: the configuration is compiled once."""
    return _loaded_once(path)
