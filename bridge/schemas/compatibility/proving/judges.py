"""Whether an event shows a break: the validators of both sides decide before the event is shown."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import jsonschema_rs

from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.reading.json_values import has_integral_float, mentions
from bridge.schemas.compatibility.reading.normal import Normal

TURNING: Final = frozenset({"not", "if", "oneOf", "maxContains"})
"""Keywords that accept less when a schema inside them accepts more."""


def compile_schema(schema: Normal) -> Any:
    """A validator for a schema in normal form: formats are asserted and nothing is fetched."""
    document = bundle((schema.root,), schema.defs)
    return jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)


class Judge:
    """One direction: the runtime validators of both documents, and the two readings. ``closed`` and
    ``opened`` are ``None`` where the documents are compared as written."""

    def __init__(self, producer: Any, consumer: Any, closed: Normal | None, opened: Normal | None) -> None:
        self._producer = producer
        self._consumer = consumer
        self._opened = opened
        self._closed_validator = None if closed is None else cache(lambda: compile_schema(closed))
        self._opened_validator = None if opened is None else cache(lambda: compile_schema(opened))

    def breaks(self, event: Any) -> bool:
        """Whether the producer may send it, at runtime and by its reading, and the consumer refuses it."""
        try:
            if not self._producer.is_valid(event) or self._consumer.is_valid(event):
                return False
            return self._is_sent(event) and self._is_refused(event)
        except ValueError:
            return False

    def _is_sent(self, event: Any) -> bool:
        return self._closed_validator is None or bool(self._closed_validator().is_valid(event))

    def _is_refused(self, event: Any) -> bool:
        if self._opened is None or self._opened_validator is None:
            return True
        if self._opened.inexact and self._is_doubtful(event, self._opened):
            return False
        return not self._opened_validator().is_valid(event)

    @staticmethod
    def _is_doubtful(event: Any, opened: Normal) -> bool:
        """Whether the opened schema, which is 2020-12, may refuse what its own draft would accept.

        Inside ``not`` and similar keywords, treating ``1.0`` as an integer or ignoring content keywords
        refuses more.
        """
        document = [opened.root, opened.defs]
        return mentions(document, TURNING) and (
            has_integral_float(event) or mentions(document, frozenset({"x-content"}))
        )
