"""What the proxy does to a request: drawn from the seed, the number of the request and the weather."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "pass",
    "delay",
    "throttled",
    "unavailable",
    "reset before",
    "reset after",
    "cut short",
    "cut to fit",
    "html",
    "empty object",
    "hang",
]

WEIGHTS: Final[dict[Kind, int]] = {
    "delay": 6,
    "throttled": 4,
    "unavailable": 4,
    "reset before": 4,
    "reset after": 4,
    "cut short": 3,
    "cut to fit": 3,
    "html": 3,
    "empty object": 3,
    "hang": 1,
}
"""How often each fault is drawn. A hang is rare: it takes a caller's whole timeout."""

FAULTS: Final[tuple[Kind, ...]] = tuple(WEIGHTS)
LONGEST_DELAY_S: Final = 0.3
"""Shorter than the start of a process: no call of a killed process arrives after one of the next."""


@dataclass(frozen=True, slots=True)
class Weather:
    """``share``: how many of the requests meet a fault. ``out``: a service that is unavailable as a whole."""

    name: str = "calm"
    share: float = 0.0
    out: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """``passed_on``: whether the endpoint gets the request. ``delay_s``: before it does. ``cut``: how much of
    an answer is left."""

    kind: Kind
    passed_on: bool = True
    delay_s: float = 0.0
    cut: float = 1.0


CALM: Final = Weather()
_NEVER_PASSED_ON: Final = frozenset({"throttled", "unavailable", "reset before"})
_ALWAYS_PASSED_ON: Final = frozenset({"pass", "delay", "reset after", "cut short", "cut to fit"})


def draw(seed: int, number: int, met: int, service: str, weather: Weather) -> Fault:
    """The fault of request ``number``, when ``met`` requests before it were drawn to meet one: the first ones
    meet every kind once. A calm sky passes everything on."""
    if weather.out == service:
        return Fault("unavailable", passed_on=False)
    rng = random.Random(f"{seed}/{number}")
    if rng.random() >= weather.share:
        return Fault("pass")
    if met < len(FAULTS):
        kind = random.Random(f"{seed}/first").sample(FAULTS, len(FAULTS))[met]
    else:
        kind = rng.choices(FAULTS, list(WEIGHTS.values()))[0]
    heads = rng.random() < 0.5
    return Fault(
        kind,
        passed_on=kind in _ALWAYS_PASSED_ON or (kind not in _NEVER_PASSED_ON and heads),
        delay_s=rng.uniform(0.01, LONGEST_DELAY_S) if kind == "delay" else 0.0,
        cut=rng.random() if kind in ("cut short", "cut to fit") else 1.0,
    )


def forecast(seed: int) -> Iterator[tuple[float, Weather]]:
    """Good and bad phases with their seconds, without end."""
    rng = random.Random(f"{seed}/weather")
    services = ("dynamodb", "dynamodbstreams", "events", "sns")
    while True:
        yield rng.uniform(3, 8), Weather("good", 0.03)
        yield rng.uniform(2, 6), Weather("bad", rng.uniform(0.15, 0.3))
        if rng.random() < 0.5:
            yield rng.uniform(2, 5), Weather("storm", rng.uniform(0.45, 0.65))
        if rng.random() < 0.4:
            yield rng.uniform(1, 4), Weather("outage", 0.05, rng.choice(services))
