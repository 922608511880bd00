"""Whether an item and its ledger row match, by the rules of the live path: redact, ignore, filter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bridge.core.change import Change, Operation, Position, StreamRef, StreamView, TypedItem, captures
from bridge.core.entities.select import NO_ENTITY
from bridge.core.events.translate import Table
from bridge.core.fingerprint import Fingerprint, compile_fingerprint
from bridge.core.generation import lifted
from bridge.core.keys import SEPARATOR, key_hash, key_token
from bridge.core.values import base64_text
from bridge.errors import MalformedRecord
from bridge.ports.ledger import Keep, Row
from bridge.ports.table import TableFacts
from bridge.relay.gaps import legible

Kind = Literal["insert", "modify", "remove", "gap", "not_comparable"]
"""How item and row differ. ``not_comparable``: both exist, but it cannot be seen whether the item changed,
because the row was settled under another ``diff.ignore``, ``redact`` or ``hash_key``.
``gap``: they match, but the row notes a loss that later changes overtook."""

NEVER_SETTLED = Position("", 0)
"""Before every position of every stream: the position of an item without a row, in generation 0."""


@dataclass(frozen=True, slots=True)
class Comparer:
    """The rules of one table. ``keep`` is the ledger's; ``hash_key`` names keys in reports."""

    table: Table
    facts: TableFacts
    keep: Keep
    hash_key: bytes = b""
    fingerprint_of: Fingerprint = field(init=False)
    stream: StreamRef = field(init=False)
    redacted_table: Table = field(init=False)
    """The table's rules for images that are redacted already and passed its filter."""
    sees_state: bool = field(init=False)
    """Whether rows hold fingerprints: then an empty one is a state that was never published."""
    fingerprint: Fingerprint = field(init=False)
    """Of an item as it is in the table: redacted, then hashed. Raises ``MalformedRecord``."""
    token_of: Callable[[TypedItem], str] = field(init=False)
    """An item's key token. Raises ``MalformedRecord``."""
    _blank: Change = field(init=False)
    _kinds: dict[str, Comparer] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        # Also without stored fingerprints this shows whether an item changed between two reads.
        put(self, "fingerprint_of", self.table.fingerprint or compile_fingerprint(self.hash_key))
        arn = self.facts.stream_arn or f"{self.facts.arn}/stream/none"
        put(self, "stream", StreamRef(arn, self.facts.name, arn.rpartition("/")[2]))
        put(self, "redacted_table", replace(self.table.unredacting(), accepts=None))
        time = datetime.fromtimestamp(0, UTC)
        blank = Change(
            "", self.stream, "insert", {}, None, None, NEVER_SETTLED, time, "user", "NEW_AND_OLD_IMAGES"
        )
        put(self, "_blank", blank)
        entities = self.table.entities
        fetches = self.table.fetch or (entities and any(each.fetch for each in entities.by_name.values()))
        captured = captures(self.facts.view, "after") or bool(fetches)
        put(self, "sees_state", self.keep != "position" and self.table.fingerprint is not None and captured)
        # Compiled once, because they run for every item of a table.
        usual = self.fingerprint_of if self.table.redact is None else self._redacted_print
        put(self, "fingerprint", usual if entities is None else self._print_by_entity)
        put(self, "token_of", self._compiled_token())

    # --- keys ------------------------------------------------------------------------------------

    def key_of(self, item: TypedItem) -> TypedItem:
        """Typed, binary as base64 text. Raises ``MalformedRecord``."""
        try:
            key = {name: item[name] for name in self.facts.key}
        except KeyError as error:
            raise MalformedRecord(f"the item has no key attribute {error.args[0]!r}") from error
        if "B" in self.facts.key.values():
            return {
                name: {tag: base64_text(each) if isinstance(each, bytes) else each}
                for name, value in key.items()
                for tag, each in value.items()
            }
        return key

    def token(self, key: TypedItem) -> str:
        return key_token(self.facts.name, key)

    def _compiled_token(self) -> Callable[[TypedItem], str]:
        """``key_token`` of ``key_of``, compiled for this table's key. Those two handle unexpected items."""
        parts = [(name, self.facts.key[name]) for name in sorted(self.facts.key)]
        heads = [SEPARATOR + name + SEPARATOR + tag + SEPARATOR for name, tag in parts]
        separators = 3 * len(parts)
        table = self.facts.name

        def slowly(item: TypedItem) -> str:
            return self.token(self.key_of(item))

        def quickly(item: TypedItem) -> str:
            token = table
            try:
                for (name, tag), head in zip(parts, heads, strict=True):
                    token += head + item[name][tag]
            except (KeyError, TypeError):
                return slowly(item)
            return token if token.count(SEPARATOR) == separators else slowly(item)

        return quickly

    @property
    def never_settled(self) -> Position:
        """Before every position of every stream, and after every lower generation."""
        return lifted(NEVER_SETTLED, self.table.generation)

    def name(self, token: str) -> str:
        """The name of an item in reports."""
        return key_hash(token, self.hash_key)

    def key_name(self, key: TypedItem) -> str:
        """The key in event ids: a keyed hash."""
        return (self.table.key_hash or self.fingerprint_of)(key)

    # --- images ----------------------------------------------------------------------------------

    def redacted(self, image: TypedItem) -> TypedItem:
        """Raises ``MalformedRecord``."""
        if self.table.redact is None:
            return image
        return self.table.redact(self._blank._replace(after=image)).after or {}

    def redacted_key(self, key: TypedItem) -> TypedItem:
        return key if self.table.redact is None else self.table.redact(self._blank._replace(key=key)).key

    def _redacted_print(self, item: TypedItem) -> str:
        return self.fingerprint_of(self.redacted(item))

    # --- entities --------------------------------------------------------------------------------

    def entity_of(self, key: TypedItem, item: TypedItem | None) -> str | None:
        """The entity of an item, None where only the item would show it. Raises ``MalformedRecord``."""
        return "" if self.table.entities is None else self.table.entities.selector.of(key, item)

    def of(self, entity: str | None) -> Comparer:
        """By the rules of one entity; the comparer itself where the table is one entity."""
        if self.table.entities is None:
            return self
        name = entity or NO_ENTITY
        if name not in self._kinds:
            rules = self.table.rules_of(name)
            rules = replace(
                rules, entities=None, accepts=self.table.accepts, generation=self.table.generation
            )
            self._kinds[name] = Comparer(rules, self.facts, self.keep, self.hash_key)
        return self._kinds[name]

    def _print_by_entity(self, item: TypedItem) -> str:
        entity = self.entity_of(self.key_of(item), item) or NO_ENTITY
        return f"{self.of(entity).fingerprint(item)} {entity}"

    def _kind_by_entity(self, fingerprint: str, row: Row | None) -> Kind | None:
        state, _, entity = fingerprint.rpartition(" ")
        held = row.entity if row is not None and row.live else NO_ENTITY
        if row is not None and set(row.ends) - {entity}:
            return "modify" if row.live else "insert"
        if entity == NO_ENTITY and held in ("", NO_ENTITY):
            return None
        if row is not None and row.live and held not in ("", entity):
            return "modify"
        return self.of(entity).kind(state, row)

    # --- verdicts --------------------------------------------------------------------------------

    def kind(self, fingerprint: str | None, row: Row | None) -> Kind | None:
        """``fingerprint`` of the item, None if the item does not exist. Returns None if they match."""
        if fingerprint is None:
            return "remove" if row is not None and (row.live or row.doubt) else None
        if self.table.entities is not None:
            return self._kind_by_entity(fingerprint, row)
        if row is None or not row.live:
            return "insert"
        if self.sees_state and row.fingerprint != fingerprint:
            if not self.table.knows(row.fingerprint_version):
                return "gap" if row.gap else "not_comparable"
            return "modify"
        return "gap" if row.gap else None

    def accepts(self, kind: Operation, key: TypedItem, item: TypedItem | None, row: Row | None) -> bool:
        """Whether a live record of this change would pass the table's filter. An item passes as a snapshot if
        a record of it as new or as changed would."""
        if self.table.accepts is None:
            return True
        if kind == "snapshot":
            return self.accepts("insert", key, item, row) or self.accepts("modify", key, item, row)
        if kind == "remove" and not self.table.sees_gaps and self._image(row) is None:
            return True  # the filter needs an image that no longer exists: in doubt, publish
        return self.table.accepts(self.record(kind, key, item, row))

    def _image(self, row: Row | None) -> TypedItem | None:
        known = legible(self.table, row)
        return None if known is None else known.image

    def record(
        self, kind: Operation, key: TypedItem, item: TypedItem | None, row: Row | None
    ) -> dict[str, Any]:
        """DynamoDB's own record of the change, as far as it can be known."""
        body: dict[str, Any] = {"Keys": key, "StreamViewType": self.facts.view}
        if item is not None and captures(self.facts.view, "after"):
            body["NewImage"] = item
        before = self._image(row) if kind != "insert" else None
        if before is not None and captures(self.facts.view, "before"):
            body["OldImage"] = before
        arn = self.facts.arn.split(":")
        return {
            "eventName": kind.upper(),
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": arn[3] if len(arn) > 3 else "",
            "eventSourceARN": self.stream.arn,
            "dynamodb": body,
        }

    def view_of(self, kind: Operation, before: Mapping[str, Any] | None) -> StreamView:
        """What the events may show: never more than the stream's own view, nor more than is known."""
        view = self.facts.view
        if view == "NEW_AND_OLD_IMAGES" and before is None and kind in ("modify", "remove"):
            return "NEW_IMAGE" if kind == "modify" else "KEYS_ONLY"
        if view == "OLD_IMAGE" and before is None and kind in ("modify", "remove"):
            return "KEYS_ONLY"
        return view
