"""Values as JSON compares them: ``1`` is ``1.0`` and is not ``true``."""

from __future__ import annotations

from typing import Any

import jsonschema_rs


def key_of(value: Any) -> str:
    """One text for all values that JSON Schema holds for equal."""
    return jsonschema_rs.canonical.json.to_string(value)


def has_integral_float(value: Any) -> bool:
    """Whether ``1.0`` or its like stands in it: an integer since draft 6, none in draft 4."""
    if isinstance(value, float):
        return value.is_integer()
    if isinstance(value, dict):
        return any(map(has_integral_float, value.values()))
    return isinstance(value, list) and any(map(has_integral_float, value))
