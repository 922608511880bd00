"""A type checker accepts generated classes in its strict mode, and finds the mistakes of programs that use
them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bridge.schemas.documents.proposed import Proposed
from tests.schemas.authoring.codegen import rig
from tests.schemas.authoring.codegen.test_names import AWKWARD

USE = """\
from collections.abc import Sequence
from typing import Any, Literal, assert_type

from events import EVENTS, CloudEvent
from events.com_example_order_placed_v1 import Money, OrderLine, PlacedV1, PlacedV1Data
from events.com_example_user_plan_changed_v2 import PlanChangedV2, PlanChangedV2Data


def read(event: PlacedV1) -> None:
    assert_type(event.type, Literal["com.example.order.placed.v1"])
    assert_type(event.data, PlacedV1Data)
    assert_type(event.data.lines, Sequence[OrderLine])
    assert_type(event.data.total.amount, str | float)
    assert_type(event.data.note, str | None)
    event.data.orderID  # line 15
    event.data.note = "x"  # line 16


made = PlanChangedV2Data(userId="u-1", previousPlan="free", plan="pro", tier="paid")
PlanChangedV2Data(userId="u-1", previousPlan="free", plan="gold", tier="paid")  # line 20
PlanChangedV2Data(userId="u-1", previousPlan="free", plan="pro")  # line 21
assert_type(PlanChangedV2.event_type, str)
assert_type(PlanChangedV2.from_json({}), PlanChangedV2)


def of(event: CloudEvent[PlanChangedV2Data]) -> PlanChangedV2Data:
    return event.data


def both(event: PlacedV1 | PlanChangedV2) -> str:
    if event.type == "com.example.order.placed.v1":
        return event.data.orderId
    return event.data.userId
"""


def schemas(folder: Path) -> list[Proposed]:
    documents = [{"type": "object", "properties": properties} for properties, _ in AWKWARD.values()]
    named = ((f"com.example.n{number}.thing", each) for number, each in enumerate(documents))
    return [*rig.samples(), *rig.all_proposed(folder, named)]


def test_generated_classes_are_typed_strictly_and_mistakes_are_found(tmp_path: Path) -> None:
    rig.written(schemas(tmp_path / "schemas"), tmp_path / "events")
    (tmp_path / "use.py").write_text(USE)
    words = ["--strict", "--follow-imports", "silent", "--no-error-summary", "-p", "events", "-m", "use"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    found = [line.split(": ")[0] for line in done.stdout.splitlines()]
    assert found == [f"use.py:{line}" for line in (15, 16, 20, 21)], done.stdout[:3000]
