"""The claim check: an event too large for a sink is published without its data, which is stored. Pure.

It uses CloudEvents' ``dataref`` extension (spec repository, cloudevents/extensions/dataref.md): the event has
no ``data``, and ``dataref`` is the URI of exactly that data. Only a sink that cannot take the whole event
gets it in this form: the rules and filters of other sinks still see ``data``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import orjson

from bridge.core.event import Event
from bridge.core.text import json_bytes
from bridge.errors import EventTooLarge


class Limited(Protocol):
    """What the claim check needs to know of a sink."""

    max_bytes: int

    def size_of(self, event: Event) -> int: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """The data of one event, as JSON. Equal data of one type is always the same claim, so data that is stored
    under its name never has to be written again."""

    event_type: str
    data: bytes

    @property
    def name(self) -> str:
        """``<type>/<SHA-256 of the data>.json``"""
        return f"{self.event_type}/{sha256(self.data).hexdigest()}.json"


def too_large_for(event: Event, sinks: Mapping[str, Limited]) -> tuple[str, ...]:
    """The event's sinks that cannot take it as it is; nearly always none."""
    over: tuple[str, ...] = ()
    for name in event.sinks:
        sink = sinks[name]
        if sink.size_of(event) > sink.max_bytes:
            over += (name,)
    return over


def split(event: Event, locate: Callable[[Claim], str]) -> tuple[Claim, Event]:
    """The event's data, and the same event with a reference in place of the data.

    Its id, order and attributes stay. Equal events give equal bytes: orjson writes numbers back as it read
    them, because it wrote them in the first place.
    """
    attributes = orjson.loads(event.body)
    claim = Claim(event.type, json_bytes(attributes.pop("data", None)))
    attributes["dataref"] = locate(claim)
    return claim, event._replace(body=json_bytes(attributes))


def fit(
    events: tuple[Event, ...], sinks: Mapping[str, Limited], locate: Callable[[Claim], str] | None
) -> tuple[tuple[Event, ...], tuple[Claim, ...]]:
    """The events in the forms that their sinks take, each form with its own sinks, and the claims to store
    before any of them is published.

    ``locate`` None: there is no claim check. Raises :class:`EventTooLarge` where no form fits.
    """
    for event in events:
        if too_large_for(event, sinks):
            break
    else:
        return events, ()
    forms: list[Event] = []
    claims: list[Claim] = []
    for event in events:
        over = too_large_for(event, sinks)
        whole = tuple(name for name in event.sinks if name not in over)
        if whole:
            forms.append(event._replace(sinks=whole))
        if over:
            claim, reduced = _reduce(event, over, sinks, locate)
            forms.append(reduced)
            claims.append(claim)
    return tuple(forms), tuple(claims)


def _reduce(
    event: Event,
    over: tuple[str, ...],
    sinks: Mapping[str, Limited],
    locate: Callable[[Claim], str] | None,
) -> tuple[Claim, Event]:
    if locate is None:
        hint = "configure claim_check, map less into the event's data, or leave before and after out of it"
        raise _too_large(event, over[0], sinks, "", hint)
    claim, reduced = split(event._replace(sinks=over), locate)
    still_over = too_large_for(reduced, sinks)
    if still_over:
        hint = "the rest is the subject, the key and the like: shorten those"
        raise _too_large(reduced, still_over[0], sinks, " without its data", hint)
    return claim, reduced


def _too_large(event: Event, name: str, sinks: Mapping[str, Limited], how: str, hint: str) -> EventTooLarge:
    size, max_bytes = sinks[name].size_of(event), sinks[name].max_bytes
    error = EventTooLarge(
        f"event {event.type} counts {size} bytes{how}, sink {name} takes {max_bytes}", hint=hint
    )
    error.event_type = event.type
    return error
