"""The handler for Lambda's event source mapping of a table's stream: ``bridge.lambdas.stream.handler``.

Environment: ``BRIDGE_CONFIG`` (path of bridge.yaml, default ``bridge.yaml`` beside the code), the
variables that bridge.yaml names, and ``AWS_ENDPOINT_URL`` where the target is not AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bridge.core.records.dialect import STREAM
from bridge.wiring.functions import Function, StreamHandler, open_stream

__all__ = ["StreamHandler", "handler"]

_function = Function(partial(open_stream, dialect=STREAM))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point. The first invocation builds the relay, which is kept while the process lives."""
    answer: dict[str, list[dict[str, str]]] = _function(event, context)
    return answer
