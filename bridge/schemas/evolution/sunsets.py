"""Sunsets that come closer, are past, or contradict the status beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bridge.schemas.documents.meta import Status
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.sunset_days import SOON_DAYS, days_left
from bridge.schemas.finding import APPROACHING, Finding, finding


def find_sunsets(schemas: SchemaSet, today: date) -> Iterator[Finding]:
    """Warnings about the sunsets of all types, with the words for the day."""
    for type_name, meta in schemas.metas.items():
        for key, sunset in meta.sunsets.items():
            retired = sunset.retired or meta.status is Status.RETIRED
            left = (sunset.day - today).days
            rule, name = "sunset", f"{type_name} {key}"
            if left < 0 and not retired:
                message = f"the last day of {name} was {sunset.day}"
                advice = "stop publishing it and set `status: retired` beside the date, or set a later day"
            elif left >= 0 and sunset.retired:
                message = f"{name} is retired, and its last day is {sunset.day}"
                advice = "set that status when the day is over: subscribers rely on it"
            elif 0 <= left <= SOON_DAYS and not retired:
                rule, message, advice = (
                    APPROACHING,
                    f"{name} {days_left(left)}, on {sunset.day}",
                    _advice(left),
                )
            else:
                continue
            path, line = f"sunset.{key}", sunset.line
            yield finding(rule, meta.file, message, advice, "warning", path=path, line=line, column=1)


def _advice(left: int) -> str:
    if left == 0:
        return "tomorrow stop publishing it and set `status: retired` beside the date; or set a later day"
    return "ask its subscribers whether they have moved, or set a later day"
