"""The time to compare schemas: one pair with 25 properties, and 1,000 pairs in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bridge.schemas.compatibility.compare import Comparer, compare
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict

PROPERTIES = 25
PAIRS = 1_000
ROUNDS = 200


def schema(number: int, **extra: Any) -> dict[str, Any]:
    """An ordinary schema with 25 properties; each ``number`` gives a different one."""
    properties: dict[str, Any] = {}
    for index in range(PROPERTIES):
        if index % 3 == 0:
            properties[f"p{index}"] = {"type": "integer", "minimum": 0 if index else number}
        elif index % 3 == 1:
            properties[f"p{index}"] = {"type": "string", "minLength": 1, "description": "what it is"}
        else:
            properties[f"p{index}"] = {"type": "array", "items": {"type": "string"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {**properties, **extra},
        "required": [f"p{index}" for index in range(12)],
        "additionalProperties": False,
    }


def timed(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def many() -> tuple[float, float]:
    """Elapsed and CPU seconds for 1,000 different pairs: two thirds are compatible, one third is not."""
    text = {"type": "string"}
    pairs = [
        (schema(number), schema(number + 1) if number % 3 == 0 else schema(number, added=text))
        for number in range(PAIRS)
    ]
    comparer = Comparer()

    def run() -> None:
        for old, new in pairs:
            comparer.compare(old, new, mode=Mode.FULL_TRANSITIVE, policy=Policy.VIEWS)

    cpu = time.process_time()
    return timed(run), time.process_time() - cpu


def main() -> None:
    old = schema(0)
    grown, broken = schema(0, added={"type": "string"}), schema(1)
    for name, new, verdict in (
        ("compatible", grown, Verdict.COMPATIBLE),
        ("incompatible, with an example", broken, Verdict.INCOMPATIBLE),
    ):
        result = compare(old, new, mode=Mode.FULL_TRANSITIVE, policy=Policy.VIEWS)
        assert result.verdict is verdict
        cold = [
            timed(lambda new=new: compare(old, new, mode=Mode.FULL_TRANSITIVE, policy=Policy.VIEWS))  # type: ignore[misc]
            for _ in range(ROUNDS)
        ]
        times = f"{median(cold) * 1e3:.2f} ms (best {min(cold) * 1e3:.2f})"
        print(f"schemas with {PROPERTIES} properties, {name}: {times}")
    wall, cpu = many()
    print(f"{PAIRS} pairs in one process: {wall:.2f} s ({cpu:.2f} s CPU)")


if __name__ == "__main__":
    main()
