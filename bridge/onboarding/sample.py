"""Samples of one table: the shapes of its items, and what a person should check. Values are not kept.

Takes items of a scan or stream records, one at a time. Only with ``keep_values`` it keeps a few of them, for
examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.core.change import Change, Operation, StreamView, TypedItem
from bridge.core.values import plain_item
from bridge.errors import MalformedRecord
from bridge.onboarding.candidates import Candidates
from bridge.onboarding.names import secret_name, secret_value
from bridge.schemas.authoring.infer import ANY, MIN_SEEN, Path, Shape

KEPT_EACH: Final = 3
_SECRETS_MAX: Final = 100
_LARGE_BYTES: Final = 100 * 1024  # an event may contain an item twice, and its changes


@dataclass(slots=True)
class TableSample:
    """``key`` maps key attributes to their types (S, N or B), partition key first where that is known."""

    table: str
    key: dict[str, str]
    view: StreamView
    key_order_known: bool = True
    stream_enabled: bool = True
    about_items: int | None = None
    """The approximate number of items, as DynamoDB reports it."""
    keep_values: bool = False
    candidates: Candidates | None = None
    """Of a sample of one entity: what its texts may be."""

    items: Shape = field(init=False)
    created: Shape = field(init=False)
    """The shape of items as they were inserted, which only records show."""
    records: int = field(default=0, init=False)
    unreadable: int = field(default=0, init=False)
    secrets: dict[Path, str] = field(default_factory=dict, init=False)
    """The places of possible secrets, and why."""
    largest_bytes: int = field(default=0, init=False)
    kept: dict[Operation, list[Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.items = Shape(keep=frozenset(self.key))
        self.created = Shape(keep=frozenset(self.key))

    @property
    def created_known(self) -> bool:
        """Whether there are enough inserts to infer new items separately from older ones."""
        return self.created.seen >= MIN_SEEN

    @property
    def large(self) -> bool:
        return self.largest_bytes > _LARGE_BYTES

    def add_item(self, item: TypedItem, *, new: bool = False) -> bool:
        """An item as a scan returns it; ``new`` says that it was just inserted. An illegal one counts as
        unreadable; then the answer is False."""
        try:
            plain = plain_item(item, "item")
        except MalformedRecord:
            self.unreadable += 1
            return False
        self._look(plain)
        if new:
            self.created.add(plain)
        if self.keep_values and len(self.kept.setdefault("insert", [])) < KEPT_EACH:
            self.kept["insert"].append(item)
        return True

    def add_change(self, change: Change, record: Mapping[str, Any]) -> bool:
        """A decoded record. One with illegal images counts as unreadable; then the answer is False."""
        try:
            images = [
                None if image is None else plain_item(image, "image")
                for image in (change.before, change.after, change.key)
            ]
        except MalformedRecord:
            self.unreadable += 1
            return False
        self.records += 1
        before, after, key = images
        for image in (before, after) if before or after else (key,):
            if image is not None:
                self._look(image)
        if change.operation == "insert" and after is not None:
            self.created.add(after)
        if self.keep_values and len(self.kept.setdefault(change.operation, [])) < KEPT_EACH:
            self.kept[change.operation].append(record)
        return True

    def _look(self, image: dict[str, Any]) -> None:
        self.items.add(image)
        if self.candidates is not None:
            self.candidates.add(image)
        size = 0
        for path, value in _walk(image, ()):
            size += len(path[-1]) + (len(value) if isinstance(value, str) else 8)
            if len(self.secrets) >= _SECRETS_MAX or path in self.secrets:
                continue
            if path[-1] != ANY and secret_name(path[-1]):
                self.secrets[path] = "its name"
            elif isinstance(value, str) and secret_value(value):
                self.secrets[path] = "what its values look like"
        self.largest_bytes = max(self.largest_bytes, size)

    def settle_secrets(self) -> None:
        """After the last sample: write ``*`` for names that are data, and leave out secrets inside other
        secrets. The key stays: without it there is neither subject nor order."""
        settled: dict[Path, str] = {}
        for path, why in sorted(self.secrets.items()):
            general = self._generalised(path)
            inside = any(general[:length] in settled for length in range(1, len(general)))
            if not inside and general[0] not in self.key:
                settled.setdefault(general, why)
        self.secrets = settled

    def _generalised(self, path: Path) -> Path:
        shape: Shape | None = self.items
        steps: list[str] = []
        for step in path:
            members, rest = shape.parts() if shape is not None else ({}, None)
            if step in members:
                shape = members[step]
            elif step == ANY:
                shape = shape.items if shape is not None else None
            elif rest is not None and steps:  # a redaction cannot begin with a wildcard
                step, shape = ANY, rest
            else:
                shape = None
            steps.append(step)
        return tuple(steps)


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name), member
            yield from _walk(member, (*path, name))
    elif isinstance(value, list):
        for element in value:
            yield (*path, ANY), element
            yield from _walk(element, (*path, ANY))
