"""The handler for a state machine that reconciles one table: ``bridge.lambdas.reconcile.handler``.

Each event names its step; all but the first carry the ticket that ``plan`` answered::

    {"step": "plan", "execution": {…}, "readers": "4"}      execution: Step Functions' $$.Execution
    {"step": "look", "ticket": {…}, "phase": "table" | "ledger", "segment": 3}
    {"step": "looked", "ticket": {…}, "phase": "table" | "ledger"}
    {"step": "confirm" | "emit" | "report", "ticket": {…}}
    {"step": "stop", "execution": {…}, "at": {"ticket": {…}, "error": {"Error": …}}}

``bridge/reconcile/distributed.py`` describes the answers. Only ``stop`` fails on purpose, so that the
execution fails at a state from which a redrive can continue.

Environment as for ``bridge.lambdas.stream``, and ``BRIDGE_TABLE`` (a table of bridge.yaml), ``RUNS_BUCKET``
(where runs are kept, under ``reconcile/``), ``BRIDGE_FUNCTION`` (whose lag behind the stream counts) and
``MAPPING_ID`` (the UUID of its event source mapping, which distinguishes a quiet stream from a dead one;
optional).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bridge.errors import BatchError, ReconcileStopped
from bridge.ports.clock import Clock, Deadline
from bridge.ports.telemetry import Telemetry
from bridge.reconcile import Steps, Ticket
from bridge.wiring.bridge import Configuration
from bridge.wiring.clients import client_factory, refused_to
from bridge.wiring.functions import Function
from bridge.wiring.reconcile import build_steps

RESERVE_S: Final = 60.0
"""Reserved from the invocation's time, at most a quarter of it: a page can take so long, with its wait for
the rate. A page that takes longer is cut off, and repeated from its checkpoint."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReconcileHandler:
    """``table`` as bridge.yaml names it."""

    steps: Steps
    table: str
    clock: Clock
    telemetry: Telemetry

    def handle(self, event: Mapping[str, Any], context: Any) -> Answer:
        """Raises ``BatchError`` for another event, ``ReconcileStopped`` for ``stop``, and ``Unavailable``."""
        step = event.get("step") if isinstance(event, Mapping) else None
        if not isinstance(step, str):
            raise _not_ours("names no step")
        answer = self._plan(event) if step == "plan" else self._go_on(step, event, context)
        where = {name: event[name] for name in ("phase", "segment") if name in event}
        self.telemetry.log(
            "error" if answer["outcome"] == "stopped" else "info",
            f"reconciliation: {step}",
            table=self.steps.table,
            outcome=answer["outcome"],
            error=answer.get("message", ""),
            **where,
        )
        if step == "stop" and answer["outcome"] == "stopped":
            if not answer.get("again"):
                self.telemetry.count("ReconciliationsStopped", table=self.steps.table)
            raise ReconcileStopped(f"{answer['reason']}: {answer['message']}")
        return answer

    def _plan(self, event: Mapping[str, Any]) -> Answer:
        execution = event.get("execution") or {}
        given = execution.get("Input") or {}
        if given.get("table", self.table) != self.table:
            raise ReconcileStopped(
                f"the execution is for table {given['table']}, this function for {self.table}",
                hint="each table has a stack of infra/reconciliation.yaml",
            )
        redrives = int(execution.get("RedriveCount", 0))
        return self.steps.plan(
            str(execution.get("Id", "")), given, int(event.get("readers", 1)), redrives=redrives
        )

    def _go_on(self, step: str, event: Mapping[str, Any], context: Any) -> Answer:
        steps = self.steps
        at = event["at"] if step == "stop" else event
        ticket = Ticket.read_from(at.get("ticket"))
        deadline = _deadline(context, self.clock)
        match step:
            case "look":
                phase, segment = str(event["phase"]), int(event["segment"])
                return steps.guarded(ticket, lambda: steps.look(ticket, phase, segment, deadline))
            case "looked":
                return steps.guarded(ticket, lambda: steps.looked(ticket, str(event["phase"])))
            case "confirm":
                return steps.guarded(ticket, lambda: steps.confirm(ticket, deadline))
            case "emit":
                return steps.guarded(ticket, lambda: steps.emit(ticket, deadline))
            case "report":
                return steps.guarded(ticket, lambda: steps.finish(ticket, self._measure))
            case "stop":
                error = str((at.get("error") or {}).get("Error", "unknown"))
                redrives = int((event.get("execution") or {}).get("RedriveCount", 0))
                return steps.guarded(ticket, lambda: steps.stop(ticket, error, redrives))
        raise _not_ours(f"names the step {step}")

    def _measure(self, report: Mapping[str, Any]) -> None:
        missed = sum(report[f"missed_{kind}"] for kind in ("insert", "modify", "remove"))
        reemitted = report["reemitted"]
        not_reemitted = report["blocked"] + report.get("unsent", 0)
        telemetry, table = self.telemetry, self.steps.table
        if report["complete"] and report["whole"]:
            telemetry.count("ReconciliationsCompleted", table=table)
        for entity, counts in report.get("by_entity", {}).items():
            telemetry.count("ChangesMissed", counts.get("missed", 0), table=table, entity=entity)
            telemetry.count("ChangesReemitted", counts.get("reemitted", 0), table=table, entity=entity)
            missed -= counts.get("missed", 0)
            reemitted -= counts.get("reemitted", 0)
        telemetry.count("ChangesMissed", missed, table=table)
        telemetry.count("ChangesReemitted", reemitted, table=table)
        telemetry.count("ChangesNotReemitted", not_reemitted, table=table)


def _deadline(context: Any, clock: Clock) -> Deadline:
    left_s = context.get_remaining_time_in_millis() / 1000
    return Deadline.after(clock, left_s - min(RESERVE_S, left_s / 4))


def _not_ours(what: str) -> BatchError:
    return BatchError(
        f"the event {what}", hint="this handler is for infra/statemachine.asl.json", stage="decode"
    )


def _open(configuration: Configuration, telemetry: Telemetry) -> ReconcileHandler:
    table, bucket = _variable("BRIDGE_TABLE"), _variable("RUNS_BUCKET")
    steps = build_steps(
        configuration,
        table,
        partial(client_factory, on_refused=refused_to(telemetry)),
        bucket=bucket,
        function=os.environ.get("BRIDGE_FUNCTION", ""),
        mapping_id=os.environ.get("MAPPING_ID", ""),
        report=partial(telemetry.log, "info"),
    )
    return ReconcileHandler(steps, table, steps.clock, telemetry)


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise BatchError(f"the variable {name} is not set", hint="infra/reconciliation.yaml sets it")
    return value


_function = Function(_open)


def handler(event: Mapping[str, Any], context: Any) -> Answer:
    """Lambda's entry point."""
    answer: Answer = _function(event, context)
    return answer
