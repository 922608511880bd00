"""What the proofs are made of, recorded.

These are the values that stand for a schema, the texts that stand for a pattern, and which pattern takes
all texts of another. ``python -m tests.schemas.compatibility.proving.recorded`` writes the answers again.
Look at what changed before you commit it: examples of breaks are made of these values.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bridge.schemas.compatibility.proving.gaps import TOP, Gap
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.inclusion import escaping, includes
from bridge.schemas.compatibility.proving.sampling import sample_texts
from bridge.schemas.compatibility.proving.witness import _aims, _smaller

PATH: Final = Path(__file__).with_name("recorded.ndjson")
MOST: Final = 30


def values(schema: Any) -> list[str]:
    """As JSON text each: 2 is not 2.0."""
    return [json.dumps(value) for value in islice(Generator({}).values((schema,)), MOST)]


def samples(pattern: str) -> list[str]:
    return list(sample_texts(pattern))


def inclusions(wide: str, patterns: list[str]) -> list[Any]:
    """For each pattern: True where ``wide`` takes all its texts, else one that escapes, None if unknown."""
    return [True if includes(wide, narrow) else escaping(wide, narrow) for narrow in patterns]


def aims(consumer: Any, keyword: str, detail: str) -> list[Any]:
    """The schemas with which a value is sought that this keyword of a consumer refuses."""
    return [list(each) for each in _aims(Gap("", TOP, (), consumer, keyword, detail), {})]


def smaller(value: Any) -> list[str]:
    """What an example is tried to be made, smallest steps last."""
    return [json.dumps(each) for each in _smaller(value)]


def read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PATH.read_text("utf-8").splitlines()]


def again(recorded: dict[str, Any], patterns: list[str]) -> dict[str, Any]:
    """The same line with the answers of now."""
    if "schema" in recorded:
        return {"schema": recorded["schema"], "values": values(recorded["schema"])}
    if "consumer" in recorded:
        asked = (recorded["consumer"], recorded["keyword"], recorded["detail"])
        return {**recorded, "aims": aims(*asked)}
    if "value" in recorded:
        return {**recorded, "smaller": smaller(recorded["value"])}
    pattern = recorded["pattern"]
    return {"pattern": pattern, "samples": samples(pattern), "takes": inclusions(pattern, patterns)}


def patterns_of(lines: list[dict[str, Any]]) -> list[str]:
    return [line["pattern"] for line in lines if "pattern" in line]


def main() -> None:
    lines = read()
    patterns = patterns_of(lines)
    made = [json.dumps(again(line, patterns), separators=(",", ":")) for line in lines]
    PATH.write_text("\n".join(made) + "\n", "utf-8")


if __name__ == "__main__":
    main()
