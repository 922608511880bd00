"""What the product's entry points find around them: boto3, the clock, threads, chance and the environment.

Everything else in them is the product: they read bridge.yaml, build their parts and make their clients.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3.session

from bridge.core.records.kinesis import KINESIS
from bridge.edges.local.clock import SystemClock
from bridge.lambdas import pipe
from bridge.relay.accounts import Outcome
from bridge.relay.relay import Relay
from bridge.settings import model
from bridge.settings.yaml_source import YamlSource, parse_yaml
from bridge.stream import runners
from bridge.stream.mapping.invocation import InlineExecutor
from bridge.wiring import bridge as wiring
from bridge.wiring import functions, reconcile, redrive, registries, run
from tests.simulation.account.clients import REGION, Session
from tests.simulation.configuration import SECRET
from tests.simulation.kinds import PII_KEY
from tests.simulation.simulation import Simulation
from tests.simulation.world import SimulatedClock

_ENVIRONMENT: Mapping[str, str] = {
    "AWS_DEFAULT_REGION": REGION,
    "HASH_KEY": SECRET.decode(),
    "NO_COLOR": "1",
    "PII_KEY": PII_KEY.decode(),
}
_FOREIGN = ("AWS_LAMBDA_FUNCTION_NAME", "BRIDGE_CONFIG", "STREAM_BRIDGE_DEBUG", "_X_AMZN_TRACE_ID")


class OneThread(InlineExecutor):
    """A pool of threads that works at once, in the caller's."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()


@contextmanager
def in_account(simulation: Simulation) -> Iterator[None]:
    """While this is open, what the product builds is over the peers of the run, and watched."""
    if not simulation.options.account.any:
        yield
        return
    rng = simulation.options.account.rng
    chance = SimpleNamespace(
        Random=lambda *_: rng, SystemRandom=lambda: rng, token_hex=lambda size: f"{rng.getrandbits(32):08x}"
    )
    with ExitStack() as stack:
        for name, value in _clock(simulation.world.clock).items():
            stack.enter_context(patch.object(SystemClock, name, value))
        stack.enter_context(patch.object(boto3.session, "Session", Session))
        stack.enter_context(
            patch.object(Session, "make", staticmethod(simulation.account.client), create=True)
        )
        stack.enter_context(patch.object(model, "parse_yaml", _parsed))
        for module in (wiring, reconcile, run, runners):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", OneThread))
        for module in (wiring, reconcile, run, registries):
            stack.enter_context(patch.object(module, "random", chance))
        stack.enter_context(patch.object(reconcile, "secrets", chance))
        stack.enter_context(patch.object(functions, "gc", SimpleNamespace(collect=_nothing, freeze=_nothing)))
        for module in (functions, pipe, redrive, run):
            build = _watched(simulation, module.build_relay)
            stack.enter_context(patch.object(module, "build_relay", build))
        environment = {**os.environ, **_ENVIRONMENT}
        kept = {name: value for name, value in environment.items() if name not in _FOREIGN}
        stack.enter_context(patch.dict(os.environ, kept, clear=True))
        yield


def _clock(clock: SimulatedClock) -> Mapping[str, Any]:
    return {
        "now": lambda _: clock.now(),
        "monotonic": lambda _: clock.monotonic(),
        "sleep": lambda _, seconds: clock.sleep(seconds),
    }


def _watched(simulation: Simulation, build: Any) -> Any:
    """Builds relays whose every outcome is checked."""

    class Watched(Relay):
        __slots__ = ()

        def handle(self, records: Any, deadline: Any, **named: Any) -> Outcome:
            if named.get("dialect") is KINESIS:  # its positions are not those of the table's own stream
                return Relay.handle(self, records, deadline, **named)
            with simulation.watch.handling(records, redriven=named.get("redriven", False)):
                outcome = Relay.handle(self, records, deadline, **named)
            simulation.saw(outcome, len(records))
            return outcome

    def built(*arguments: Any, **named: Any) -> Relay:
        relay: Relay = build(*arguments, **named)
        object.__setattr__(relay, "__class__", Watched)
        return relay

    return built


@lru_cache(maxsize=256)
def _parsed(content: bytes, file: str) -> YamlSource:
    """The same text is parsed once: that is most of the time of a verb."""
    return parse_yaml(content, file)


def _nothing() -> None:
    """Nothing to collect."""
