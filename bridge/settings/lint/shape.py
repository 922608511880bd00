"""What is known of the shape of an item: which members it has, where, and of which kinds.

A shape is merged from many sources. It says "no" only where it knows the members of a place and the name is
none of them; where nothing is known of a place, anything may be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, Literal

from bridge.core.jsonpath import ANY, Step
from bridge.schemas.documents.nodes import Documents, Node, Undecided

Kind = Literal["string", "number", "boolean", "null", "object", "array", "set"]
Answer = Literal["yes", "no", "unknown"]

_OF_TAG: Final[Mapping[str, Kind]] = {
    "S": "string", "N": "number", "B": "string", "BOOL": "boolean", "NULL": "null",
    "SS": "set", "NS": "set", "BS": "set",
}  # fmt: skip
_OF_SCHEMA: Final[Mapping[str, Kind]] = {
    "string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null",
    "object": "object", "array": "array",
}  # fmt: skip
_DEPTH_MAX: Final = 12


@dataclass(slots=True)
class Shape:
    """``members`` and ``others`` (members with names that are data) are an object's, ``elements`` a list's or
    a set's. Without ``kinds`` nothing is known but that the place exists."""

    kinds: set[Kind] = field(default_factory=set)
    members: dict[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    elements: Shape | None = None

    # --- what is known -----------------------------------------------------------------------------

    def find(self, steps: Sequence[Step]) -> Answer:
        """Whether there is something at ``steps``. A step that is a number in text also leads to elements, as
        it does in a JSON Pointer."""
        if not steps:
            return "yes"
        if not self.kinds:
            member = self.members.get(steps[0]) if isinstance(steps[0], str) else None
            return member.find(steps[1:]) if member is not None else "unknown"
        answers = [
            below.find(steps[1:]) if below is not None else "unknown" for below in self.below(steps[0])
        ]
        return next((answer for answer in ("yes", "unknown") if answer in answers), "no")

    def below(self, step: Step) -> Iterator[Shape | None]:
        """The shapes one step down; None for one of which nothing is known."""
        if "object" in self.kinds and not isinstance(step, int):
            known = [*self.members.values(), *([self.others] if self.others is not None else [])]
            if not known:
                yield None
            elif step is ANY:
                yield from known
            elif step in self.members:
                yield self.members[step]
            elif self.others is not None:
                yield self.others
        if "array" in self.kinds and (step is ANY or isinstance(step, int) or str(step).isdigit()):
            yield self.elements

    def at(self, steps: Sequence[str]) -> tuple[Answer, set[Kind]]:
        """The same for the steps of a pattern, for which lists are transparent and names may have dots: and
        the kinds of what is there, those of the elements of a list."""
        if not steps:
            kinds = {kind for kind in self.kinds if kind not in ("array", "set")}
            if self.elements is not None:
                kinds |= self.elements.at(())[1]
            return "yes", kinds
        best: Answer = "no" if self.kinds else "unknown"
        found: set[Kind] = set()
        if "array" in self.kinds:
            best, found = self.elements.at(steps) if self.elements is not None else ("unknown", set())
        for end in range(1, len(steps) + 1):
            name = ".".join(steps[:end])
            if name in self.members:
                answer, kinds = self.members[name].at(steps[end:])
            elif end == 1 and "object" in self.kinds and self.others is not None:
                answer, kinds = self.others.at(steps[1:])
            elif end == 1 and "object" in self.kinds and not self.members:
                answer, kinds = "unknown", set[Kind]()
            else:
                continue
            found |= kinds
            best = answer if best == "no" or answer == "yes" else best
        return best, found

    def closest(self, steps: Sequence[Step]) -> tuple[Step, ...] | None:
        """A place that exists and is written almost like ``steps``: another case, a letter more or less, a
        missing ``[*]``, a rest inside a value that has nothing inside."""
        if not steps:
            return ()
        step, rest = steps[0], steps[1:]
        if self.kinds and not self.kinds & {"object", "array"}:
            return ()  # text, a number, a set: the rule can only name the value itself
        if "array" in self.kinds and "object" not in self.kinds:
            stays = step is ANY or isinstance(step, int) or str(step).isdigit()
            inner = self.elements.closest(rest if stays else steps) if self.elements is not None else ()
            return None if inner is None else (step if stays else ANY, *inner)
        for name in self._alike(step):
            inner = self.members[name].closest(rest)
            if inner is not None:
                return (name, *inner)
        if step is ANY or self.others is not None:
            inner = self.others.closest(rest) if self.others is not None else ()
            return None if inner is None else (step, *inner)
        return None

    def _alike(self, step: Step) -> list[str]:
        if not isinstance(step, str):
            return []
        if step in self.members:
            return [step]
        same = [name for name in self.members if name.lower() == step.lower()]
        return same or get_close_matches(step, list(self.members), n=2, cutoff=0.7)

    # --- what adds to it -----------------------------------------------------------------------------

    def add_steps(self, steps: Sequence[Step]) -> None:
        """A place that somebody names."""
        here = self
        for step in steps:
            if not isinstance(step, str):
                return
            here = here.members.setdefault(step, Shape())

    def add_item(self, item: Any) -> None:
        """A typed item: DynamoDB's own JSON. Malformed parts are left out."""
        self.kinds.add("object")
        for name, value in item.items() if isinstance(item, Mapping) else ():
            self.members.setdefault(str(name), Shape())._add_typed(value, 0)

    def _add_typed(self, value: Any, depth: int) -> None:
        if not isinstance(value, Mapping) or len(value) != 1 or depth > _DEPTH_MAX:
            return
        ((tag, content),) = value.items()
        if tag == "M" and isinstance(content, Mapping):
            self.kinds.add("object")
            for name, each in content.items():
                self.members.setdefault(str(name), Shape())._add_typed(each, depth + 1)
        elif tag == "L" and isinstance(content, list):
            self.kinds.add("array")
            for each in content:
                self.elements = self.elements or Shape()
                self.elements._add_typed(each, depth + 1)
        elif tag in _OF_TAG:
            self.kinds.add(_OF_TAG[tag])
            if tag in ("SS", "NS", "BS"):
                self.elements = self.elements or Shape()
                self.elements.kinds.add("number" if tag == "NS" else "string")

    def add_plain(self, value: Any, depth: int = 0) -> None:
        """A plain JSON value, of an example."""
        if depth > _DEPTH_MAX:
            return
        if isinstance(value, Mapping):
            self.kinds.add("object")
            for name, each in value.items():
                self.members.setdefault(str(name), Shape()).add_plain(each, depth + 1)
        elif isinstance(value, list):
            self.kinds.add("array")
            for each in value:
                self.elements = self.elements or Shape()
                self.elements.add_plain(each, depth + 1)
        else:
            self.kinds.add(_kind_of(value))

    def add_schema(self, documents: Documents, node: Node, depth: int = 0) -> None:
        """What a JSON Schema declares. Undeclared members that it allows are not known."""
        schema = node.schema
        if not isinstance(schema, Mapping) or depth > _DEPTH_MAX:
            return
        declared = schema.get("type", [])
        self.kinds |= {_OF_SCHEMA[each] for each in _list(declared) if each in _OF_SCHEMA}
        if "const" in schema:
            self.kinds.add(_kind_of(schema["const"]))
        self.kinds |= {_kind_of(each) for each in _list(schema.get("enum", []))}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            try:
                self.add_schema(documents, documents.resolve(node, reference), depth + 1)
            except Undecided:
                return
        for keyword in ("allOf", "anyOf", "oneOf"):
            for index in range(len(_list(schema.get(keyword, [])))):
                self.add_schema(documents, node.at(keyword, index), depth + 1)
        for keyword in ("then", "else"):
            if keyword in schema:
                self.add_schema(documents, node.at(keyword), depth + 1)
        properties = schema.get("properties")
        if isinstance(properties, Mapping) and properties:
            self.kinds.add("object")
            for name in properties:
                self.members.setdefault(name, Shape()).add_schema(
                    documents, node.at("properties", name), depth + 1
                )
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if isinstance(schema.get(keyword), Mapping):
                self.kinds.add("object")
                self.others = self.others or Shape()
                self.others.add_schema(documents, node.at(keyword), depth + 1)
        if isinstance(schema.get("patternProperties"), Mapping):
            self.kinds.add("object")
            self.others = self.others or Shape()
        if isinstance(schema.get("items"), Mapping):
            self.kinds.add("array")
            self.elements = self.elements or Shape()
            self.elements.add_schema(documents, node.at("items"), depth + 1)


def _kind_of(value: Any) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, Mapping) else "array" if isinstance(value, list) else "string"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
