"""What a run counts. Each worker has its own, written with its checkpoint, and a report adds them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.errors import CheckpointBroken

EXAMPLES: Final = 20


@dataclass(slots=True)
class Counts:
    """``numbers`` by name (below), ``types`` missed or sent by ``<type> <kind>``, ``blocked`` by reason;
    ``examples`` of blocked items: keyed hashes and reasons, never a value.

    ===================  ==============================================================================
    scanned              items seen by the table scan
    rows                 live ledger rows seen by the ledger scan
    matching              items and rows that agree
    other_fingerprint_version         items whose rows cannot be compared: settled under another recipe
    refreshed            rows of another recipe that ``seed --refresh`` wrote anew
    filtered             items that the table's filter keeps from ever becoming events
    without_row          items that the ledger does not know
    undecodable          items that no fingerprint can be taken of
    skipped              suspects left out by ``since``
    suspects             items and rows that disagreed at the first look
    in_flight            suspects that changed since, or agree by now
    missed_<kind>        insert, modify, remove: confirmed, and would be told
    blocked              confirmed, but a live record would have been quarantined; or a type of it whose
                         conditions nobody can decide, while the others are told
    without_event        confirmed, but no event tells it; a run only settles it
    gaps                 rows that noted a loss which later changes have overtaken, where it is not known
                         which attributes it was about: the mark is cleared
    emitted_<kind>       changes told and accepted by every sink
    events               events accepted
    settled              ledger rows written
    overtaken            told, but a live change settled the key first: it wins; if that one told nothing,
                         the next run tells the state again
    unsent               not accepted just now; found again by the next run
    read_units           of the table; ``ledger_units`` of the ledger (one for each row looked up)
    ===================  ==============================================================================
    """

    numbers: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)
    units: dict[str, float] = field(default_factory=lambda: {"read_units": 0.0, "ledger_units": 0.0})

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]

    def add(self, name: str, count: int = 1) -> None:
        self.numbers[name] += count

    def read(self, units: float) -> None:
        self.units["read_units"] += units

    def looked_up(self, units: float) -> None:
        self.units["ledger_units"] += units

    def block(self, reason: str, key_hash: str, hint: str, event_type: str = "") -> None:
        """``event_type`` is the type (with major) that could not be made, where one is to blame."""
        self.numbers["blocked"] += 1
        self.blocked[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"key_hash": key_hash, "reason": reason, "type": event_type, "hint": hint})

    @property
    def missed(self) -> int:
        return sum(self.numbers[f"missed_{kind}"] for kind in ("insert", "modify", "remove"))

    @property
    def emitted(self) -> int:
        return sum(self.numbers[f"emitted_{kind}"] for kind in ("insert", "modify", "remove", "snapshot"))

    def as_document(self) -> dict[str, Any]:
        return {
            "numbers": {name: count for name, count in sorted(self.numbers.items()) if count},
            "types": dict(sorted(self.types.items())),
            "blocked": dict(sorted(self.blocked.items())),
            "examples": self.examples,
            "units": self.units,
        }

    @classmethod
    def read_from(cls, document: Mapping[str, Any], name: str) -> Counts:
        """Raises ``CheckpointBroken`` for what :meth:`as_document` did not write; ``name`` says where."""
        try:
            return cls(
                Counter({str(key): int(value) for key, value in document["numbers"].items()}),
                Counter({str(key): int(value) for key, value in document["types"].items()}),
                Counter({str(key): int(value) for key, value in document["blocked"].items()}),
                [{str(key): str(value) for key, value in each.items()} for each in document["examples"]],
                {str(key): float(value) for key, value in document["units"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointBroken(
                f"the checkpoint {name} does not hold the counts of a run",
                hint="start anew with `stream-bridge reconcile run`",
            ) from error

    @classmethod
    def total(cls, parts: Iterable[Counts]) -> Counts:
        whole = cls()
        for part in parts:
            whole.numbers.update(part.numbers)
            whole.types.update(part.types)
            whole.blocked.update(part.blocked)
            whole.examples = (whole.examples + part.examples)[:EXAMPLES]
            for name, units in part.units.items():
                whole.units[name] = whole.units.get(name, 0.0) + units
        return whole
