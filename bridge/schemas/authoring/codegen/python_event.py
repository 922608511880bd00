"""Writes the Python class of the CloudEvent around the data."""

from __future__ import annotations

import json
from typing import Any, Final

from bridge.schemas.documents.event_document import ATTRIBUTES, REQUIRED, cloud_event

ENVELOPE_URI: Final = "urn:stream-bridge:cloud-event"

_HEAD: Final = '''\
from __future__ import annotations

import json
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from .checking import InvalidJson, document
from .json_object import JsonObject, member

DataT = TypeVar("DataT", covariant=True)


class CloudEvent(JsonObject, Generic[DataT]):
    """CloudEvents 1.0 in structured mode, with the extensions that stream-bridge sets.

    Each event is a subclass, which knows its ``event_type`` (with the major), ``major``, schema ``version``
    and ``schema_id``. An event whose data was too large carries ``dataref`` instead of ``data``: fetch it
    first.
    """

    event_type: ClassVar[str] = ""
    major: ClassVar[int] = 0
    version: ClassVar[str] = ""
    schema_id: ClassVar[str] = ""

'''

_TAIL: Final = '''
    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.event_type:
            cls._schemas = (f"urn:stream-bridge:event:{cls.event_type}",)
            of_members = {"type": {"const": cls.event_type}, "data": {"$ref": cls.schema_id}}
            schema = {"allOf": [{"$ref": ENVELOPE}], "properties": of_members}
            document(cls._schemas[0], json.dumps(schema))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The event of a JSON value. Raises :class:`InvalidJson` unless its schema accepts it."""
        if isinstance(value, dict) and "dataref" in value and "data" not in value:
            raise InvalidJson("its data is stored where dataref says: fetch it first")
        return super().from_json(value)

'''


def envelope() -> str:
    """The module ``cloud_event``."""
    schema = cloud_event(True, described=False)
    text = json.dumps(schema, indent=1, ensure_ascii=False)
    constant = f'\nENVELOPE = {json.dumps(ENVELOPE_URI)}\n\ndocument(\n    ENVELOPE,\n    r"""{text}""",\n)\n'
    described = cloud_event(True)["properties"]
    attributes = "".join(_attribute(name, described[name]) for name in ATTRIBUTES)
    return f'{_HEAD}{attributes}    data: DataT = member("data")\n{_TAIL}{constant}'


def _attribute(name: str, schema: dict[str, Any]) -> str:
    kind = "str"
    if "const" in schema:
        kind = "Literal[True]" if schema["const"] is True else f"Literal[{json.dumps(schema['const'])}]"
    value = f"member({json.dumps(name)})"
    if name not in REQUIRED:
        kind, value = f"{kind} | None", f"member({json.dumps(name)}, default=None)"
    return f"    {name}: {kind} = {value}\n    {json.dumps(schema['description'])}\n"
