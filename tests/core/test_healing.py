"""Missing steps, generations and traces: every member of what they make."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.change import Change, Position
from bridge.core.events.trace import HEADER_MAX, read_ids, read_trace
from bridge.core.generation import bare_label, generation_of, lifted, lifted_sequence
from bridge.core.healing import missing_step, state_name, step_id
from bridge.core.records.decode import decode
from tests.builders.records import lambda_record

LATER = decode(lambda_record(op="modify", before={"id": "1", "n": 2}, after={"id": "1", "n": 3}, seq=50))
INSERT = decode(lambda_record(op="insert", after={"id": "1", "n": 3}, seq=50))
LABEL = LATER.position.label
WAS = {"id": {"S": "1"}, "n": {"N": "1"}}


def step(change: Change = LATER, **given: Any) -> Change:
    parts = {"was_live": True, "was": WAS, "settled": Position(LABEL, 10), "as_of": "", "key_name": "k"}
    return missing_step(change, **{**parts, **given})


def test_a_missing_modify_is_from_the_settled_state_to_the_state_before_the_change() -> None:
    made = step(LATER._replace(current=WAS, fetched=True, actor="ttl"))
    assert (made.operation, made.before, made.after) == ("modify", WAS, LATER.before)
    assert made.position == Position(LABEL, 49), "directly before the change"
    assert (made.actor, made.current, made.fetched) == ("user", None, False)
    assert made.marks == {"reconciled": True}
    assert made.view == "NEW_AND_OLD_IMAGES"


def test_a_missing_step_is_never_before_what_is_settled() -> None:
    assert step(settled=Position(LABEL, 49)).position == Position(LABEL, 49)
    assert step(settled=Position(LABEL, 60)).position == Position(LABEL, 60)


def test_a_missing_step_shows_no_image_that_is_not_known() -> None:
    assert (step(was=None).operation, step(was=None).view) == ("modify", "NEW_IMAGE")
    removed = step(INSERT)
    assert (removed.operation, removed.before, removed.view) == ("remove", WAS, "NEW_AND_OLD_IMAGES")
    assert step(INSERT, was=None).view == "KEYS_ONLY"
    inserted = step(was_live=False)
    assert (inserted.operation, inserted.before, inserted.view) == ("insert", None, "NEW_AND_OLD_IMAGES")


def test_a_missing_step_sorts_after_the_later_of_its_reading_and_its_change() -> None:
    assert step(as_of="9999-01-01").suffix == "~9999-01-01~"
    assert step(as_of="0001-01-01").suffix == f"~{LATER.time.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}~"


def test_the_id_of_a_missing_step_names_its_table_key_place_content_and_entities() -> None:
    made = step()
    content = ("modify", state_name("k", WAS), state_name("k", LATER.before), "")
    sequence = made.position.sequence + made.suffix
    assert made.record_id == step_id(LATER.table, "k", sequence, *content)
    placed = step(LATER._replace(entity="order", was="cart"))
    assert placed.record_id == step_id(LATER.table, "k", sequence, *content, "cart", "order")
    others = [
        step(key_name="j"),
        step(was=None),
        step(settled=Position(LABEL, 60)),
        step(published={"a": "b"}),
    ]
    assert len({made.record_id, placed.record_id, *(each.record_id for each in others)}) == 6


def test_two_steps_of_one_second_between_the_same_states_have_two_ids() -> None:
    """The item came to the state again: who drops the second one as a repeat has a state that is over."""
    again = LATER._replace(position=Position(LABEL, 55))
    assert step().record_id != step(again).record_id
    assert step().record_id == step(settled=Position(LABEL, 11)).record_id, "it is the same event"


# --- generations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "generation"),
    [
        ("r0001/2026", 1),
        ("r9999/2026", 9_999),
        ("r1234/", 1_234),
        ("2026-11-01T10:00:00.000", 0),
        ("x0001/2026", 0),
        ("r00012026", 0),
        ("r001/2026", 0),
        ("rabcd/2026", 0),
        ("r12\u0663\u0664/2026", 0),
        ("r12\u00b2\u00b2/2026", 0),
        ("", 0),
        ("r", 0),
    ],
)
def test_a_label_has_a_generation_only_as_four_digits_between_r_and_a_slash(
    label: str, generation: int
) -> None:
    assert generation_of(label) == generation
    assert bare_label(label) == (label[6:] if generation else label)


def test_a_position_is_lifted_only_to_a_higher_generation() -> None:
    assert lifted(Position("2026", 7), 1) == Position("r0001/2026", 7)
    assert lifted(Position("r0001/2026", 7), 12) == Position("r0012/2026", 7)
    for generation in (0, 1, 2):
        assert lifted(Position("r0002/2026", 7), generation) == Position("r0002/2026", 7)
    for sequence, generation, expected in (
        ("2026/007", 1, "r0001/2026/007"),
        ("r0002/2026/007", 2, "r0002/2026/007"),
        ("r0002/2026/007", 3, "r0003/2026/007"),
        ("", 3, ""),
    ):
        assert lifted_sequence(sequence, generation) == expected


# --- traces ----------------------------------------------------------------------------------------

ZEROS = "1-00000000-" + "0" * 24


def header(root: str, parent: str) -> str:
    return f"Root={root};Parent={parent};Sampled=1"


@pytest.mark.parametrize(
    ("root", "parent", "one"),
    [
        ("1-00000001-" + "0" * 24, "0" * 15 + "1", True),
        ("1-00000000-" + "0" * 23 + "1", "0" * 15 + "1", True),
        ("1-ffffffff-" + "f" * 24, "f" * 16, True),
        (ZEROS, "0" * 15 + "1", False),
        ("1-00000001-" + "0" * 24, "0" * 16, False),
    ],
)
def test_ids_of_zeros_only_are_no_trace(root: str, parent: str, one: bool) -> None:
    ids = read_ids(header(root, parent))
    assert (ids is not None) is one
    if ids is not None:
        assert ids.traceparent() == f"00-{root[2:].replace('-', '')}-{parent}-01"


@pytest.mark.parametrize(("more", "kept"), [(-1, True), (0, True), (1, False)])
def test_a_header_of_exactly_what_an_entry_can_carry_is_kept(more: int, kept: bool) -> None:
    ids = header("1-00000001-" + "0" * 24, "0" * 15 + "1")
    padded = ids + ";x=" + "y" * (HEADER_MAX - len(ids) - 3 + more)
    found = read_trace(padded)
    assert found is not None
    assert found.header == (padded if kept else ids)


def test_a_state_that_is_not_known_has_no_name() -> None:
    assert state_name("k", None) == ""
    assert state_name("k", WAS) != state_name("j", WAS)
