"""A subscriber's copy: which of two events is newer. One line: the greater ``sequence``, as text."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.consumer import supersedes

GOLDEN = json.loads((Path(__file__).parent / "order.json").read_text())
PAIRS = GOLDEN["pairs"]
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair["why"] for pair in PAIRS])

SEQUENCES = st.builds(
    lambda label, number, suffix: f"{label}/{number:040d}{suffix}",
    st.sampled_from(["2026-11-01T10:00:00.000", "2026-11-05T08:00:00.000"]),
    st.integers(1, 12),
    st.sampled_from(["", "~2026-11-02T03:00:00.000000Z", "~2026-11-02T03:00:00.000000Z~"]),
)


def event(sequence: str, **members: Any) -> dict[str, Any]:
    return {"sequence": sequence, **members}


def held_after(*events: dict[str, Any]) -> dict[str, Any] | None:
    held: dict[str, Any] | None = None
    for each in events:
        if supersedes(each, held):
            held = each
    return held


def test_the_first_event_is_always_applied() -> None:
    assert supersedes(event("s/1"), None)


def test_an_event_without_a_sequence_is_an_error_and_never_older() -> None:
    with pytest.raises(KeyError, match="sequence"):
        supersedes({}, event("s/1"))


@each_pair
def test_every_pair_of_the_public_table_is_decided_as_it_says(pair: dict[str, Any]) -> None:
    assert supersedes(event(pair["new"]), event(pair["held"])) is pair["applies"]


@each_pair
def test_nothing_but_the_sequence_decides(pair: dict[str, Any]) -> None:
    early, late = "2026-11-01T10:00:00Z", "2026-11-09T10:00:00Z"
    for new, held in permutations((early, late)):
        marks = {"reconciled": True, "reconcilerun": "r"}
        assert (
            supersedes(event(pair["new"], time=new), event(pair["held"], time=held, **marks))
            is (pair["applies"])
        )


@each_pair
def test_a_database_that_compares_bytes_decides_the_same(pair: dict[str, Any]) -> None:
    """SQLite's BINARY collation is PostgreSQL's ``COLLATE "C"``: both compare bytes."""
    row = sqlite3.connect(":memory:").execute("SELECT ? > ? COLLATE BINARY", (pair["new"], pair["held"]))
    assert bool(row.fetchone()[0]) is pair["applies"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_decides_the_same() -> None:
    code = (
        "const {pairs} = JSON.parse(require('fs').readFileSync(0));"
        "console.log(pairs.every(pair => (pair.new > pair.held) === pair.applies))"
    )
    ran = subprocess.run(
        ["node", "-e", code], input=json.dumps(GOLDEN), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "true"


@given(st.lists(SEQUENCES, min_size=1, max_size=5))
def test_the_same_event_is_held_whatever_the_order_of_arrival_and_the_repeats(sequences: list[str]) -> None:
    events = [event(sequence) for sequence in sequences]
    held = {
        each["sequence"]
        for order in permutations([*events, events[0]])
        if (each := held_after(*order)) is not None
    }
    assert held == {max(sequences)}


def test_the_kit_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, bridge.consumer; "
        "print([m for m in ('boto3', 'botocore', 'orjson', 'pydantic', 'bridge.ports') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
