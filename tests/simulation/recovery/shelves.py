"""Where quarantined records wait for a retry: in memory, in a bucket, or in a queue, both through the
product's own edges. What the live path quarantined is put there; what a retry removes is gone there too."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol

from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sqs.quarantine import HIDDEN_S, SqsQuarantine
from bridge.errors import QuarantineUnavailable
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, QuarantineReader, Selection
from bridge.ports.quarantine_entry import identity_of
from tests.simulation.edges import SimulatedQuarantine
from tests.simulation.faults import Faults
from tests.simulation.recovery.boxes import SimulatedQueue
from tests.simulation.recovery.nonsense import Nonsense
from tests.simulation.recovery.run_stores import SimulatedS3

_QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/quarantine"
_BUCKET = "quarantine"


class Shelf(Protocol):
    hidden_s: float

    def fill(self) -> None:
        """With what was quarantined since."""

    def reader(self) -> QuarantineReader:
        """Of a process that starts anew."""

    def settle(self) -> None:
        """What was removed here is gone for everybody."""


class MemoryShelf:
    """The reading side of the quarantine."""

    hidden_s: float = 0.0

    def __init__(self, quarantine: SimulatedQuarantine, faults: Faults) -> None:
        self._kept = quarantine.kept
        self._faults = faults

    def fill(self) -> None:
        """It is the same."""

    def settle(self) -> None:
        """It is the same."""

    def reader(self) -> QuarantineReader:
        return self

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        self._fail("shelf.scan")
        yield from self._kept.scan(selection)

    def hold(self) -> None:
        """Everybody can read an entry."""

    def entries(self, selection: Selection = EVERYTHING) -> Iterable[Quarantined]:
        return self._kept.entries(selection)

    def load(self, name: str) -> Quarantined:
        self._fail("shelf.load")
        return self._kept.load(name)

    def remove(self, name: str) -> None:
        fault = self._fail("shelf.remove")
        self._kept.remove(name)
        self._faults.after("shelf.remove")
        if fault == "unheard":
            raise QuarantineUnavailable("the quarantine did not answer")

    def _fail(self, edge: str) -> str:
        fault = self._faults.before(edge)
        if fault not in ("none", "unheard"):
            raise QuarantineUnavailable("the quarantine did not answer")
        return fault


class EdgeShelf:
    """``put`` stores an entry without trouble, ``names`` are what is stored, ``new`` makes the reader."""

    def __init__(
        self,
        quarantine: SimulatedQuarantine,
        faults: Faults,
        put: Callable[[Quarantined], str],
        names: Callable[[], set[str]],
        new: Callable[[], QuarantineReader],
        hidden_s: float = 0.0,
    ) -> None:
        self.hidden_s = hidden_s
        self._kept = quarantine.kept
        self._faults = faults
        self._put, self._names, self._new = put, names, new
        self._identities: dict[str, str] = {}  # by name

    def fill(self) -> None:
        on, self._faults.on = self._faults.on, False
        here = set(self._identities.values())
        for entry in self._kept.entries():
            if (identity := identity_of(entry)) not in here:
                self._identities[self._put(entry)] = identity
                here.add(identity)  # a queue may hold it twice
        self._faults.on = on

    def settle(self) -> None:
        gone = {self._identities.pop(name) for name in self._identities.keys() - self._names()}
        for found in list(self._kept.scan()) if gone else ():
            if found.entry is not None and identity_of(found.entry) in gone:
                self._kept.remove(found.name)

    def reader(self) -> QuarantineReader:
        return self._new()


def new_shelf(kind: str, quarantine: SimulatedQuarantine, faults: Faults, nonsense_share: float) -> Shelf:
    if kind == "memory":
        return MemoryShelf(quarantine, faults)
    if kind == "s3":
        bucket = SimulatedS3(_BUCKET, faults, "shelf")

        def into_bucket(entry: Quarantined) -> str:
            before = set(bucket.objects)
            S3Quarantine(bucket, _BUCKET).put(entry)
            (name,) = set(bucket.objects) - before
            return name

        proxied = Nonsense(bucket, faults, nonsense_share)
        return EdgeShelf(
            quarantine,
            faults,
            into_bucket,
            lambda: set(bucket.objects),
            lambda: S3Quarantine(proxied, _BUCKET),
        )
    queue = SimulatedQueue(_QUEUE, faults, "shelf")

    def into_queue(entry: Quarantined) -> str:
        SqsQuarantine(queue, _QUEUE).put(entry)
        return queue.messages[-1].id

    client = Nonsense(queue, faults, nonsense_share)
    return EdgeShelf(
        quarantine,
        faults,
        into_queue,
        lambda: {message.id for message in queue.messages},
        lambda: SqsQuarantine(client, _QUEUE),
        HIDDEN_S,
    )
