"""What AsyncAPI 3.0.0 asks of the objects that we write: names, required members, where references lead.

Written from the specification's text. The official JSON Schema is asked too: it knows the bindings, and not
where references lead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.official.schemas import asyncapi_errors

KEY = re.compile(r"[A-Za-z0-9._-]+")
ROOT = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
INFO = {"title", "version", "description", "termsOfService", "contact", "license", "tags", "externalDocs"}
CHANNEL = {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags",
           "externalDocs", "bindings"}  # fmt: skip
OPERATION = {"action", "channel", "title", "summary", "description", "security", "tags", "externalDocs",
             "bindings", "traits", "messages", "reply"}  # fmt: skip
MESSAGE = {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description",
           "tags", "externalDocs", "bindings", "examples", "traits"}  # fmt: skip
EXAMPLE = {"headers", "payload", "name", "summary"}
SNS = {"name", "ordering", "policy", "tags", "bindingVersion"}


def broken_rules(document: dict[str, Any]) -> list[str]:
    return asyncapi_errors(document) + [f"{path}: {what}" for path, what in _broken(document)]


def _broken(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _object("", document, ROOT, {"asyncapi", "info"})
    if document["asyncapi"] != "3.0.0":
        yield "/asyncapi", "is not 3.0.0"
    yield from _object("/info", document["info"], INFO, {"title", "version"})
    yield from _keys("/channels", document["channels"])
    for name, channel in document["channels"].items():
        yield from _object(f"/channels/{name}", channel, CHANNEL, set())
        yield from _keys(f"/channels/{name}/messages", channel["messages"])
        if not isinstance(channel["address"], str | None):
            yield f"/channels/{name}/address", "is neither text nor null"
        for reference in channel["messages"].values():
            if not reference["$ref"].startswith("#/components/messages/"):
                yield f"/channels/{name}", "refers to no message"
        sns = channel.get("bindings", {}).get("sns")
        if sns is not None:
            yield from _object(f"/channels/{name}/bindings/sns", sns, SNS, {"name"})
            if sns["ordering"]["type"] not in ("standard", "FIFO"):
                yield f"/channels/{name}/bindings/sns/ordering", "is neither standard nor FIFO"
    yield from _keys("/operations", document["operations"])
    for name, operation in document["operations"].items():
        yield from _object(f"/operations/{name}", operation, OPERATION, {"action", "channel"})
        if operation["action"] not in ("send", "receive"):
            yield f"/operations/{name}/action", "is neither send nor receive"
        channel_reference = operation["channel"]["$ref"]
        for reference in operation["messages"]:
            if not reference["$ref"].startswith(f"{channel_reference}/messages/"):
                yield f"/operations/{name}", "has a message that is not its channel's"
    for kind, components in document["components"].items():
        yield from _keys(f"/components/{kind}", components)
    for name, message in document["components"]["messages"].items():
        yield from _object(f"/components/messages/{name}", message, MESSAGE, set())
        for example in message.get("examples", ()):
            yield from _object(f"/components/messages/{name}/examples", example, EXAMPLE, set())
        if message.get("headers", {"type": "object"})["type"] != "object":
            yield f"/components/messages/{name}/headers", "is no object"
    yield from _references("", document, document)


def _object(
    path: str, value: dict[str, Any], known: set[str], required: set[str]
) -> Iterator[tuple[str, str]]:
    for name in required - value.keys():
        yield path, f"lacks {name}"
    for name in value.keys() - known:
        if not name.startswith("x-"):
            yield path, f"has {name}, which is neither known nor an extension"


def _keys(path: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in value:
        if not KEY.fullmatch(name):
            yield path, f"has the key {name!r}"


def _references(path: str, value: Any, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _references(f"{path}/{number}", each, document)
    elif isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and not _leads_somewhere(reference, document):
            yield path, f"{reference} leads nowhere"
        for name, each in value.items():
            yield from _references(f"{path}/{name}", each, document)


def _leads_somewhere(reference: str, document: Any) -> bool:
    if not reference.startswith("#/"):
        return False
    here = document
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True
