"""How the recorded comparisons were decided: one short text for each step.

The readings of both documents, the gaps of the proof in both directions, and the events that were tried, in
their order. An owner sees an example that is found by this order, so it changes on purpose only.
``python -m tests.schemas.compatibility.trail`` writes the file again. ``--show N`` prints
the steps of pair N.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bridge.schemas.compatibility.prepare import Prepared, text_of
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.prover import Prover
from bridge.schemas.compatibility.proving.witness import candidates
from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex, complexity_of
from bridge.schemas.compatibility.reading.normal import Normal
from bridge.schemas.compatibility.reading.references import Unusable
from bridge.schemas.compatibility.verdict import Policy
from tests.schemas.compatibility.corpus import read

PATH: Final = Path(__file__).with_name("trail.json")
STEPS: Final = ("readings", "gaps", "tries", "events")


def steps_of(pair: dict[str, Any]) -> dict[str, Any]:
    policy = Policy(pair["policy"])
    try:
        old, new = (_prepared(pair[side], side) for side in ("old", "new"))
        readings = [_reading(each, policy) for each in (old, new)]
        found = [_proof(one, other, policy) for one, other in ((old, new), (new, old))]
    except (TooComplex, Unusable) as error:
        return {"readings": str(error)}
    return {
        "readings": readings,
        "gaps": [gaps for gaps, _ in found],
        "tries": [tries for _, tries in found],
        "events": [_events(each.as_producer(policy)) for each in (old, new)],
    }


def _prepared(document: Any, name: str) -> Prepared:
    return Prepared(document, {}, f"{name}-", text_of("", document))


def _reading(document: Prepared, policy: Policy) -> Any:
    forms = [document.normal, document.as_producer(policy), document.as_consumer(policy)]
    measure = complexity_of(document.normal)
    return [
        [[form.root, form.defs, form.unread, form.inexact, form.has_closing] for form in forms],
        sorted(document.normal.origin.values()),
        [measure.tree, measure.cases, measure.values],
    ]


def _proof(producer: Prepared, consumer: Prepared, policy: Policy) -> tuple[Any, Any]:
    prover = Prover(producer.as_producer(policy), consumer.as_consumer(policy), Patience(None), ask=False)
    gaps = prover.run()
    return (
        [[each.rule, each.pointer, each.keyword, each.detail] for each in gaps],
        [list(islice(candidates(gap, prover, 400), 120)) for gap in gaps[:3]],
    )


def _events(reading: Normal) -> Any:
    return list(islice(Generator(reading.defs, 400).values((reading.root,)), 80))


def short(step: Any) -> str:
    return hashlib.blake2b(json.dumps(step).encode(), digest_size=6).hexdigest()


def recorded() -> list[list[str]]:
    kept: list[list[str]] = json.loads(PATH.read_text("utf-8"))
    return kept


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", type=int)
    options = parser.parse_args()
    if options.show is not None:
        print(json.dumps(steps_of(read()[options.show]), indent=1))
        return
    lines = [json.dumps([short(step) for step in steps_of(pair).values()]) for pair in read()]
    PATH.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
