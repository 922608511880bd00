"""One version of a type as the rules of a bus see it: what its events can hold at each field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bridge.core.pattern.fields import Field
from bridge.core.pattern.rules import envelope
from bridge.schemas.documents.event_document import bus_envelope, cloud_event, example_event
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.schemas.evolution.rules.finding import Side
from bridge.schemas.evolution.rules.matchable import Answer, Judged, judge
from bridge.schemas.evolution.rules.reach import Reach, reach_of


class RuleView:
    """``name`` is ``old`` or ``new``."""

    def __init__(self, side: Side, name: str) -> None:
        self.side = side
        self._envelope = f"urn:stream-bridge:{name}-envelope"
        names = {"type_name": side.type, "source": side.source}
        detail = cloud_event({"$ref": side.data}, dataschema=side.data, described=False, **names)
        whole = bus_envelope(detail, **names)
        self.every: dict[str, Any] = {**side.documents, self._envelope: whole}
        self.documents = Documents(self.every)
        self._reached: dict[tuple[str, ...], Reach | Undecided] = {}

    def reach(self, steps: tuple[str, ...]) -> Reach | Undecided:
        if steps not in self._reached:
            try:
                self._reached[steps] = reach_of(self.documents, self.documents.root(self._envelope), steps)
            except Undecided as error:
                self._reached[steps] = error
        return self._reached[steps]

    def judge(self, matcher: Any, steps: tuple[str, ...]) -> Judged:
        reach = self.reach(steps)
        if isinstance(reach, Undecided):
            return Judged(Answer.UNKNOWN)
        return judge(self.documents, matcher, reach)

    def field(self, each: Field) -> Judged:
        """The best answer of the field's matchers."""
        return max((self.judge(m, each.steps) for m in each.leaf.matchers), key=lambda judged: judged.answer)

    def alternative(self, fields: Sequence[Field]) -> Answer:
        return min((self.field(each).answer for each in fields), default=Answer.YES)

    def pointer(self, steps: tuple[str, ...]) -> str | None:
        """The part of the schema that decides about a field."""
        reach = self.reach(steps)
        if isinstance(reach, Undecided):
            return None
        nodes: list[Node] = [slot.parts[-1] for slot in reach.slots] + reach.objects + reach.open_at
        nodes += [node for node, _ in reach.lost_at]
        node = next((node for node in nodes if node.uri != self._envelope), None)
        if node is None:
            return None
        return node.pointer if node.uri == self.side.data else f"{node.uri}#{node.pointer}"

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The examples by their names, as a rule sees them."""
        side = self.side
        for name, data in side.examples.items():
            event = example_event(side.type, side.source or "example", side.data, data)
            yield name, envelope(event)
