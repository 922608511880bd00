"""What blocks of bridge.yaml are made of: the frozen model, optional keys, and values that are not plain
text.

Each form says in one line what is wrong with a value, without repeating the value (it may come from the
environment), and gives the JSON Schema that accepts the same values.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bridge.settings.environment import EnvironmentText

DURATION_PATTERN: Final = r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?(ms|s|m|h|d)"
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")


class Block(BaseModel):
    """One mapping of the file. Unknown keys are refused, and no message shows an input value. The reference
    prints the descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=())


def optional(description: str, shown: str, *, default: Any = None, alias: str | None = None) -> Any:
    """A key that may be missing. The reference prints ``shown`` as its default, for defaults that depend on
    other settings."""
    extra: dict[str, Any] = {"x-default": shown}
    return Field(default=default, alias=alias, description=description, json_schema_extra=extra)


def refuse(message: str, suggestion: str = "") -> PydanticCustomError:
    return PydanticCustomError("bridge", "{message}", {"message": message, "suggestion": suggestion})


def _whole_number(value: Any) -> Any:
    if isinstance(value, EnvironmentText) and _NUMBER.fullmatch(value) and "." not in value:
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, EnvironmentText) and _NUMBER.fullmatch(value) else value


def _flag(value: Any) -> Any:
    return value == "true" if isinstance(value, EnvironmentText) and value in ("true", "false") else value


def _seconds(value: Any) -> float:
    if isinstance(value, EnvironmentText):
        value = _number(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 10**12:
        return float(value)
    match = re.fullmatch(DURATION_PATTERN, value) if isinstance(value, str) else None
    if match is None:
        raise refuse("must be a duration", "write a number of seconds, or 250ms, 30s, 15m, 24h, 7d")
    return round(float(value[: match.start(3)]) * _UNIT_S[match[3]], 6)


class Whole:
    """A whole number from ``least`` to ``most``."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(strict=True, ge=self.least, le=self.most)
        return core_schema.no_info_before_validator_function(_whole_number, number)


class Share:
    """A number above 0, at most 1."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.float_schema(strict=True, gt=0, le=1, allow_inf_nan=False)
        return core_schema.no_info_before_validator_function(_number, number)


class Duration:
    """Seconds from ``least`` to ``most``, written as a number or as text with a unit."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.float_schema(ge=self.least, le=self.most, allow_inf_nan=False)
        return core_schema.no_info_before_validator_function(_seconds, number)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {"type": "string", "pattern": f"^{DURATION_PATTERN}$"}
        return {"anyOf": [handler(schema), text], "x-form": f"duration, {self.least:,} s to {self.most:,} s"}


Flag = Annotated[bool, Field(strict=True), BeforeValidator(_flag)]


class OneOrMany:
    """One value, or a list of at least one. The model always holds a tuple."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = {**handler(schema), "minItems": 1}
        return {"anyOf": [many["items"], many]}


NAME_FORM: Final = "<name>"
BLOCK_FORM: Final = "<block>"


class NameOrBlock:
    """One of a few names, or a block. The ``loc`` of an error has the chosen form as an additional part,
    :data:`NAME_FORM` or :data:`BLOCK_FORM`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        names, block = (handler.generate_schema(form) for form in get_args(source))
        return core_schema.tagged_union_schema({NAME_FORM: names, BLOCK_FORM: block}, discriminator=_form)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": handler(schema)["oneOf"]}


def _form(value: Any) -> str:
    return NAME_FORM if isinstance(value, str | int | float | None) else BLOCK_FORM


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        if not value:
            raise refuse("must not be empty")
        return value
    if value is None:
        raise refuse("has no value")
    return [value]
