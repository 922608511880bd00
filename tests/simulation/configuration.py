"""The bridge's configuration in the simulation, and what each change must become under it.

Two types: every change of an item (to ``domain``), and a change of its plan (to ``domain`` and ``billing``).
Changes of ``seen`` alone are ignored, items whose key begins with ``f`` are filtered out. An item is poison
in one of three ways: refused by its schema, a number that is none, an event too large for the bus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal
from zlib import crc32

from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.errors import EventInvalid
from tests.builders import bridges
from tests.simulation.world import TABLE, Image, Written

DOMAIN, BILLING = "domain", "billing"
CHANGED, PLAN = "com.example.item.changed", "com.example.item.plan"
EVENT_MAX_BYTES = 3000
SECRET = b"simulation"
_IGNORED = (("seen",),)

NOT_A_NUMBER = {"nan": Decimal("NaN")}
TOO_LARGE = {"big": "x" * EVENT_MAX_BYTES}
REFUSED = {"v": "refused"}


def compiled_table(*, bad_deploy: bool, partial: bool = False) -> Table:
    """``bad_deploy``: a schema that no event satisfies; with ``partial`` a third of the states do not."""
    validate = (_refuse_a_third if partial else _refuse_all) if bad_deploy else _refuse_some
    table = bridges.table(
        bridges.rule(CHANGED, validate=validate, sinks=(DOMAIN,)),
        bridges.rule(
            PLAN,
            operations=frozenset({"modify"}),
            changed=["/plan"],
            validate=validate,
            sinks=(DOMAIN, BILLING),
        ),
        name=TABLE,
        ignore=_IGNORED,
        accepts=_accepts,
        subject="item/{$.key.id}",
    )
    return replace(
        table,
        fingerprint=compile_fingerprint(SECRET, _IGNORED),
        field_hashes=compile_field_hashes(SECRET, _IGNORED),
    )


def _accepts(record: Mapping[str, Any]) -> bool:
    accepted: bool = record["dynamodb"]["Keys"]["id"]["S"][0] != "f"
    return accepted


def _refuse_some(data: dict[str, Any]) -> None:
    if (data.get("after") or {}).get("v") == REFUSED["v"]:
        raise EventInvalid("/after/v is not what the schema allows")


def _refuse_a_third(data: dict[str, Any]) -> None:
    _refuse_some(data)
    if crc32(repr(sorted((data.get("after") or {}).items())).encode()) % 3 == 0:
        raise EventInvalid("the schema of this deployment does not allow this state")


def _refuse_all(data: dict[str, Any]) -> None:
    raise EventInvalid("the schema of this deploy allows nothing")


Fate = Literal["events", "silent", "poison"]


def fate_of(written: Written) -> Fate:
    """What must become of a change once it is walked by a good deploy."""
    before, after = written.before, written.after
    if written.key[0] == "f" or (written.op == "modify" and visible(before) == visible(after)):
        return "silent"
    if is_poison(after) or (before is not None and ("nan" in before or "big" in before)):
        return "poison"
    return "events"


def is_poison(image: Image | None) -> bool:
    """Whether an item in this state can never become an event."""
    return image is not None and ("nan" in image or "big" in image or image["v"] == REFUSED["v"])


def event_ids(written: Written) -> dict[str, set[str]]:
    """The ids that each sink must have received of a change whose fate is events."""
    domain, billing = {f"{written.record_id}:{CHANGED}.v1"}, set()
    before, after = written.before, written.after
    if before is not None and after is not None and before.get("plan") != after.get("plan"):
        billing = {f"{written.record_id}:{PLAN}.v1"}
    return {DOMAIN: domain | billing, BILLING: billing}


def visible(image: Image | None) -> Image | None:
    """What subscribers can know of an item: its state without what the diff ignores."""
    return None if image is None else {name: value for name, value in image.items() if name != "seen"}
