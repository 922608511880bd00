"""Reconciliation as an operator does it: ``reconcile run`` and ``resume``, whose report and exit code are
believed, and ``reconcile plan`` before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bridge.errors import BridgeError
from bridge.ports.run_store import Document, Lease, RunStore
from bridge.reconcile import Reconciler
from bridge.wiring import reconcile as wiring
from tests.simulation.account.project import STATE, project
from tests.simulation.account.shell import Done, Shell
from tests.simulation.account.tables import FUNCTION
from tests.simulation.account.truth import all_clear_is_true
from tests.simulation.faults import Crash
from tests.simulation.judge import Violation
from tests.simulation.ledgers import Durable
from tests.simulation.peers.stores import EdgeCheckpoints
from tests.simulation.recovery.reconciling import Reconciliations
from tests.simulation.recovery.run_stores import Held, WatchedStore, is_killed
from tests.simulation.simulation import Simulation

_TROUBLED_TRIES = 12
_TRIES = 40
_OK, _ERROR, _DIFFERENCES, _PARTLY = 0, 1, 2, 4
_LEASE_S = 600.0


class VerbReconciliations(Reconciliations):
    """Every verb is a process of its own."""

    def __init__(self, simulation: Simulation, ledger: Durable, make: Callable[..., Reconciler]) -> None:
        super().__init__(simulation, ledger, make)
        self.shell = Shell(simulation.judge, simulation.world.note)
        self._holders = Held()
        self._no_checkpoint = False

    def _alone(self, *, troubled: bool) -> None:
        simulation = self.simulation
        if troubled and simulation.options.account.lag_by == "stated":
            simulation.lag_lied = True  # nobody measures what is stated
        resume = take_over = False
        for tries in range(_TRIES):
            self._weather(troubled and tries < _TROUBLED_TRIES)
            verb = "resume" if resume else "run"
            try:
                done = self._reconcile(verb, *(["--take-over"] if take_over else []))
                if done.code in (_OK, _PARTLY):
                    self._end(done.document)
                    self._code_is_true(done)
                    return
                self._is_explained(done, resume=resume)
                why = done.err
            except (Crash, BridgeError) as error:
                simulation.world.note(f"reconciliation stopped: {type(error).__name__} {error}")
                why = ""
            self._check_sent()
            on, simulation.faults.on = simulation.faults.on, False
            if "holds" in why or "lease" in why:  # of a process that died
                simulation.world.clock.advance(_LEASE_S)
            take_over = not self._drawn.waits
            found = self._run("reconcile", "status").document["run"]
            resume = found is not None and found["phase"] != "done"
            if on:
                simulation.restart()
                simulation.work(60)
        raise Violation("the reconciliation does not come to its end")

    def _is_explained(self, done: Done, *, resume: bool) -> None:
        """A verb that stops says why, and the trouble explains it."""
        simulation = self.simulation
        if done.code != _ERROR:
            raise Violation(f"{done}: {done.err[-300:]}")
        self._no_checkpoint = "holds no checkpoint" in done.err  # the mapping has read nothing of this stream
        held = self._no_checkpoint or "--take-over" in done.err or "another run" in done.err
        gone = resume and "no run to resume" in done.err
        if not simulation.faults.on and not held and not gone:
            raise Violation(f"in calm {done}: {done.err[-400:]}")

    def _code_is_true(self, done: Done) -> None:
        report = done.document
        open_ends = report["unsent"] or report["blocked"]["count"] or report["not_comparable"]
        if (done.code == _OK) is bool(open_ends):
            raise Violation(f"{done}, and the report says {report['unsent']=} {report['blocked']}")

    def _rival(self) -> None:
        """Another operator, at another machine, while this one waits for an edge."""
        simulation, rng = self.simulation, self.simulation.rng
        self.rivals += 1
        if rng.random() < self._drawn.pause_share:
            simulation.world.note("a pause longer than a lease")
            simulation.world.clock.advance(1.01 * self.longest_lease_s + 30 * rng.random())
        mine, self.shell = self.shell, Shell(simulation.judge, simulation.world.note)
        try:
            verb = "resume" if rng.random() < 0.3 else "run"
            self._run("reconcile", verb, *self._words(verb), *(["--take-over"] if rng.random() < 0.3 else []))
        except (Crash, BridgeError) as error:
            simulation.world.note(f"the rival stopped: {type(error).__name__} {error}")
        finally:
            self.shell = mine

    @property
    def longest_lease_s(self) -> float:
        return _LEASE_S

    # --- a command line ------------------------------------------------------------------------------

    def plan(self) -> Done:
        """``reconcile plan`` in calm: publishes nothing, and is no false all-clear."""
        simulation = self.simulation
        simulation.faults.on = False
        before = {name: len(bus.received) for name, bus in simulation.buses.items()}
        done = self._reconcile("plan")
        if "holds no checkpoint" in done.err:
            self._no_checkpoint = True
            done = self._reconcile("plan")
        if {name: len(bus.received) for name, bus in simulation.buses.items()} != before:
            raise Violation("a plan published something")
        simulation.judge.hold(lambda: all_clear_is_true(simulation, done))
        return done

    def _reconcile(self, verb: str, *more: str) -> Done:
        simulation = self.simulation
        faults, share = simulation.faults, simulation.faults.overlap_share
        words = [*self._words(verb), *more]
        if faults.on and verb != "plan":
            faults.overlap, faults.overlap_share = self._live, max(share, simulation.options.live_share)
        try:
            return self._run("reconcile", verb, *words)
        finally:
            faults.overlap, faults.overlap_share = None, share

    def _words(self, verb: str) -> list[str]:
        words = ["--trust-ledger", *self._lag_words(), "--max-rcu", "1000000"]
        return words if verb == "resume" else [*words, "--segments", "2"]

    def _lag_words(self) -> list[str]:
        checkpoints = self.simulation.checkpoints
        match self.simulation.options.account.lag_by:
            case "checkpoints" if isinstance(checkpoints, EdgeCheckpoints) and not self._no_checkpoint:
                return ["--checkpoints", str(checkpoints.folder)]
            case "stated":
                return ["--lag", "0s"]
        return ["--function", FUNCTION]

    def _run(self, *words: str) -> Done:
        config = str(project(self.simulation.options))
        with self._watched_store():
            return self.shell.run(
                *words, "--config", config, "--state", STATE, "--output", "json", "--table", "Items"
            )

    @contextmanager
    def _watched_store(self) -> Iterator[None]:
        build = wiring.build_run_store

        def watched(*arguments: Any, **named: Any) -> RunStore:
            store = Mortal(build(*arguments, **named))
            return WatchedStore(store, self._holders, self.simulation.world.clock)

        with patch.object(wiring, "build_run_store", watched):
            yield


class Mortal:
    """A run store of a process that may be killed: then it gives nothing back."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def release(self, lease: Lease) -> None:
        if not is_killed():
            self._store.release(lease)

    def acquire(self, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool = False) -> Lease:
        return self._store.acquire(table, owner, ttl_s, now_s, force=force)

    def renew(self, lease: Lease, ttl_s: float, now_s: float) -> Lease:
        return self._store.renew(lease, ttl_s, now_s)

    def get(self, name: str) -> Document | None:
        return self._store.get(name)

    def put(self, name: str, document: Document, lease: Lease) -> None:
        self._store.put(name, document, lease)

    def names(self, prefix: str) -> Iterator[str]:
        return self._store.names(prefix)

    def remove(self, prefix: str, lease: Lease) -> None:
        self._store.remove(prefix, lease)
