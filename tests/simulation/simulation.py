"""One run: writers and the bridge take turns, things go wrong, then all is calm and the bridge catches up.

A process is a relay and a runner. When it crashes, what it held in memory is gone; the next one begins with
what was durable: ledger, checkpoints, quarantine, destination, and what the buses have received.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple, cast

from bridge.core.records.lambda_record import to_lambda_record
from bridge.errors import AccessDenied, BridgeError
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import Quarantine, Quarantined
from bridge.relay.accounts import Outcome
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.stream.runner import Pace, Runner
from bridge.wiring.functions import Handler, StreamHandler
from tests.simulation.account.account import Account
from tests.simulation.account.functions import stream_function
from tests.simulation.account.options import draw_account
from tests.simulation.account.project import project
from tests.simulation.checking.watch import Watch
from tests.simulation.configuration import EVENT_MAX_BYTES
from tests.simulation.faults import Crash, Faults
from tests.simulation.judge import Judge, Violation
from tests.simulation.kinds import Kinds
from tests.simulation.ledgers import ledger_rows
from tests.simulation.options import SOUND, Parts, draw, for_account
from tests.simulation.outside import Outside
from tests.simulation.schemas import DeployKind
from tests.simulation.world import World, places_of
from tests.simulation.writers import Writers

_RESERVE_S = 0.5
_CALM_STEPS = 3000
_DAY_S = 24 * 3600
_AS_DRAWN: Mapping[str, Any] = {}


class Put(NamedTuple):
    """An entry that was put in quarantine, and by whom; no invocation (0) is a redrive."""

    entry: Quarantined
    bad_deploy: bool
    invocation: int


class _Context:
    """What the handler needs of Lambda's context."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(self._deadline.remaining_s() * 1000))


class _Watched:
    """A relay whose every outcome is checked."""

    def __init__(self, relay: Relay, simulation: Simulation) -> None:
        self.clock = relay.clock
        self._relay = relay
        self._simulation = simulation

    def handle(self, records: Any, deadline: Deadline, **named: Any) -> Outcome:
        with self._simulation.watch.handling(records, redriven=named.get("redriven", False)):
            outcome = self._relay.handle(records, deadline, **named)
        self._simulation.saw(outcome, len(records))
        return outcome


class Simulation:
    def __init__(self, seed: int, *, shape: Mapping[str, Any] = _AS_DRAWN, parts: Parts = SOUND) -> None:
        """``shape`` replaces some of the options that the seed draws; entry points are drawn without one."""
        self.judge = Judge()
        self.rng = Random(seed)
        self.options = replace(draw(self.rng, Random(f"more {seed}")), **shape)
        if not shape and parts is SOUND:
            self.options = for_account(self.options, draw_account(seed))
        if self.options.entities == "quarantine":  # not so tight that these items look like a bad deploy
            self.options = replace(self.options, breaker_at_least=10)
        self.parts = parts
        self.kinds = Kinds(self.options.entities)
        self.world = World(self.rng, page_size=self.options.page_size, skip_share=self.options.skip_share)
        self.faults = Faults(
            self.world,
            self.rng,
            self.options.fault_share,
            self.options.crash_share,
            self.options.overlap_share,
        )
        self.faults.stuck_share = self.options.stuck_share
        self.faults.refused_share = self.options.refused_share
        self.faults.nonsense_share = self.options.nonsense_share
        self.faults.pause_share = self.options.pause_share
        self.faults.meanwhile = self._meanwhile
        self.writers = Writers(
            self.world,
            self.rng,
            self.options.keys,
            self.options.poison_share,
            self.options.claim_check,
            self.options.entities,
        )
        self.invocations = 0
        self.invocation = 0
        self.overlaps = 0
        self.quarantined: list[Put] = []
        """Every entry ever put."""
        self.returned: dict[int, frozenset[str]] = {}
        """By invocation, the sequence numbers of the records that it returned for retry, unpadded."""
        self.outside = Outside(
            self.options, parts, self.faults, self.rng, lambda: self.invocation, self._note_quarantined
        )
        self.buses = self.outside.sinks
        self.ledger = self.outside.ledger
        self.quarantine = self.outside.quarantine
        self.checkpoints = self.outside.checkpoints
        self.destination = self.outside.destination
        self.account = Account(
            self.outside,
            self.world,
            self.faults,
            self._note_quarantined,
            self.lag_s,
            self.options.recovery.nonsense_share,
        )
        self.bad_deploy = False
        self.bad_lives = 0
        self._handler: Handler | None = None
        self._runner: Runner | None = None
        self._looked_after = False
        self.lag_lied = False
        """Whether a reconciliation was told a lag that may have been too small."""
        self.watch = Watch(
            self.judge, lambda: self.invocation, lambda: ledger_rows(self.ledger), EVENT_MAX_BYTES
        )
        self.faults.on_call = self.watch.edge
        for bus in self.buses.values():
            bus.on_sent = self.watch.sent
        self.writers.begin(self.options.begins_with)
        self.world.switch_on()

    # --- the story -----------------------------------------------------------------------------

    def play(self) -> None:
        for _ in range(self.options.rounds):
            self._weather()
            for _ in range(self.rng.randrange(self.options.writes + 1)):
                self.writers.write()
                self.world.clock.advance(self.rng.choice((0.01, 0.4, 1.3)))
            self.work(self.rng.randrange(self.options.steps + 1))
        self.calm()

    def calm(self) -> None:
        """Nothing fails any more: the bridge must come to rest with all work done."""
        self.faults.on = False
        self.world.skip_share = 0.0
        for stream in self.world.streams:
            stream.skip_share = 0.0
        if self.bad_deploy:
            self._deploy(bad=False)
        if self.world.stream is None:
            self.world.switch_on()
        self.restart()
        self.work(_CALM_STEPS, until_caught_up=True)
        self.world.note_skipped()
        self.note_given_up()

    def restart(self) -> None:
        """Somebody looks: where the records are to blame and not the deploy, its breaker is opened."""
        self._runner = self._handler = None
        self._looked_after = True

    def _note_quarantined(self, entry: Quarantined) -> None:
        self.quarantined.append(Put(entry, self.bad_deploy, self.invocation))
        self.outside.saw_text(f"quarantine message of {entry.sequence}", entry.message + entry.hint)
        self.watch.quarantined(entry.sequence)

    def note_given_up(self) -> None:
        for info, payload in self.destination.sent:
            for place in places_of(info, payload):
                self.world.excused.setdefault(place, "given up")

    def work(self, steps: int, *, until_caught_up: bool = False) -> None:
        """Some rounds of the mapping; a crash costs one."""
        if self.world.stream is None:
            return
        for _ in range(steps):
            try:
                if self._runner is None:
                    self._runner = self._new_runner()
                pause_s = self._runner.step()
            except (Crash, AccessDenied) as end:
                if not isinstance(end, Crash):
                    self.world.note(f"the mapping ends: {end.reason}")
                self._runner = self._handler = None
                self.world.clock.advance(1)
                continue
            if until_caught_up and self._runner.caught_up:
                return
            self.world.clock.advance(pause_s)
        if until_caught_up:
            raise Violation(f"the bridge does not come to rest: {self._runner and self._runner.stats()}")

    def come_to_rest(self, *, after: int) -> None:
        """At least ``after`` rounds of the mapping, and as many more as it needs to catch up."""
        self.work(after)
        if self._runner is None or not self._runner.caught_up:
            self.work(_CALM_STEPS, until_caught_up=True)

    def _weather(self) -> None:
        rng, options, world = self.rng, self.options, self.world
        self.faults.weather = rng.randrange(1 << 30)
        if world.stream is not None and rng.random() < options.split_share:
            shard = rng.choice(world.stream.open_shards)
            world.note(f"split {shard} into {world.stream.split(shard, into=rng.choice((1, 2)))}")
        if rng.random() < options.deploy_share or self.bad_deploy:
            self._deploy(bad=not self.bad_deploy)
        if rng.random() < options.gap_share:
            chance = rng.random()
            if world.stream is None:
                world.switch_on()
                self._runner = None
            elif chance < 0.5:
                world.switch_off(self._done())
                self._runner = None
            else:
                world.clock.advance(_DAY_S * rng.choice((0.6, 1.1)))
                world.trim(self._done())

    def _meanwhile(self) -> None:
        """While a process stands still: writers write, the stream goes on and forgets, others work."""
        rng, world, overlap = self.rng, self.world, self.faults.overlap
        for _ in range(rng.randrange(4)):
            self.writers.write()
        if world.stream is not None:
            if rng.random() < 0.3:
                world.stream.split(rng.choice(world.stream.open_shards))
            world.trim(self._done())
        if overlap is not None and rng.random() < 0.5:
            overlap()

    def _deploy(self, *, bad: bool) -> None:
        self.world.note("bad deploy" if bad else "good deploy")
        if bad and self.options.partial_deploys:
            self.world.note("a part of the events is refused")
        self.bad_deploy = bad
        self._handler = None

    def _done(self) -> Mapping[str, str]:
        assert self.world.stream is not None
        return self.checkpoints.kept.load(self.world.stream.arn)

    # --- the function ------------------------------------------------------------------------------

    def _function(self, event: dict[str, Any], context: Any) -> Any:
        """What the mapping calls. A crash of the function alone leaves the mapping alive."""
        if self._handler is None:
            self._handler = self.new_handler()
        if self.options.overlap_share:
            self.faults.overlap = lambda: self._overlap(event)
        try:
            answer = self._invoke(self._handler, event, context)
            if context.get_remaining_time_in_millis() <= 0 and self.rng.random() < self.options.lambda_share:
                self.world.note("the function timed out")
                self._handler = None
                raise RuntimeError("Task timed out")
            return answer
        except Crash as crash:
            if self.rng.random() < self.options.lambda_share:
                self._handler = None
                raise RuntimeError("Runtime exited without providing a reason") from crash
            raise
        finally:
            self.faults.overlap = None

    def _invoke(self, handler: Handler, event: dict[str, Any], context: Any) -> Any:
        self.invocations += 1
        outer, self.invocation = self.invocation, self.invocations
        self.world.note(f"invocation {self.invocation}: {_numbers(event)}")
        self.returned[self.invocation] = frozenset(_sequences(event))
        try:
            answer = handler.handle(event, context)
            failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
            self.returned[self.invocation] = frozenset(failures)
            back = [each[-4:] for each in failures]
            self.world.note(f"invocation {self.invocation} returns {back} for retry")
            return answer
        except BridgeError as error:
            self.world.note(f"invocation {self.invocation} fails: {error.reason}")
            raise
        finally:
            self.invocation = outer

    def _overlap(self, event: dict[str, Any]) -> None:
        """While one invocation waits for an edge, another gets the same records, fewer, or more; it may die
        on its own."""
        self.faults.overlap = None
        self.overlaps += 1
        records = list(event["Records"])
        stream = self.world.stream
        chance = self.rng.random()
        if chance < 0.2:
            records = records[: (len(records) + 1) // 2]
        elif chance < 0.5 and self.options.mapping.parallelization_factor == 1 and stream is not None:
            last = records[-1]["dynamodb"]["SequenceNumber"]
            following = stream.following(last, self.rng.randrange(1, 4))
            records += [to_lambda_record(record, stream.arn) for record in following]
        deadline = Deadline.after(self.world.clock, self.options.function_timeout_s)
        outer, self.invocation = self.invocation, 0  # what starts a process is no call of this invocation
        try:
            handler = self.new_handler()
            self.invocation = outer
            self._invoke(handler, {"Records": records}, _Context(deadline))
        except (Crash, BridgeError):
            pass  # the other process died or failed; this one knows nothing of it
        finally:
            self.invocation = outer
            self.faults.overlap = lambda: self._overlap(event)

    def lag_s(self) -> float:
        """How far the bridge is behind the stream."""
        stream = self.world.stream
        return 0.0 if stream is None else stream.age_s(self._done(), self.world.clock.now())

    def saw(self, outcome: Outcome, records: int) -> None:
        ended = outcome.published + outcome.without_event + outcome.quarantined + outcome.returned
        if not outcome.received == ended == records:
            self.judge.violated(f"{records} records were received, but {outcome} accounts for {ended}")

    # --- processes -----------------------------------------------------------------------------

    def new_relay(
        self,
        *,
        quarantine: Quarantine | None = None,
        breaker: Breaker | None = None,
        starts: bool = False,
    ) -> Relay:
        self.bad_lives += self.bad_deploy
        deploy, share = self._deployed()
        breaker = breaker or self.parts.breaker(share=share, at_least=self.options.breaker_at_least)
        return self.outside.relay(deploy, breaker, quarantine=quarantine, starts=starts)

    def _deployed(self) -> tuple[DeployKind, float]:
        """What is deployed, and the share at which its breaker trips."""
        if not self.bad_deploy:
            return "good", 1.0 if self._looked_after else 0.5
        return "partial" if self.options.partial_deploys else "bad", 0.5

    def watched(self, relay: Relay) -> _Watched:
        return _Watched(relay, self)

    def new_handler(self) -> Handler:
        if self.options.account.functions:
            self.bad_lives += self.bad_deploy
            deploy, share = self._deployed()
            return stream_function(project(self.options, deploy, share=share), self.account, self.judge)
        watched = cast(Relay, self.watched(self.new_relay(starts=True)))
        return StreamHandler(watched, self.world.clock, dialect=self.parts.dialect, reserve_s=_RESERVE_S)

    def _new_runner(self) -> Runner:
        assert self.world.stream is not None
        return self.parts.runner(
            self.outside.source(self.world.stream),
            self._function,
            self.checkpoints,
            self.options.mapping,
            clock=self.world.clock,
            rng=self.rng,
            destination=self.destination,
            pace=Pace(function_timeout_s=self.options.function_timeout_s),
        )


def _sequences(event: Mapping[str, Any]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]


def _numbers(event: Mapping[str, Any]) -> str:
    return ",".join(each[-4:] for each in _sequences(event))
