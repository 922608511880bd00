"""Asks every hard pair and prints what is wrong, unproven or slow, by kind.

``python -m tests.schemas.compatibility.hard.every``
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Verdict
from tests.schemas.compatibility.hard import choices, elements, members, texts
from tests.schemas.compatibility.hard.clock import processor_s
from tests.schemas.compatibility.hard.pairs import Pair


def every_pair() -> Iterator[Pair]:
    for family in (texts, choices, members, elements):
        yield from family.pairs()


@dataclass
class Report:
    """``wrong`` is empty if no verdict was wrong. Times are of the processor, of this process and its own."""

    asked: Counter[str] = field(default_factory=Counter)
    unproven: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def ask(self, pair: Pair) -> None:
        comparer = Comparer()
        for direction, right in pair.queries():
            before = processor_s()
            mode = Mode.BACKWARD if direction == "backward" else Mode.FORWARD
            verdict = comparer.compare(pair.old, pair.new, mode=mode, policy=pair.policy).verdict
            spent = processor_s() - before
            self.slowest_s = max(self.slowest_s, spent)
            self.asked[pair.kind] += 1
            words = f"{direction} {pair.policy} {json.dumps(pair.old)[:300]} -> {json.dumps(pair.new)[:300]}"
            if verdict is Verdict.UNPROVEN:
                self.unproven[pair.kind] += 1
                if right is not Verdict.UNPROVEN:
                    self.listed.append(f"unproven {spent:.2f} s {pair.kind} {words}")
            elif verdict is not right:
                self.wrong.append(f"{verdict} is wrong: {pair.kind} {words}")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--list", action="store_true", help="print each unproven query")
    listing = options.parse_args().list
    report = Report()
    for pair in every_pair():
        report.ask(pair)
    for line in [*report.wrong, *(report.listed if listing else ())]:
        print(line)
    total, unproven = sum(report.asked.values()), sum(report.unproven.values())
    print(
        f"{total} queries, wrong {len(report.wrong)}, unproven {unproven}, slowest {report.slowest_s:.2f} s"
    )
    for kind, count in report.asked.items():
        print(f"  {kind:<12} {count:>4}   unproven {report.unproven[kind]:>4}")
    raise SystemExit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
