"""What a run counts. Each worker has its own counts, stored with its checkpoint; a report adds them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.errors import CheckpointBroken, MalformedRecord

KINDS: Final = ("insert", "modify", "remove")
EXAMPLES: Final = 20


@dataclass(slots=True)
class Counts:
    """``numbers`` by name (below), ``types`` missed or sent by ``<type> <kind>``, ``blocked`` by reason,
    ``entities`` (matching, differing, missed, reemitted, snapshots) by ``<entity> <what>``; ``examples`` of
    blocked items: keyed hashes and reasons, never a value.

    =================  ==============================================================================
    compared           items of the table that were read and looked up in the ledger
    rows               live ledger rows that were read and looked up in the table
    matching           items and rows that match
    differing          items and rows that differed in the first pass
    not_comparable     items whose rows were settled under another fingerprint version
    refreshed          such rows that ``seed --refresh`` wrote again
    filtered           items that the table's filter keeps from ever becoming events
    no_entity          items that no entity selects, or not one of the selected entities
    without_row        items that the ledger does not know
    undecodable        items that have no fingerprint, because they cannot be decoded
    skipped            differing items left out by ``since``
    in_flight          differing items that changed since, or match by now
    missed_<kind>      insert, modify, remove: confirmed, to be re-emitted
    blocked            confirmed, but a live record would have been quarantined; or one of its types has
                       conditions that nobody can decide, while the others are published
    without_event      confirmed, but it has no event; a run only settles it
    gaps               rows that noted a loss which later changes have overtaken, where the attributes
                       are not known: the note is cleared
    reemitted_<kind>   changes published and accepted by every sink
    snapshots          items published by a backfill and accepted by every sink
    events             events accepted
    settled            ledger rows written
    overtaken          published, but a live change settled the key first and wins; if that change
                       published nothing, the next run publishes the state again
    unsent             not accepted now; found again by the next run
    read_units         of the table; ``ledger_units`` of the ledger (one for each row looked up)
    =================  ==============================================================================
    """

    numbers: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    entities: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)
    units: dict[str, float] = field(default_factory=lambda: {"read_units": 0.0, "ledger_units": 0.0})

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]

    def add(self, name: str, count: int = 1) -> None:
        self.numbers[name] += count

    def of_entity(self, entity: str, name: str) -> None:
        """Counts one item of an entity, in a table that has entities."""
        if entity:
            self.entities[f"{entity} {name}"] += 1

    def read(self, units: float) -> None:
        self.units["read_units"] += units

    def looked_up(self, units: float) -> None:
        self.units["ledger_units"] += units

    def block(self, reason: str, key_hash: str, hint: str, event_type: str = "") -> None:
        """``event_type`` is the type (with major) that could not be made, if one type is the cause."""
        self.numbers["blocked"] += 1
        self.blocked[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"key_hash": key_hash, "reason": reason, "type": event_type, "hint": hint})

    def undecodable(self, error: MalformedRecord, key_hash: str) -> None:
        self.add("undecodable")
        self.block(error.reason, key_hash, error.message)

    @property
    def missed(self) -> int:
        return sum(self.numbers[f"missed_{kind}"] for kind in KINDS)

    @property
    def reemitted(self) -> int:
        return sum(self.numbers[f"reemitted_{kind}"] for kind in KINDS)

    def as_document(self) -> dict[str, Any]:
        return {
            "numbers": {name: count for name, count in sorted(self.numbers.items()) if count},
            "types": dict(sorted(self.types.items())),
            "blocked": dict(sorted(self.blocked.items())),
            **({"entities": dict(sorted(self.entities.items()))} if self.entities else {}),
            "examples": self.examples,
            "units": self.units,
        }

    @classmethod
    def read_from(cls, document: Mapping[str, Any], name: str) -> Counts:
        """Raises ``CheckpointBroken`` for what :meth:`as_document` did not write; ``name`` says where."""

        def counter(part: str) -> Counter[str]:
            return Counter({str(key): int(value) for key, value in document[part].items()})

        try:
            return cls(
                counter("numbers"),
                counter("types"),
                counter("blocked"),
                counter("entities") if "entities" in document else Counter(),
                [{str(key): str(value) for key, value in each.items()} for each in document["examples"]],
                {str(key): float(value) for key, value in document["units"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointBroken(
                f"the checkpoint {name} does not hold the counts of a run",
                hint="start a new run with `stream-bridge reconcile run`",
            ) from error

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        whole = cls()
        for part in parts:
            whole.numbers.update(part.numbers)
            whole.types.update(part.types)
            whole.blocked.update(part.blocked)
            whole.entities.update(part.entities)
            whole.examples = (whole.examples + part.examples)[:EXAMPLES]
            for name, units in part.units.items():
                whole.units[name] = whole.units.get(name, 0.0) + units
        return whole
