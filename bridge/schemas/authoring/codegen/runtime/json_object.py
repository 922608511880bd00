"""Objects of events: each is the JSON that arrived, checked by its schema, with a typed attribute for each
declared member.

Nothing is converted: ``to_json()`` gives the same JSON that ``from_json()`` got, unknown members included.
Dates, times, UUIDs and URLs are the very text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn, Self, dataclass_transform, get_type_hints

from .checking import InvalidJson, accepts, check, copied, parsed
from .reading import Reader, reader


class Member:
    """A declared member: an attribute that reads it. It is None where the member is absent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.attribute = name

    def __set_name__(self, owner: type[JsonObject], attribute: str) -> None:
        self.attribute = attribute

    def __get__(self, instance: JsonObject | None, owner: type[JsonObject]) -> Any:
        if instance is None:
            return self
        held = instance._json
        return owner._readers()[self.attribute](held[self.name]) if self.name in held else None


def member(name: str, *, default: None = None) -> Any:
    """The member with this name in JSON; one with a default may be absent."""
    return Member(name)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(member,))
class JsonObject:
    """An object with declared members. The constructor takes them by attribute; None leaves a member out,
    unless its schema allows null."""

    _schemas: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, schema: str | Sequence[str] = (), **more: Any) -> None:
        super().__init_subclass__(**more)
        if schema:
            cls._schemas = (schema,) if isinstance(schema, str) else tuple(schema)

    def __init__(self, **members: Any) -> None:
        declared = self._members()
        unknown = sorted(set(members) - set(declared))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(unknown)}")
        value = {declared[attribute].name: copied(each) for attribute, each in members.items()}
        if None in value.values() and not accepts(self._schemas, value):
            value = {name: each for name, each in value.items() if each is not None}
        self._check(value)
        self.__dict__["_value"] = value

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The object of a JSON value. Raises :class:`InvalidJson` unless the schema accepts it."""
        held = copied(value)
        cls._check(held)
        return cls._held(held)

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """The object of JSON text. Raises :class:`InvalidJson`."""
        return cls.from_json(parsed(text))

    def to_json(self) -> dict[str, Any]:
        """The same JSON as it came in, as a copy."""
        value: dict[str, Any] = copied(self._json)
        return value

    def to_text(self) -> str:
        return json.dumps(self._json, ensure_ascii=False, separators=(",", ":"))

    # The names of pydantic's methods, for programs written for the classes of earlier versions.

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        return value if isinstance(value, cls) else cls.from_json(value)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        return cls.from_text(text)

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """The same JSON as it came in, whatever the options."""
        return self.to_json()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Makes the class the type of a field in pydantic's models."""
        from pydantic_core import core_schema

        dump = core_schema.plain_serializer_function_ser_schema(cls.to_json)
        return core_schema.no_info_plain_validator_function(cls.model_validate, serialization=dump)

    def __contains__(self, name: object) -> bool:
        """Whether a member is there, by its name in JSON."""
        return name in self._json

    def __getitem__(self, name: str) -> Any:
        """The JSON of any member, declared or not, by its name in JSON."""
        return copied(self._json[name])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonObject) and type(other) is type(self) and other._text() == self._text()

    def __repr__(self) -> str:
        """The names of its members: values may be personal data."""
        return f"{type(self).__name__}({', '.join(self._json)})"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    @property
    def _json(self) -> dict[str, Any]:
        value: dict[str, Any] = self.__dict__["_value"]
        return value

    def _text(self) -> str:
        return json.dumps(self._json, sort_keys=True)

    @classmethod
    def _held(cls, value: dict[str, Any]) -> Self:
        """The object of a value that is known to be valid."""
        made = cls.__new__(cls)
        made.__dict__["_value"] = value
        return made

    @classmethod
    def _accepted(cls, value: Any) -> bool:
        return accepts(cls._schemas, value)

    @classmethod
    def _check(cls, value: Any) -> None:
        check(cls._schemas, value)
        if not isinstance(value, dict):
            raise InvalidJson("it is not an object")

    @classmethod
    def _members(cls) -> dict[str, Member]:
        bases = reversed(cls.__mro__)
        return {name: each for base in bases for name, each in vars(base).items() if isinstance(each, Member)}

    @classmethod
    def _readers(cls) -> dict[str, Reader]:
        found: dict[str, Callable[[Any], Any]] | None = cls.__dict__.get("_found")
        if found is None:
            hints = get_type_hints(cls)
            found = {name: reader(hints[name], _is_class) for name in cls._members()}
            type.__setattr__(cls, "_found", found)
        return found


def _is_class(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, JsonObject)
