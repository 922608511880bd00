"""What must hold for every place outside the bridge, at the end of a run: nothing secret has reached it, a
claim check refers to its data, a FIFO topic is told what keeps its order.
"""

from __future__ import annotations

from tests.simulation.configuration import PLAIN
from tests.simulation.simulation import Simulation


def check_outside(simulation: Simulation) -> None:
    """Tells the judge every violation."""
    for check in (_secrets_stay_in, _claims_are_kept, _topic_can_keep_order):
        simulation.judge.hold(lambda check=check: check(simulation))  # type: ignore[misc]


def _secrets_stay_in(simulation: Simulation) -> None:
    """(6) Redaction: not in an event, a claim, a ledger row, a quarantine message or a log line."""
    outside, violated = simulation.outside, simulation.judge.violated
    for where in outside.leaks:
        violated(f"a redacted value is in {where}")
    if any(PLAIN.encode() in text for text in outside.claims.texts):
        violated("a redacted value is in the data behind a claim check")
    for line in outside.telemetry.lines:
        if PLAIN in repr(line):
            violated(f"a redacted value is in the log: {line[1]}")


def _claims_are_kept(simulation: Simulation) -> None:
    """Data is stored before the event that refers to it is published."""
    for name, receiver in simulation.buses.items():
        for event_id in receiver.dangling:
            simulation.judge.violated(f"{name}: {event_id} refers to data that was not there when it came")


def _topic_can_keep_order(simulation: Simulation) -> None:
    for name, receiver in simulation.buses.items():
        for event_id in getattr(receiver, "unordered", ()):
            text = f"{name}: {event_id} does not have its subject as group, its id as name"
            simulation.judge.violated(text)
