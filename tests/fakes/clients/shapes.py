"""Requests and answers held against botocore's model, in everything that the model says.

botocore itself checks types, required members and minima, and of requests only. Here members that the model
does not have, maxima, enumerations and patterns count too, at any depth. A checker is made once for each
shape and then kept, so that a check costs little more than the visit of every value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal

import botocore.session
from botocore.exceptions import ParamValidationError
from botocore.model import ServiceModel
from botocore.response import StreamingBody
from botocore.validate import ParamValidator

from tests.fakes.clients.patterns import compiled

Direction = Literal["request", "answer"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """``kind`` is ``constraint`` or, where the service could not even read the value, ``type``."""

    path: str
    value: Any
    rule: str
    kind: Literal["constraint", "type"] = "constraint"

    def __str__(self) -> str:
        shown = "null" if self.value is None else f"'{str(self.value)[:80]}'"
        return f"Value {shown} at '{self.path}' failed to satisfy constraint: {self.rule}"


_Check = Callable[[Any, str, list[Mistake]], None]


@lru_cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def mistakes(service: str, operation: str, value: Any, direction: Direction = "request") -> list[Mistake]:
    """Where ``value`` breaks the shape of the operation's request or answer."""
    found: list[Mistake] = []
    _checker(service, operation, direction)(value, "", found)
    return found


def told(found: list[Mistake]) -> str:
    """As AWS tells it."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(map(str, found))}"


def refuse_as_client(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raises what botocore raises before it sends anything."""
    shape = service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


# --- checkers ------------------------------------------------------------------------------------------


@cache
def _checker(service: str, operation: str, direction: Direction) -> _Check:
    model = service_model(service).operation_model(operation)
    shape = model.input_shape if direction == "request" else model.output_shape
    if shape is None:
        return lambda value, path, found: None
    return _made(shape, direction, {})


def _made(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    """``made`` holds the checkers of this operation by shape, since shapes contain themselves."""
    if shape.name not in made:

        def later(value: Any, path: str, found: list[Mistake]) -> None:
            made[shape.name](value, path, found)

        made[shape.name] = later
        made[shape.name] = _MAKERS.get(shape.type_name, _scalar)(shape, direction, made)
    return made[shape.name]


def _structure(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    members = {name: (_path(name), _made(each, direction, made)) for name, each in shape.members.items()}
    required, union = frozenset(shape.required_members), getattr(shape, "is_tagged_union", False)

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, Mapping):
            found.append(Mistake(path, value, "Member must be a structure", "type"))
            return
        for name, member in value.items():
            known = members.get(name)
            if known is None:
                if path or direction == "request" or name != "ResponseMetadata":
                    found.append(Mistake(f"{path}{_path(name)}", member, "Member is unknown", "type"))
            elif member is not None or direction == "request":
                known[1](member, f"{path}.{known[0]}" if path else known[0], found)
        for name in required - value.keys():
            found.append(Mistake(f"{path}.{_path(name)}".lstrip("."), None, "Member must not be null"))
        if union and len(value) != 1 and direction == "request":
            found.append(Mistake(path, value, "Member must have exactly one member", "type"))

    return check


def _list(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    each, length = _made(shape.member, direction, made), _length(shape, counted=direction == "request")

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, list | tuple):
            found.append(Mistake(path, value, "Member must be a list", "type"))
            return
        length(value, path, found)
        for number, member in enumerate(value, 1):
            each(member, f"{path}.{number}.member", found)

    return check


def _map(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    key, each, length = (
        _made(shape.key, direction, made),
        _made(shape.value, direction, made),
        _length(shape, counted=direction == "request"),
    )

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, Mapping):
            found.append(Mistake(path, value, "Member must be a map", "type"))
            return
        length(value, path, found)
        for name, member in value.items():
            key(name, path, found)
            each(member, f"{path}.{name}.member", found)

    return check


def _string(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    length, rules = _length(shape), shape.metadata
    pattern = compiled(rules["pattern"]) if "pattern" in rules else None
    values = frozenset(rules.get("enum", ()))

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, str):
            found.append(Mistake(path, value, "Member must be a string", "type"))
            return
        length(value, path, found)
        if pattern is not None and pattern.fullmatch(value) is None:
            rule = f"Member must satisfy regular expression pattern: {rules['pattern']}"
            found.append(Mistake(path, value, rule))
        if values and value not in values:
            rule = f"Member must satisfy enum value set: [{', '.join(sorted(values))}]"
            found.append(Mistake(path, value, rule))

    return check


def _blob(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    length = _length(shape)
    # An answer read without botocore's parser has binary values as base64 text.
    kinds: tuple[type, ...] = (bytes, bytearray, str)
    kinds = (*kinds, StreamingBody) if direction == "answer" else kinds

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, kinds) and not hasattr(value, "read"):
            found.append(Mistake(path, value, "Member must be a blob", "type"))
        elif isinstance(value, bytes | bytearray):
            length(value, path, found)

    return check


def _number(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if direction == "answer":  # AWS answers counts of 0 where the model begins with 1
        least = None
    whole = shape.type_name in ("integer", "long")
    bits = 31 if shape.type_name == "integer" else 63
    kinds: tuple[type, ...] = (int,) if whole else (int, float, Decimal)

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, kinds) or isinstance(value, bool):
            found.append(Mistake(path, value, "Member must be a number", "type"))
            return
        if whole and not -(2**bits) <= value < 2**bits:
            found.append(Mistake(path, value, f"Member must have {bits + 1} bits", "type"))
        if least is not None and value < least:
            found.append(Mistake(path, value, f"Member must have value greater than or equal to {least}"))
        if most is not None and value > most:
            found.append(Mistake(path, value, f"Member must have value less than or equal to {most}"))

    return check


def _scalar(shape: Any, direction: Direction, made: dict[str, _Check]) -> _Check:
    """Truth values and times. A time may be text or a number too, as botocore takes it."""
    time: tuple[type, ...] = (datetime, str, int, float)
    kinds = {"boolean": (bool,), "timestamp": time}.get(shape.type_name, (object,))

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if not isinstance(value, kinds):
            found.append(Mistake(path, value, f"Member must be a {shape.type_name}", "type"))

    return check


def _length(shape: Any, *, counted: bool = True) -> _Check:
    """``counted=False``: AWS answers empty lists and maps where a request must have a member."""
    least, most = shape.metadata.get("min", 0) if counted else 0, shape.metadata.get("max")

    def check(value: Any, path: str, found: list[Mistake]) -> None:
        if len(value) < least:
            found.append(Mistake(path, value, f"Member must have length greater than or equal to {least}"))
        if most is not None and len(value) > most:
            found.append(Mistake(path, value, f"Member must have length less than or equal to {most}"))

    return check


def _path(name: str) -> str:
    return name[:1].lower() + name[1:]


_MAKERS: dict[str, Callable[[Any, Direction, dict[str, _Check]], _Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "blob": _blob,
    **dict.fromkeys(("integer", "long", "float", "double"), _number),
}
