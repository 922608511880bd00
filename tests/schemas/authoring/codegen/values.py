"""Random values for a schema, most of them valid; and variations of a value, most of them broken."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from bridge.schemas.compatibility.proving.generate import FORMATS
from bridge.schemas.compatibility.proving.sampling import sample_texts
from bridge.schemas.documents.nodes import Documents, Node, Undecided

ANYTHING: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    1.0,
    -2,
    0.5,
    "",
    "a",
    "2030-01-31",
    [],
    [1],
    {},
    {"a": 1},
)
DEPTH_MAX: Final = 8


class Values:
    def __init__(self, chance: random.Random, documents: Documents) -> None:
        self._chance = chance
        self._documents = documents

    def of(self, *nodes: Node, depth: int = 0) -> Any:
        plains = list(self._plains(nodes))
        schemas = [each.schema for each in plains]
        for each in schemas:
            if "const" in each:
                return each["const"]
            if each.get("enum"):
                return self._chance.choice(each["enum"])
        if not schemas or depth > DEPTH_MAX:
            return self._chance.choice(ANYTHING)
        return self._of_type(self._type(schemas), plains, depth)

    def varied(self, value: Any) -> Any:
        """The value with one small difference somewhere."""
        chance = self._chance
        if isinstance(value, dict) and value and chance.random() < 0.9:
            name = chance.choice(list(value))
            rest = {key: each for key, each in value.items() if key != name}
            if chance.random() < 0.25:
                return rest
            if chance.random() < 0.1:
                return {**value, "never-heard-of": chance.choice(ANYTHING)}
            return {**value, name: self.varied(value[name])}
        if isinstance(value, list) and value and chance.random() < 0.8:
            place = chance.randrange(len(value))
            return [*value[:place], self.varied(value[place]), *value[place + 1 :]]
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return chance.choice([float(value), str(value), bool(value), value + 0.5, -value])
        if isinstance(value, str):
            return chance.choice([f"{value} ", value[:-1], value.upper(), 20300131, None])
        return chance.choice(ANYTHING)

    def _plains(self, nodes: tuple[Node, ...]) -> Iterator[Node]:
        """The schemas that hold together; of alternatives, one is drawn."""
        waiting, left = list(nodes), 40
        while waiting and left:
            node, left = waiting.pop(0), left - 1
            if not isinstance(node.schema, Mapping):
                continue
            yield node
            if isinstance(node.schema.get("$ref"), str):
                with suppress(Undecided):
                    waiting.append(self._documents.resolve(node, node.schema["$ref"]))
            waiting += [node.at("allOf", n) for n, _ in enumerate(node.schema.get("allOf", ()))]
            for keyword in ("anyOf", "oneOf"):
                if node.schema.get(keyword):
                    waiting.append(node.at(keyword, self._chance.randrange(len(node.schema[keyword]))))

    def _type(self, schemas: list[Any]) -> str:
        kinds: list[str] | None = None
        for each in schemas:
            if "type" in each:
                given = [each["type"]] if isinstance(each["type"], str) else each["type"]
                kinds = [kind for kind in given if kinds is None or kind in kinds]
        if kinds:
            return self._chance.choice(kinds)
        words = {word for each in schemas for word in each}
        if {"properties", "required", "additionalProperties"} & words:
            return "object"
        if {"items", "prefixItems"} & words:
            return "array"
        return self._chance.choice(["object", "string", "integer", "number", "boolean", "null", "array"])

    def _of_type(self, kind: str, plains: list[Node], depth: int) -> Any:
        chance, schemas = self._chance, [each.schema for each in plains]
        if kind == "object":
            return self._object(plains, depth)
        if kind == "array":
            return self._array(plains, depth)
        if kind == "string":
            return self._text(schemas)
        if kind in ("integer", "number"):
            least = max([s["minimum"] for s in schemas if "minimum" in s] or [0])
            most = min([s["maximum"] for s in schemas if "maximum" in s] or [least + 9])
            middle = (least + most) // 2
            return chance.choice([least, most, middle, float(middle), 2**60, *([0.5] * (kind == "number"))])
        return None if kind == "null" else chance.random() < 0.5

    def _object(self, plains: list[Node], depth: int) -> dict[str, Any]:
        chance = self._chance
        declared = list(dict.fromkeys(name for each in plains for name in each.schema.get("properties", ())))
        required = {name for each in plains for name in each.schema.get("required", ())}
        share = chance.choice([0.0, 0.3, 0.9]) if depth < 3 else 0.1
        value = {}
        for name in [*declared, *sorted(required - set(declared))]:
            if name in required or chance.random() < share:
                nodes = [
                    each.at("properties", name)
                    for each in plains
                    if name in each.schema.get("properties", ())
                ]
                value[name] = self.of(*nodes, depth=depth + 1)
        free = [each for each in plains if isinstance(each.schema.get("additionalProperties"), Mapping)]
        if free and chance.random() < 0.5:
            value["k1"] = self.of(free[0].at("additionalProperties"), depth=depth + 1)
        elif chance.random() < 0.3 and not any(map(_closed, plains)):
            value["unknown-1"] = chance.choice(ANYTHING)
        return value

    def _array(self, plains: list[Node], depth: int) -> list[Any]:
        least = max([each.schema.get("minItems", 0) for each in plains])
        count = min(max(least, self._chance.choice([0, 1, 2])), 5)
        first = [each for each in plains if each.schema.get("prefixItems")]
        nodes = [each.at("items") for each in plains if "items" in each.schema]
        value = []
        for number in range(count):
            if first and number < len(first[0].schema["prefixItems"]):
                value.append(self.of(first[0].at("prefixItems", number), depth=depth + 1))
            else:
                value.append(self.of(*nodes, depth=depth + 1))
        return value

    def _text(self, schemas: list[Any]) -> str:
        chance = self._chance
        for each in schemas:
            if each.get("format") in FORMATS:
                return chance.choice(FORMATS[each["format"]])
        patterns = [each["pattern"] for each in schemas if "pattern" in each]
        texts = [text for pattern in patterns for text in sample_texts(pattern)]
        least = max([each.get("minLength", 0) for each in schemas])
        most = min([each.get("maxLength", 99) for each in schemas])
        plain = chance.choice(["a", "A b", "true", "2030-01-31", "é"])
        text = chance.choice(texts) if texts else plain[:most]
        return text if patterns or len(text) >= least else text.ljust(least, "a")


def _closed(node: Node) -> bool:
    return node.schema.get("additionalProperties") is False
