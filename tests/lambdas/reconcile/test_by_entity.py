"""The metrics of a reconciliation under a state machine add up to the table's, entity by entity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from bridge.lambdas.reconcile import ReconcileHandler
from tests.fakes.clock import FakeClock
from tests.fakes.telemetry import KeptTelemetry

REPORT = {
    "complete": True, "whole": True, "missed_insert": 3, "missed_modify": 2, "missed_remove": 0,
    "reemitted": 4, "blocked": 1, "unsent": 0,
}  # fmt: skip


class Kept(KeptTelemetry):
    def __init__(self) -> None:
        super().__init__()
        self.by: dict[tuple[str, str], float] = {}

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        super().count(name, value, **dimensions)
        self.by[name, dimensions.get("entity", "")] = value


def measured(**more: Any) -> Kept:
    telemetry = Kept()
    steps = cast(Any, SimpleNamespace(table="app-main"))
    ReconcileHandler(steps, "app", FakeClock(), telemetry)._measure({**REPORT, **more})
    return telemetry


def test_missed_and_reemitted_changes_are_counted_by_entity_and_once_for_the_table() -> None:
    of = {"user": {"matching": 9}, "order": {"differing": 4, "missed": 4, "reemitted": 3}}
    telemetry = measured(by_entity=of)
    assert (telemetry.counts["ChangesMissed"], telemetry.counts["ChangesReemitted"]) == (5, 4)
    assert (telemetry.by["ChangesMissed", "order"], telemetry.by["ChangesReemitted", "order"]) == (4, 3)
    assert (telemetry.by["ChangesMissed", ""], telemetry.by["ChangesMissed", "user"]) == (1, 0)


def test_a_table_without_entities_is_counted_as_before() -> None:
    telemetry = measured()
    assert (telemetry.by["ChangesMissed", ""], telemetry.by["ChangesReemitted", ""]) == (5, 4)
    assert {entity for _, entity in telemetry.by} == {""}
