"""A folder of event schemas as a large company has it: hundreds of types with four versions each.

Each type has nested objects, enumerations, formats, patterns, ``$defs``, a reference to another type's file,
and examples. The same numbers give the same files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

BASE: Final = "https://schemas.example.com"
VERSIONS: Final = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
_SUBJECTS: Final = ("order", "invoice", "user", "shipment", "payment", "product")
_VERBS: Final = ("created", "changed", "cancelled", "approved", "moved")
_SHARED: Final = "com.example.shared.money"


def type_name(number: int) -> str:
    if number == 0:
        return _SHARED
    return f"com.example.{_SUBJECTS[number % len(_SUBJECTS)]}{number}.{_VERBS[number % len(_VERBS)]}"


def write_tree(folder: Path, types: int = 300) -> None:
    """Write ``types`` types into ``folder``, with ``registry.yaml``."""
    registry = f"base: {BASE}\nowners:\n  orders: {{contact: '#orders'}}\npublish:\n"
    _put(folder / "registry.yaml", registry + "  - {kind: eventbridge, registry: domain-events}\n")
    for number in range(types):
        name = type_name(number)
        meta = f"summary: What happened in process {number}.\nowner: orders\nstatus: active\n"
        _put(folder / name / "meta.yaml", meta + ("sunset:\n  1: 2099-12-31\n" if number % 5 == 1 else ""))
        for minor, version in enumerate(VERSIONS):
            document = _money(name, version) if number == 0 else _schema(name, number, minor, version)
            _put(folder / name / f"{version}.json", json.dumps(document, indent=2) + "\n")
            examples = folder / name / "examples" / version
            valid = {"amount": 5, "currency": "EUR"} if number == 0 else _example(number, minor)
            _put(examples / "valid" / "one.json", json.dumps(valid, indent=2) + "\n")
            broken = {key: value for key, value in valid.items() if key not in ("amount", "id")}
            _put(examples / "invalid" / "no-id.required.json", json.dumps(broken, indent=2) + "\n")


def write_project(folder: Path, types: int = 300) -> Path:
    """The same with a ``bridge.yaml`` that publishes the newest version of each type. Returns its path."""
    write_tree(folder / "event_schemas", types)
    events = "".join(
        f"      - {{type: {type_name(number)}, op: modify, versions: [{{schema: '{VERSIONS[-1]}', data: "
        "{id: $.key.id}}]}\n"
        for number in range(1, types)
    )
    config = (
        "version: 1\nsource: com.example.shop\nschemas: event_schemas\n"
        "sinks:\n  domain: {kind: eventbridge, bus: domain-events}\nquarantine: {kind: directory, path: q}\n"
        "tables:\n  shop:\n    subject: thing/{$.key.id}\n    events:\n"
    )
    _put(folder / "bridge.yaml", config + events)
    return folder / "bridge.yaml"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _money(name: str, version: str) -> dict[str, Any]:
    return {
        **_head(name, version, "Money", "An exact amount in one currency."),
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"title": "Amount", "type": "integer", "minimum": 0},
            "currency": {"title": "Currency", "type": "string", "pattern": "^[A-Z]{3}$"},
        },
    }


def _head(name: str, version: str, title: str, description: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}/{name}/{version}.json",
        "title": title,
        "description": description,
        "type": "object",
    }


def _schema(name: str, number: int, minor: int, version: str) -> dict[str, Any]:
    """Each minor version adds an optional member, and an optional member of the lines."""
    properties: dict[str, Any] = {
        "id": {"$ref": "#/$defs/id"},
        "status": {"title": "Status", "enum": [f"state-{index}" for index in range(3 + number % 4)]},
        "customer": {
            "title": "Customer",
            "type": "object",
            "required": ["customerId"],
            "properties": {
                "customerId": {"type": "string", "minLength": 1, "maxLength": 64},
                "email": {"type": "string", "format": "email"},
                "address": {"$ref": "#/$defs/address"},
                "segment": {"enum": ["retail", "business", None]},
            },
        },
        "lines": {
            "title": "Lines",
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {"$ref": "#/$defs/line"},
        },
        "total": {"description": "The price.", "$ref": f"../{_SHARED}/1.0.0.json"},
        "payment": {
            "title": "Payment",
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind", "last4"],
                    "properties": {"kind": {"const": "card"}, "last4": {"type": "string", "maxLength": 4}},
                },
                {
                    "type": "object",
                    "required": ["kind", "iban"],
                    "properties": {
                        "kind": {"const": "transfer"},
                        "iban": {"type": "string", "maxLength": 34},
                    },
                },
            ],
        },
        "changedAt": {"title": "Changed at", "type": "string", "format": "date-time"},
        "attempt": {"title": "Attempt", "type": "integer", "minimum": 1, "maximum": number + 10},
        "tags": {"title": "Tags", "type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "labels": {"title": "Labels", "type": "object", "additionalProperties": {"type": "string"}},
    }
    for index in range(number % 9):
        kind = ("string", "integer", "boolean", "number")[index % 4]
        properties[f"field{index}"] = {"title": f"Field {index}", "type": kind}
    for index in range(minor):
        properties[f"added{index}"] = {"title": f"Added {index}", "type": ("string", "integer")[index % 2]}
    line_members = {
        "sku": {"type": "string", "pattern": "^[A-Z0-9-]+$"},
        "quantity": {"type": "integer", "minimum": 1},
        "price": {"$ref": f"../{_SHARED}/1.0.0.json"},
        **({"note": {"type": "string", "maxLength": 200}} if minor > 1 else {}),
    }
    return {
        **_head(name, version, f"Process {number}", f"Something happened in process {number}."),
        "required": ["id", "status", "changedAt"],
        "properties": properties,
        "$defs": {
            "id": {"title": "Id", "type": "string", "pattern": "^[a-z]-[A-Za-z0-9-]+$"},
            "address": {
                "type": "object",
                "required": ["street", "country"],
                "properties": {
                    "street": {"type": "string", "minLength": 1},
                    "city": {"type": "string"},
                    "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
                },
            },
            "line": {"type": "object", "required": ["sku", "quantity"], "properties": line_members},
        },
    }


def _paid(kind: str, name: str, longest: int) -> dict[str, Any]:
    members = {"kind": {"const": kind}, name: {"type": "string", "maxLength": longest}}
    return {"type": "object", "required": ["kind", name], "properties": members}


def _example(number: int, minor: int) -> dict[str, Any]:
    money = {"amount": 1250, "currency": "EUR"}
    return {
        "id": f"o-{number}",
        "status": "state-1",
        "customer": {
            "customerId": f"c-{number}",
            "email": "a@example.com",
            "address": {"street": "1 Main Street", "city": "Berlin", "country": "DE"},
            "segment": None,
        },
        "lines": [{"sku": f"SKU-{index}", "quantity": 1, "price": money} for index in range(3)],
        "total": money,
        "payment": {"kind": "card", "last4": "4242"},
        "changedAt": "2026-11-01T10:00:00Z",
        "attempt": 1,
        "tags": ["a", "b"],
        "labels": {"region": "eu"},
        **{f"added{index}": ("text", 7)[index % 2] for index in range(minor)},
    }
