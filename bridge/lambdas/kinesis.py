"""The handler for Lambda's event source mapping of a Kinesis stream that DynamoDB writes to:
``bridge.lambdas.kinesis.handler``. Several tables may share the stream.

Environment as for ``bridge.lambdas.stream``. docs/sources.md says what this source promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bridge.core.records.kinesis import KINESIS
from bridge.wiring.functions import Function, open_stream

_function = Function(partial(open_stream, dialect=KINESIS))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point; answers with Kinesis sequence numbers."""
    answer: dict[str, list[dict[str, str]]] = _function(event, context)
    return answer
