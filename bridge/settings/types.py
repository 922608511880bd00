"""The forms of text in bridge.yaml: JSON Pointers, versions, event types, names, ARNs, paths."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from bridge.limits import EVENTBRIDGE_DETAIL_TYPE_CHARS
from bridge.ports.registry import ADDRESS_PATTERN, RegistryAddress
from bridge.settings.block import refuse
from bridge.settings.environment import plain

TYPE_PATTERN: Final = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+"
_MAJOR_SUFFIX: Final = re.compile(r"\.v[0-9]+$")
TYPE_MAX_CHARS: Final = EVENTBRIDGE_DETAIL_TYPE_CHARS - len(".v0")
SEMVER_PATTERN: Final = r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})"
DAY_PATTERN: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_IDENTIFIER: Final = r"[A-Za-z_][A-Za-z0-9_]*"
ENTRY_POINT_PATTERN: Final = rf"{_IDENTIFIER}(\.{_IDENTIFIER})*:{_IDENTIFIER}(\.{_IDENTIFIER})*"
POINTER_PATTERN: Final = r"(/([^/~]|~[01])*)+"
ELEMENT_POINTER_PATTERN: Final = r"(/(?!\*(/|$))([^/~]|~[01])*)+"
# RFC 3986 section 4.1, by alphabet: enough to catch blanks, braces and broken percent signs
SOURCE_PATTERN: Final = r"([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
URI_PATTERN: Final = rf"[A-Za-z][A-Za-z0-9+.-]*:{SOURCE_PATTERN}"  # RFC 3986 section 3
BUS_PATTERN: Final = r"(arn:aws[A-Za-z0-9-]*:events:[A-Za-z0-9-]+:[0-9]{12}:event-bus/)?[/._A-Za-z0-9-]+"
# model: eventbridgev2, EventBusArn
BUS_V2_PATTERN: Final = (
    r"arn:aws(-[a-z0-9]+)*:events:[a-z][a-z0-9]*(-[a-z0-9]+)*:[0-9]{12}"
    r":event-busv2/[A-Za-z0-9][._A-Za-z0-9-]{0,255}/[a-z0-9]{25}"
)
TOPIC_PATTERN: Final = r"arn:aws[A-Za-z0-9-]*:sns:[A-Za-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\.fifo)?"
KINESIS_PATTERN: Final = r"arn:aws[A-Za-z0-9-]*:kinesis:[A-Za-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]{1,128}"
QUEUE_PATTERN: Final = r"https?://[^/\s]+/[0-9]{12}/[A-Za-z0-9_-]+(\.fifo)?"
TABLE_PATTERN: Final = r"[A-Za-z0-9_.-]{3,255}"


def _text(
    pattern: str, message: str, suggestion: Callable[[str], str] = lambda _: ""
) -> tuple[AfterValidator, WithJsonSchema]:
    """Text that matches all of ``pattern``, and the JSON Schema for it. ``message`` is ``must be`` and the
    name of the form, which the reference also prints."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refuse(message, suggestion(value))
        return value

    form = re.sub("^must be (an? |the )?", "", re.split("[:,]", message)[0])
    return AfterValidator(check), WithJsonSchema(
        {"type": "string", "pattern": f"^{pattern}$", "x-form": form}
    )


_ROOT: Final = re.compile(r"^(?:dynamodb\.)?(?:key|before|after|current|NewImage|OldImage|Keys)\.(?=.)")


def _pointer_advice(text: str) -> str:
    """A pointer begins inside the item: ``$.after.n`` is ``/n``."""
    plain = re.sub(r"^\$?[./]*", "", text)
    plain = re.sub(r"\[(?:(\*|-?[0-9]+)|['\"]([^'\"\]]+)['\"])\]", r".\1\2", plain)
    guess = "/" + _ROOT.sub("", plain).replace(".", "/")
    return (
        f"did you mean '{guess}'?"
        if re.fullmatch(r"(/(?:[\w-]+|\*))+", guess)
        else "write it as /field/inner"
    )


def _element_pointer_advice(text: str) -> str:
    inside = text.rpartition("/*")[2]
    return f"did you mean '{inside}'?" if re.fullmatch(POINTER_PATTERN, inside) else _pointer_advice(text)


def _semver_advice(text: str) -> str:
    parts = re.fullmatch(r"v?(\d{1,6})(\.\d{1,6})?", text)
    return f'did you mean "{parts[1]}{parts[2] or ".0"}.0"?' if parts else 'write it as "1.0.0"'


def _uri_advice(text: str) -> str:
    guess = f"https://{text}"
    return f"did you mean '{guess}'?" if re.fullmatch(URI_PATTERN, guess) and "." in text else ""


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            if re.fullmatch(DAY_PATTERN, value):
                return date.fromisoformat(value)
        except ValueError:
            pass
    if value is None or isinstance(value, date):
        return value  # a default
    raise refuse("must be a date", "write it as 2027-06-30")


def _check_type(value: str) -> str:
    if _MAJOR_SUFFIX.search(value):
        raise refuse(
            "must not end in a version; the bridge appends the major of each version",
            f"did you mean '{_MAJOR_SUFFIX.sub('', value)}'?",
        )
    if not re.fullmatch(TYPE_PATTERN, value):
        raise refuse(
            "must be a dotted name of letters, digits, - and _", "write it as com.example.user.created"
        )
    if len(value) > TYPE_MAX_CHARS:
        raise refuse(f"must have at most {TYPE_MAX_CHARS} characters")
    return value


def _check_source(value: str) -> str:
    if not re.fullmatch(SOURCE_PATTERN, value):
        raise refuse("must be a URI reference", "write it as com.example.accounts or https://example.com/x")
    if value.startswith("aws."):
        raise refuse("must not begin with aws., which EventBridge reserves for AWS services")
    return value


EventType = Annotated[
    str,
    AfterValidator(_check_type),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{TYPE_PATTERN}$",
            "maxLength": TYPE_MAX_CHARS,
            "not": {"pattern": _MAJOR_SUFFIX.pattern},
            "x-form": "dotted name",
        }
    ),
]
Source = Annotated[
    str,
    AfterValidator(_check_source),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{SOURCE_PATTERN}$",
            "not": {"pattern": r"^aws\."},
            "x-form": "URI reference",
        }
    ),
]
SemVer = Annotated[str, *_text(SEMVER_PATTERN, "must be a version major.minor.patch", _semver_advice)]
Pointer = Annotated[
    str, *_text(POINTER_PATTERN, "must be a JSON Pointer, which begins with /", _pointer_advice)
]
ElementPointer = Annotated[
    str,
    *_text(
        ELEMENT_POINTER_PATTERN,
        "must be a JSON Pointer inside an element, without *",
        _element_pointer_advice,
    ),
]
"""Relative to the elements of a list. It names one member, so no segment is ``*``."""
BusName = Annotated[str, *_text(BUS_PATTERN, "must be the name or ARN of an event bus")]
BusV2Arn = Annotated[
    str, *_text(BUS_V2_PATTERN, "must be the ARN of a new custom event bus: …:event-busv2/…")
]
TopicArn = Annotated[str, *_text(TOPIC_PATTERN, "must be the ARN of a topic")]
KinesisArn = Annotated[str, *_text(KINESIS_PATTERN, "must be the ARN of a Kinesis data stream")]
QueueUrl = Annotated[str, *_text(QUEUE_PATTERN, "must be the URL of a queue")]
BucketName = Annotated[str, *_text(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "must be the name of a bucket")]
Prefix = Annotated[
    str, *_text(r"[A-Za-z0-9!_.*'()/-]{0,512}", "must be a prefix: letters, digits, / and !_.*'()-")
]
TableName = Annotated[
    str, *_text(TABLE_PATTERN, "must be the name of a table: 3 to 255 letters, digits, _ . and -")
]
EntryPoint = Annotated[
    str,
    *_text(
        ENTRY_POINT_PATTERN,
        "must be a Python function, named package.module:function",
        lambda text: (
            f"did you mean '{guess}'?"
            if re.fullmatch(ENTRY_POINT_PATTERN, guess := ":".join(text.rsplit(".", 1)))
            else ""
        ),
    ),
]
Uri = Annotated[str, *_text(URI_PATTERN, "must be a URI, with its scheme", _uri_advice)]
Name = Annotated[str, *_text(r"[A-Za-z0-9_.-]+", "must be named by letters, digits, _ . and -")]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{DAY_PATTERN}$", "x-form": "date"}),
]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Json = Annotated[dict[str, Any], BeforeValidator(plain)]
"""A JSON object that is checked elsewhere: a pattern or a data mapping."""


def _inside_folder(value: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return value if folder is None else Path(folder) / value


def _path_text(value: Any) -> Any:
    if isinstance(value, Path):
        return value  # a default
    if value is None:
        raise refuse("has no value")
    if not isinstance(value, str):
        raise refuse("must be text", "put it in quotes")
    if not value or "\0" in value:
        raise refuse("must be a path")
    return str(value)


FilePath = Annotated[
    Path,
    BeforeValidator(_path_text),
    AfterValidator(_inside_folder),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"^[^\u0000]+$", "x-form": "path"}),
]
"""A path. A relative one starts at the folder of bridge.yaml."""


def _schemas_place(value: Any, info: ValidationInfo) -> Path | RegistryAddress:
    text = _path_text(value)
    if isinstance(text, str) and text.startswith(("glue://", "eventbridge://")):
        try:
            return RegistryAddress.parse(text)
        except ValueError as error:
            advice = "such as glue://orders or eventbridge://orders?region=eu-central-1"
            raise refuse("must be the address of a registry", advice) from error
    return _inside_folder(Path(text), info)


class SchemasPlace:
    """A folder, or the address of a registry."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_schemas_place)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        pattern = rf"^(?:{ADDRESS_PATTERN}|(?!glue://|eventbridge://)[^\u0000]+)$"
        return {"type": "string", "minLength": 1, "pattern": pattern, "x-form": "path or registry"}
