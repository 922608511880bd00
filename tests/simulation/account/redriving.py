"""Redrive and retry as an operator does them: with the verbs, whose lines and exit codes are believed."""

from __future__ import annotations

import json
from typing import Any

from bridge.edges.sqs.quarantine import HIDDEN_S
from tests.simulation.account.project import project
from tests.simulation.account.shell import Done, Shell
from tests.simulation.judge import Violation
from tests.simulation.recovery.redrive import Redrive
from tests.simulation.simulation import Simulation

_PARTLY, _ERROR = 4, 1
_ENDED = ("published", "without_event")


class VerbRedrive(Redrive):
    """``stream-bridge redrive`` and ``stream-bridge quarantine retry``; the store is the one that the live
    path writes to. A process that is killed has printed some lines, and these are true."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(simulation)
        self.shell = Shell(simulation.judge, simulation.world.note)

    def run(self) -> None:
        self._box.fill(self._simulation.destination.sent)
        self._until_done("redrive", self._batches, self._box.hidden_s)
        if self._simulation.options.retries_quarantine:
            hidden_s = HIDDEN_S if self._simulation.options.quarantine == "sqs" else 0.0
            self._until_done("retry", self._entries, hidden_s)
            self._only_the_hopeless_stay()

    # --- what was given up -------------------------------------------------------------------------

    def _batches(self) -> bool:
        box, trimmed = self._box, set[str]()
        try:
            done = self._run("redrive")
        finally:
            for line in self._lines():
                self._redriven(line, trimmed)
        self._stopped(done)
        stay = box.names() - trimmed
        if done.code == 0 and box.names():
            raise Violation(f"{done}, and {sorted(box.names())} are still there")
        if done.code not in (0, _PARTLY):
            return False
        if not self._simulation.faults.on and stay:
            raise Violation(f"{done} in calm, and {sorted(stay)} stay")
        return not stay

    def _redriven(self, line: dict[str, Any], trimmed: set[str]) -> None:
        name, state = line["name"], line["state"]
        places = self._box.places[name]
        self._simulation.world.note(f"redriven {name}: {state} {line['why']} {line['counts']}")
        if state == "settled":
            self.redriven.update(places)
            return
        if name not in self._box.names():
            raise Violation(f"{name} was {state}, and is gone: {line['why']}")
        if state == "trimmed":
            gone = len(places) - len(self._still_in_stream(places))
            if not 1 <= line["hole"]["records"] <= gone:  # the stream has forgotten more since
                raise Violation(f"{name}, reported as trimmed ({line['hole']}), lacks {gone} records")
            self.redriven.update(self._still_in_stream(places))
            trimmed.add(name)

    # --- what was quarantined ------------------------------------------------------------------------

    def _entries(self) -> bool:
        before = {entry.record_id for entry in self._simulation.quarantine.kept.entries()}
        stay: set[str] = set()
        try:
            done = self._run("quarantine", "retry", "--all")
        finally:
            for line in self._lines():
                self._simulation.world.note(f"retried {line['record_id']}: {line['end']} {line['why']}")
                if line["end"] not in _ENDED:
                    stay.add(line["record_id"])
        self._stopped(done)
        left = {entry.record_id for entry in self._simulation.quarantine.kept.entries()}
        if gone := (stay & before) - left:
            raise Violation(f"{sorted(gone)} were returned or failed again, and their entries are gone")
        if done.code == 0 and left:
            raise Violation(f"{done}, and {sorted(left)} are still quarantined")
        if done.code not in (0, _PARTLY):
            return False
        return not self._hopeful()

    # --- a command line ------------------------------------------------------------------------------

    def _run(self, *words: str) -> Done:
        config = str(project(self._simulation.options))
        self._simulation.restart()
        return self.shell.run(*words, "--config", config, "--output", "json")

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.shell.out.getvalue().splitlines()]

    def _stopped(self, done: Done) -> None:
        """In calm no verb stops before it has seen everything."""
        if done.code not in (0, _PARTLY) and not self._simulation.faults.on:
            raise Violation(f"{done} in calm: {done.err[-300:]}")
