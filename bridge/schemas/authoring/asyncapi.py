"""An AsyncAPI 3.0 document of what is published: the channels, the events and their schemas.

Channels are buses and topics, with a send operation for each. Each type and major is a message whose payload
is the whole CloudEvent (structured mode). EventBridge has no binding in the specification: the description of
a bus says that the CloudEvent is the ``detail`` of EventBridge's envelope. The same configuration gives the
same document. Source: AsyncAPI Specification 3.0.0 and its JSON Schema, which knows version 0.1.0 of the SNS
bindings only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote

import yaml

from bridge.schemas.authoring.bundle import pascal, relocated
from bridge.schemas.documents.event_document import cloud_event, example_event
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.nodes import Documents

CONTENT_TYPE: Final = "application/cloudevents+json"
SNS_BINDING: Final = "0.1.0"
NEWER_FORMAT: Final = "application/schema+json;version=draft-2020-12"
"""For schemas that AsyncAPI's own schemas (a superset of draft 7) cannot express."""

_NEWER_KEYWORDS: Final = frozenset(
    {"prefixItems", "dependentSchemas", "dependentRequired", "unevaluatedItems", "unevaluatedProperties",
     "minContains", "maxContains", "externalDocs", "discriminator"}
)  # fmt: skip
"""The last two mean nothing in JSON Schema, and something else in AsyncAPI's."""
_BESIDE_REF: Final = frozenset(
    {"$ref", "$comment", "title", "description", "examples", "deprecated", "default", "readOnly", "writeOnly"}
)
"""Draft 7 ignores what stands beside a reference, which is no loss for these."""
_ENVELOPE: Final = "CloudEvent"

Kind = Literal["eventbridge", "eventbridge_v2", "sns", "other"]


@dataclass(frozen=True, slots=True)
class Channel:
    """``name`` is the sink's name in bridge.yaml; ``address`` is the bus or topic, None for other sinks."""

    name: str
    kind: Kind
    address: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One type and major. ``schema`` is the ``$id`` of its data's schema; ``channels`` are names.
    ``deprecation`` has CloudEvents' deprecation attributes, if it is being retired. ``examples`` are data by
    name. ``entities``: those of bridge.yaml whose event it is, each with the template of its subject."""

    type: str
    version: str
    schema: str
    summary: str
    source: str
    channels: tuple[str, ...]
    team: str = ""
    contact: str = ""
    entities: Mapping[str, str] = field(default_factory=dict)
    deprecation: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict, repr=False)


def asyncapi(
    title: str,
    version: str,
    channels: Sequence[Channel],
    messages: Sequence[Message],
    documents: Mapping[str, Any],
) -> dict[str, Any]:
    """``documents`` are the schemas by ``$id``, with all they refer to. Raises :class:`BridgeError` for a
    schema that cannot be moved into another document."""
    writer = _Writer(documents, {message.schema: message.type for message in messages})
    known = sorted(messages, key=lambda each: each.type)
    components = {
        "messages": {each.type: writer.message(each, channels) for each in known},
        "schemas": {_ENVELOPE: cloud_event(True), **writer.schemas()},
    }
    used = [each for each in channels if any(each.name in message.channels for message in known)]
    tags = sorted({tag for each in known for tag in _tags(each)})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": version,
            "description": "What stream-bridge publishes. Each message is a CloudEvent in structured mode.",
            **({"tags": [{"name": tag} for tag in tags]} if tags else {}),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_key(each.name): _channel(each, known) for each in used},
        "operations": {f"send{pascal(each.name)}": _operation(each, known) for each in used},
        "components": components,
    }


class _PlainDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Without anchors, which are noise to readers. In C where PyYAML has it: the document is long."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML, without a line feed at its end."""
    text: str = yaml.dump(dict(document), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=100)
    return text.rstrip("\n")


class _Writer:
    def __init__(self, documents: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._documents = Documents(documents)
        self._names = dict(names)
        self._newer = {uri: _is_newer(document) for uri, document in documents.items()}

    def place(self, uri: str, pointer: str) -> str:
        if uri not in self._names:
            self._names[uri] = re.sub(r"[^A-Za-z0-9._-]", "_", uri.partition("://")[2].removesuffix(".json"))
        inner = "/schema" if self._newer[uri] else ""
        return f"#/components/schemas/{self._names[uri]}{inner}{quote(pointer, safe='/~$')}"

    def schemas(self) -> dict[str, Any]:
        """The schemas of all messages and what they refer to."""
        written: dict[str, Any] = {}
        while waiting := [uri for uri, name in self._names.items() if name not in written]:
            for uri in waiting:
                document = relocated(self._documents, uri, self.place)
                if self._newer[uri]:
                    document = {"schemaFormat": NEWER_FORMAT, "schema": document}
                written[self._names[uri]] = document
        return dict(sorted(written.items()))

    def message(self, message: Message, channels: Sequence[Channel]) -> dict[str, Any]:
        own: dict[str, Any] = {
            "source": {"const": message.source},
            "type": {"const": message.type},
            "dataschema": {"const": message.schema},
            "data": {"$ref": self.place(message.schema, "")},
        }
        own |= {name: {"const": value} for name, value in message.deprecation.items()}
        required = {"required": list(message.deprecation)} if message.deprecation else {}
        envelope = {"$ref": f"#/components/schemas/{_ENVELOPE}"}
        payload = {"allOf": [envelope, {"type": "object", **required, "properties": own}]}
        written: dict[str, Any] = {
            "name": message.type,
            "title": message.type.rpartition(".v")[0].rpartition(".")[2].replace("_", " ").capitalize(),
            "summary": message.summary,
            "contentType": CONTENT_TYPE,
            "tags": [{"name": tag} for tag in _tags(message)],
            "payload": payload,
            "x-schema-version": message.version,
        }
        if message.deprecation:
            written["description"] = _deprecation_text(message.deprecation)
            written["x-deprecated"] = dict(message.deprecation)
        if message.team:
            written["x-owner"] = {"team": message.team, "contact": message.contact}
        if message.entities:
            written["x-entities"] = [
                {"name": name, "subject": subject} for name, subject in message.entities.items()
            ]
        if any(each.kind == "sns" and each.name in message.channels for each in channels):
            written["headers"] = _attributes(message)
        if message.examples:
            written["examples"] = [
                {"name": name, "payload": self._example(message, data)}
                for name, data in sorted(message.examples.items())
            ]
        return {name: value for name, value in written.items() if value not in ("", [])}

    def _example(self, message: Message, data: Any) -> dict[str, Any]:
        return example_event(message.type, message.source, message.schema, data, **message.deprecation)


def _channel(channel: Channel, messages: Iterable[Message]) -> dict[str, Any]:
    name = (channel.address or channel.name).rpartition("/" if channel.kind != "sns" else ":")[2]
    written: dict[str, Any] = {
        "address": channel.address,
        "title": name,
        "description": _DESCRIPTIONS[channel.kind],
        "messages": {
            each.type: {"$ref": f"#/components/messages/{each.type}"} for each in _sent_to(channel, messages)
        },
        "x-kind": channel.kind,
    }
    if channel.kind == "sns":
        ordering = "FIFO" if name.endswith(".fifo") else "standard"
        binding = {"name": name, "ordering": {"type": ordering}, "bindingVersion": SNS_BINDING}
        written["bindings"] = {"sns": binding}
    return written


_DESCRIPTIONS: Final[Mapping[Kind, str]] = {
    "eventbridge": "An EventBridge event bus. The CloudEvent is the detail of EventBridge's envelope, whose"
    " detail-type and source are the event's type and source.",
    "eventbridge_v2": "A custom event bus of EventBridge, which preserves the order of each subject.",
    "sns": "An SNS topic. The CloudEvent is the message; the headers are message attributes, for filter"
    " policies.",
    "other": "A sink inside one process.",
}


def _operation(channel: Channel, messages: Iterable[Message]) -> dict[str, Any]:
    key = _key(channel.name)
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{key}"},
        "summary": f"Publishes to {channel.name}.",
        "messages": [
            {"$ref": f"#/channels/{key}/messages/{each.type}"} for each in _sent_to(channel, messages)
        ],
    }


def _sent_to(channel: Channel, messages: Iterable[Message]) -> list[Message]:
    return [each for each in messages if channel.name in each.channels]


def _attributes(message: Message) -> dict[str, Any]:
    """The message attributes that the SNS sink sets."""
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "content-type": {"const": CONTENT_TYPE},
            "type": {"const": message.type},
            "source": {"const": message.source},
            "subject": text,
            "dataschema": {"const": message.schema},
        },
    }


def _tags(message: Message) -> list[str]:
    tags = [f"team:{message.team}"] if message.team else []
    tags += [f"entity:{name}" for name in message.entities]
    return tags + (["deprecated"] if message.deprecation else [])


def _deprecation_text(deprecation: Mapping[str, Any]) -> str:
    text = "Deprecated"
    if deprecation.get("deprecationfrom"):
        text += f" from {deprecation['deprecationfrom'][:10]}"
    if deprecation.get("deprecationsunset"):
        text += f", published until {deprecation['deprecationsunset'][:10]}"
    if deprecation.get("deprecationmigration"):
        text += f"; see {deprecation['deprecationmigration']}"
    return f"{text}."


def _key(name: str) -> str:
    """A key of AsyncAPI's maps: letters, digits, dots, hyphens, underscores."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _is_newer(document: Any) -> bool:
    for _, schema in subschemas(document):
        if _NEWER_KEYWORDS & schema.keys() or ("$ref" in schema and schema.keys() - _BESIDE_REF):
            return True
    return False
