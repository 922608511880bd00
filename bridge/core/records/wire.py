"""Records as JSON text, also those that AWS never writes: on their way to quarantine nothing may stop them.

orjson refuses lone surrogates, integers beyond 64 bits and what is not a number; Python's own JSON takes
them. It is only asked where orjson refuses, because it is far slower.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def dumps(value: Any, *, sort_keys: bool = False) -> bytes:
    """The JSON of any parsed JSON. A value that orjson refuses is written in ASCII."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=sort_keys).encode("ascii")


def loads(data: bytes) -> Any:
    """Raises ``ValueError`` for what is not JSON, ``RecursionError`` for what nests too deep."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)
