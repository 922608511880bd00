"""The page about registries names every permission that is needed, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.schemas.registries.publish import plan, publish
from tests.builders.places import ROOT
from tests.schemas.registries.rig import NAME, Rig, load, make_folder

PAGE = ROOT / "docs" / "registries.md"
ROWS = ("a bridge at start", "`--plan` and `--against`, in addition", "`--apply`, in addition")


def promised(row: str, column: int) -> set[str]:
    line = next(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {row} |"))
    return set(re.findall(r"`(\w+)`", line.split("|")[column + 2]))


@pytest.mark.parametrize(("column", "kind"), list(enumerate(("eventbridge", "glue"))))
def test_the_page_names_the_permissions_that_are_needed(column: int, kind: str, tmp_path: Path) -> None:
    rig = Rig("glue" if kind == "glue" else "eventbridge")
    start, planning, applying = (promised(row, column) for row in ROWS)
    target = rig.target(load(make_folder(tmp_path)))
    publish([target], rig.patience)
    assert set(rig.client.calls) | ({"TagResource"} if kind == "eventbridge" else set()) == (
        start | planning | applying
    )
    rig.client.calls.clear()
    plan([target])
    assert set(rig.client.calls) == start | planning
    rig.client.calls.clear()
    rig.registry.check()
    rig.registry.read(NAME, labels=False)
    assert set(rig.client.calls) == start
