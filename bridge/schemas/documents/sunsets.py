"""Sunsets that subscribers were told: a day may move later, never earlier, however it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date


def find_earlier(said: Mapping[str, date], reported: Mapping[str, date]) -> Iterator[tuple[str, date, str]]:
    """The keys of ``said`` that end something before it was told to end: key, the day that was told, and
    what to say about it. Keys are a major (``"1"``) or a version (``"1.1.0"``), and a version without a day
    of its own ends with its major: moving a day from one kind of key to the other moves no promise."""
    for key, day in said.items():
        major, _, rest = key.partition(".")
        days = [reported[key]] if key in reported else [reported[major]] if rest and major in reported else []
        if not rest:
            days += [day for name, day in reported.items() if name.startswith(f"{key}.") and name not in said]
        if days and day < max(days):
            yield key, max(days), earlier(key, day, max(days))


def earlier(key: str, day: date, reported: date) -> str:
    return f"the sunset of {key} was told as {reported}, and {day} is earlier: it may only move later"
