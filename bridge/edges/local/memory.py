"""Events and quarantined records kept in memory: for ``stream-bridge invoke``, for tests, for trying out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from threading import Lock

from bridge.core.event import Event
from bridge.core.events.claim_check import Claim
from bridge.errors import EntryMissing
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import identity_of, scan_names
from bridge.ports.sink import ACCEPTED, SKIPPED, EntryResult


class MemorySink:
    """Keeps what was published, in order, in ``events``.

    ``size_of`` and ``max_bytes`` let it refuse what another kind of sink would refuse.
    """

    def __init__(
        self,
        *,
        name: str = "memory",
        size_of: Callable[[Event], int] | None = None,
        max_bytes: int = sys.maxsize,
    ) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self._size_of = size_of
        self.events: list[Event] = []

    def check(self) -> None:
        """Memory is always there."""

    def size_of(self, event: Event) -> int:
        return len(event.body) if self._size_of is None else self._size_of(event)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        if deadline.remaining_s() <= 0:
            return [SKIPPED] * len(events)
        self.events.extend(events)
        return [ACCEPTED] * len(events)


class MemoryQuarantine:
    """Keeps what was quarantined, one entry a record, in the order of first arrival."""

    def __init__(self) -> None:
        self._kept: dict[str, Quarantined] = {}
        self._lock = Lock()

    def check(self) -> None:
        """Memory is always there."""

    def put(self, entry: Quarantined) -> None:
        with self._lock:
            self._kept[identity_of(entry)] = entry

    def entries(self, selection: Selection = EVERYTHING) -> list[Quarantined]:
        with self._lock:
            return [entry for entry in self._kept.values() if selection.takes(entry)]

    def hold(self) -> None:
        """Everybody can read an entry."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is the record's identity."""
        with self._lock:
            names = list(self._kept)
        return scan_names(names, self.load, selection)

    def load(self, name: str) -> Quarantined:
        """One entry. Raises ``EntryMissing``."""
        with self._lock:
            if name in self._kept:
                return self._kept[name]
        raise EntryMissing(f"nothing is quarantined as {name}")

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``."""
        with self._lock:
            self._kept.pop(name, None)


class MemoryClaimCheck:
    """Keeps the data of large events in ``kept``, by the URI that the events name.

    With ``base`` the events of a dry run look and weigh as they will in earnest.
    """

    def __init__(self, *, base: str = "memory:") -> None:
        self.base = base
        self.kept: dict[str, bytes] = {}

    def check(self) -> None:
        """Memory is always there."""

    def locate(self, claim: Claim) -> str:
        return self.base + claim.name

    def store(self, claim: Claim) -> None:
        self.kept[self.locate(claim)] = claim.data
