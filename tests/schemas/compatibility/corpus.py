"""Recorded comparisons of random pairs: each break and open question, with its pointers and its example.

``python -m tests.schemas.compatibility.corpus`` writes the results again, for the same pairs. Look at what
changed before you commit it: schema owners see exactly these answers. ``--choose 6000`` draws new pairs. It
keeps those that run a branch of the comparison which few others ran.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import coverage

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy
from tests.builders.places import ROOT
from tests.schemas.compatibility.changes import CHANGES
from tests.schemas.compatibility.fuzz import URIS, Author, mutate

PATH: Final = Path(__file__).with_name("corpus.ndjson")
CODE: Final = ROOT / "bridge" / "schemas" / "compatibility"
OFTEN: Final = 3
"""So many pairs run each branch, where so many were drawn."""


def answer(old: Any, new: Any, policy: str) -> dict[str, Any]:
    """What a schema owner sees of a comparison, without the sentences."""
    found = Comparer(patient=True).compare(old, new, mode=Mode.FULL, policy=Policy(policy))
    breaks = [
        [each.rule, each.direction, each.old_pointer, each.new_pointer, each.example, each.bump]
        for each in found.breaks
    ]
    unproven = [[each.reason, each.direction, each.old_pointer, each.new_pointer] for each in found.unproven]
    return {"verdict": found.verdict, "bump": found.bump, "breaks": breaks, "unproven": unproven}


def read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PATH.read_text("utf-8").splitlines()]


def write(pairs: Iterator[dict[str, Any]]) -> None:
    lines = [json.dumps({**pair, "answer": answer(**pair)}, separators=(",", ":")) for pair in pairs]
    PATH.write_text("\n".join(lines) + "\n", "utf-8")


def _pair(recorded: dict[str, Any]) -> dict[str, Any]:
    return {name: recorded[name] for name in ("old", "new", "policy")}


def draw(seed: int, count: int) -> Iterator[dict[str, Any]]:
    for change in CHANGES:
        yield from ({"old": change.old, "new": change.new, "policy": policy} for policy in Policy)
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        author = Author(chance, chance.randrange(len(URIS)))
        old = author.document()
        new = author.document() if chance.random() < 0.15 else mutate(author, old)
        yield {"old": old, "new": new, "policy": chance.choice(list(Policy))}


def choose(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """The pairs that run a branch, or have a kind of answer, that few earlier pairs had."""
    measured = coverage.Coverage(data_file=None, config_file=False, branch=True, include=[f"{CODE}/*"])
    often: Counter[Any] = Counter()
    for pair in draw(seed, count):
        measured.erase()
        measured.start()
        found = answer(pair["old"], pair["new"], pair["policy"])
        measured.stop()
        data = measured.get_data()
        ran: set[Any] = {(path, arc) for path in data.measured_files() for arc in data.arcs(path) or ()}
        ran |= {(pair["policy"], found["verdict"], *each[:2]) for each in found["breaks"] + found["unproven"]}
        if any(often[each] < OFTEN for each in ran):
            often.update(ran)
            yield pair


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--choose", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.setrecursionlimit(5_000)
    write(choose(options.seed, options.choose) if options.choose else map(_pair, read()))


if __name__ == "__main__":
    main()
