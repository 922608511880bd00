"""The greatest ``sequence`` is the item's state: after every small history, and after long ones by chance.

Nothing here depends on an order of arrival: a subscriber that applies the rule holds the event with the
greatest sequence, whatever came first.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.consumer import supersedes
from bridge.relay.settling import Heal
from tests.consumer.histories import World, play
from tests.consumer.ways_in import FetchingWorld, KinesisWorld, PipeWorld

LENGTH = 4
HEALS: tuple[Heal, ...] = ("report", "emit")


def held_by_a_subscriber(world: World) -> dict[str, Any] | None:
    held: dict[str, Any] | None = None
    for event in world.events[world.loaded[0] :]:
        if supersedes(event, held):
            held = event
    generation = world.rules.generation
    if generation and held is not None and not held["sequence"].startswith(f"r{generation:04d}/"):
        return None  # docs/events.md: what a new generation did not send again is gone
    return held


def wrong(world: World) -> str | None:
    """What a subscriber that has every event has wrong in the end."""
    held = held_by_a_subscriber(world)
    value = world.loaded[1] if held is None else world.state_in(held)
    if value != world.value:
        events = [(each["sequence"], each["data"]["operation"], each["id"]) for each in world.events]
        return f"a subscriber has {value}, the table {world.value}: {events}"
    same = [each["sequence"] for each in world.events if held is not None and each["id"] != held["id"]]
    if held is not None and held["sequence"] in same:
        return f"two events have the sequence {held['sequence']}"
    return None


@pytest.mark.parametrize("heal", HEALS)
@pytest.mark.parametrize("steps", ["wdsclr", "wsclgv", "wsclxr", "wdslb", "wdsle", "wdslk", "wsgvb", "wcgvk"])
def test_after_every_small_history_the_greatest_sequence_is_the_state_of_the_table(
    heal: Heal, steps: str
) -> None:
    played = 0
    for length in range(1, LENGTH + 1):
        for history in product(steps, repeat=length):
            if history[0] != "w":
                continue  # before its first write nothing happens to an item
            world = play("".join(history), heal=heal)
            if world is not None:
                played += 1
                assert wrong(world) is None, f"{''.join(history)}: {wrong(world)}"
    assert played > 50


KINDS: dict[str, tuple[type[World], tuple[str, ...]]] = {
    "kinesis": (KinesisWorld, ("wspb", "wdpr", "spgv", "wlpr")),
    "fetch": (FetchingWorld, ("wdsc", "wcgv", "wslr")),
    "pipe": (PipeWorld, ("wdsc", "wgvy", "scyx")),
}


@pytest.mark.parametrize("pause_s", [0.0004, 5.0])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_so_through_kinesis_with_repeats_with_fetched_items_and_through_pipes_and_back(
    kind: str, pause_s: float
) -> None:
    world_of, sets = KINDS[kind]
    played = 0
    for steps in sets:
        for history in product(steps, repeat=LENGTH):
            text = "w" + "".join(history)
            world = play(text, world_of, pause_s=pause_s)
            if world is not None:
                played += 1
                assert wrong(world) is None, f"{text}: {wrong(world)}"
    assert played > 50


@settings(max_examples=60)
@given(
    history=st.text("wwwdsssclgvxrebk", min_size=6, max_size=40),
    heal=st.sampled_from(HEALS),
    keep=st.sampled_from(["fingerprint", "fields", "image"]),
    pause_s=st.sampled_from([0.0, 0.4, 5.0]),
)
def test_after_every_long_history_it_is_so_too(history: str, heal: Heal, keep: str, pause_s: float) -> None:
    """Steps that cannot happen are left out, so that long histories are not given up."""
    world = World(heal=heal, keep=keep, pause_s=pause_s)
    for letter in history:
        possible = {"s": world.waiting, "c": world.waiting, "l": world.waiting, "g": world.waiting}
        if letter in possible and not possible[letter]:
            continue
        if (letter == "v" and not world.given_up) or (letter == "d" and world.value is None):
            continue
        if letter == "r" and world.waiting:
            continue
        world.step(letter)
    world.finish()
    assert wrong(world) is None
