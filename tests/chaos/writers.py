"""Writers change items on the embedded AWS itself, past the proxy, and keep a log of what they did."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.configuration import TABLES, VALUES, TableSpec

Item = Mapping[str, Mapping[str, Any]]

HOT_SHARE: Final = 0.25
POISON_SHARE: Final = 0.03
REMOVE_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """``rev`` numbers the changes of all items; an item carries that of its last change. ``poison``: no
    schema ever accepts its item."""

    rev: int
    subject: str
    operation: str
    before: Item | None
    after: Item | None
    poison: bool = False


@dataclass
class Log:
    """All changes, those of an item in their order."""

    changes: list[Change] = field(default_factory=list)
    _rev: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_rev(self) -> int:
        with self._lock:
            self._rev += 1
            return self._rev

    def add(self, change: Change) -> None:
        with self._lock:
            self.changes.append(change)

    def all(self) -> list[Change]:
        with self._lock:
            return list(self.changes)


class Writer:
    """Owns the keys of one table, so that their order is known. ``pause_s``: between two changes."""

    def __init__(self, spec: TableSpec, dynamodb: Any, log: Log, rng: random.Random, pause_s: float) -> None:
        self._spec = spec
        self._dynamodb = dynamodb
        self._log = log
        self._rng = rng
        self._pause_s = pause_s
        self._items: dict[str, Item] = {}
        self._stop = threading.Event()
        self.lock = threading.Lock()
        self.failed: Exception | None = None
        self._thread = threading.Thread(target=self._write_until_stopped, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self.failed is not None:
            raise self.failed

    def heal(self) -> None:
        """Make a sound item of every second one that is poison now."""
        poisoned = [item for _, item in sorted(self._items.items()) if "S" in item["value"]]
        for item in poisoned[::2]:
            self._put({name: item[name] for name in self._spec.key}, poison=False)

    def _write_until_stopped(self) -> None:
        try:
            while not self._stop.wait(self._pause_s * self._rng.expovariate(1.0)):
                with self.lock:
                    self._change()
        except Exception as error:  # noqa: BLE001 - shown by stop, in the thread that can fail
            self.failed = error

    def _change(self) -> None:
        key = self._key()
        if self._spec.subject(key) in self._items and self._rng.random() < REMOVE_SHARE:
            self._remove(key)
        else:
            self._put(key, poison=self._rng.random() < POISON_SHARE)

    def _key(self) -> Item:
        number = self._rng.randrange(3) if self._rng.random() < HOT_SHARE else self._rng.randrange(3, 60)
        if len(self._spec.key) == 1:
            return {"id": {"S": f"a-{number} é/%"}}
        return {"customer": {"S": f"c-{number % 7}"}, "number": {"N": str(number)}}

    def _put(self, key: Item, *, poison: bool) -> None:
        rev, value = self._log.next_rev(), self._rng.randrange(VALUES)
        item: Item = {
            **key,
            "rev": {"N": str(rev)},
            "value": {"S": f"poison {value}"} if poison else {"N": str(value)},
            "note": {"S": "x" * self._rng.randrange(300)},
            "tags": {"SS": sorted({f"t{self._rng.randrange(9)}" for _ in range(3)})},
        }
        self._dynamodb.put_item(TableName=self._spec.name, Item=item)
        subject = self._spec.subject(key)
        before = self._items.get(subject)
        self._items[subject] = item
        operation = "insert" if before is None else "modify"
        self._log.add(Change(rev, subject, operation, before, item, poison))

    def _remove(self, key: Item) -> None:
        rev = self._log.next_rev()
        self._dynamodb.delete_item(TableName=self._spec.name, Key=dict(key))
        subject = self._spec.subject(key)
        self._log.add(Change(rev, subject, "remove", self._items.pop(subject), None))


class Writers:
    """One for each table, as a context manager that stops them."""

    def __init__(self, dynamodb: Any, seed: int, per_s: float) -> None:
        self.log = Log()
        pause_s = len(TABLES) / per_s
        self._writers = [
            Writer(spec, dynamodb, self.log, random.Random(f"{seed}/{spec.name}"), pause_s) for spec in TABLES
        ]
        self._stopped = False

    def __enter__(self) -> Writers:
        for each in self._writers:
            each.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Raises what a writer has failed with."""
        if not self._stopped:
            self._stopped = True
            for each in self._writers:
                each.stop()

    def heal(self) -> None:
        for each in self._writers:
            each.heal()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is written while this is open."""
        with ExitStack() as stack:
            for each in self._writers:
                stack.enter_context(each.lock)
            yield
