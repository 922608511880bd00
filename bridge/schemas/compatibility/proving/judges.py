"""Whether an event shows a break: the validators say so, both ways, before it is shown to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.reading.drafts import REGISTRY_DRAFTS, VALIDATORS, Draft, draft_of
from bridge.schemas.compatibility.reading.json_values import has_integral_float
from bridge.schemas.compatibility.reading.mentions import TURNING, mentions
from bridge.schemas.compatibility.reading.readings import Reading
from bridge.schemas.compatibility.reading.references import NOWHERE, Unusable, join


def compile_document(document: Any, others: Mapping[str, Any], draft: Draft) -> Any:
    """The validator as it stands at runtime: formats asserted, nothing fetched.

    Raises :class:`Unusable` where the library does not take the document.
    """
    try:
        resources = [(_absolute(uri), each) for uri, each in others.items() if draft_of(each) is not None]
        registry = jsonschema_rs.Registry(resources, draft=REGISTRY_DRAFTS[draft]) if resources else None
        return VALIDATORS[draft](
            document,
            validate_formats=True,
            offline=True,
            registry=registry,
            **_base(document, bool(resources)),
        )
    except jsonschema_rs.ValidationError as error:
        pointer = "".join(f"/{step}" for step in error.instance_path)
        raise Unusable("", pointer, _plain(error.message)) from error
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise Unusable("", "", _plain(str(error))) from error


def _base(document: Any, needed: bool) -> dict[str, str]:
    own = isinstance(document, dict) and ("$id" in document or "id" in document)
    return {"base_uri": NOWHERE} if needed and not own else {}


def _absolute(uri: str) -> str:
    return join(NOWHERE, uri)


def _plain(message: str) -> str:
    line = message.splitlines()[0] if message else "is no usable schema"
    return line if len(line) <= 300 else line[:297] + "..."


def compile_reading(reading: Reading) -> Any:
    return jsonschema_rs.Draft202012Validator(
        bundle((reading.root,), reading.defs), validate_formats=True, offline=True
    )


class Judge:
    """One direction. ``closed`` and ``opened`` are ``None`` where the documents count as they stand."""

    def __init__(self, producer: Any, consumer: Any, closed: Reading | None, opened: Reading | None) -> None:
        self._producer = producer
        self._consumer = consumer
        self._closed = closed
        self._opened = opened
        self._closed_validator: Any = None
        self._opened_validator: Any = None

    def breaks(self, event: Any) -> bool:
        """Whether the producer may send it, at runtime and by its reading, and the consumer refuses it."""
        try:
            if not self._producer.is_valid(event) or self._consumer.is_valid(event):
                return False
            return self._sent(event) and self._refused(event)
        except ValueError:
            return False

    def _sent(self, event: Any) -> bool:
        if self._closed is None:
            return True
        if self._closed_validator is None:
            self._closed_validator = compile_reading(self._closed)
        return bool(self._closed_validator.is_valid(event))

    def _refused(self, event: Any) -> bool:
        if self._opened is None:
            return True
        if self._opened.inexact and self._is_doubtful(event):
            return False
        if self._opened_validator is None:
            self._opened_validator = compile_reading(self._opened)
        return not self._opened_validator.is_valid(event)

    def _is_doubtful(self, event: Any) -> bool:
        """Whether the opened schema, which is 2020-12, may refuse what its own draft would take.

        Under ``not`` and its like, taking ``1.0`` for an integer, or not minding content, refuses more.
        """
        if self._opened is None or not mentions([self._opened.root, self._opened.defs], TURNING):
            return False
        return has_integral_float(event) or mentions(
            [self._opened.root, self._opened.defs], frozenset({"x-content"})
        )
