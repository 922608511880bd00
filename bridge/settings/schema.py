"""The JSON Schema of bridge.yaml for editors. It accepts the forms that the models accept."""

from __future__ import annotations

from typing import Any, Final

from bridge.settings import Settings
from bridge.settings.environment import REFERENCE_PATTERN

SCHEMA_ID: Final = "urn:stream-bridge:bridge.yaml:1"
_FROM_ENVIRONMENT: Final = {"$ref": "#/$defs/FromEnvironment"}
_DESCRIBING: Final = {"description", "default"}
_SHAPE: Final = ("kind", "version")
"""Keys that decide which other keys a block has. They cannot come from the environment."""

_KEYED_WITH_HMAC: Final = {
    "if": {"properties": {"with": {"const": "hmac"}}, "required": ["with"]},
    "then": {"required": ["key"], "properties": {"key": {"type": "string"}}},
    "else": {
        "if": {"properties": {"with": {"enum": ["drop", "mask"]}}, "required": ["with"]},
        "then": {"properties": {"key": {"type": "null"}}},
    },
}

_EXAMPLE: Final[dict[str, Any]] = {
    "version": 1,
    "source": "com.example.accounts",
    "schemas": "./event_schemas",
    "sinks": {"domain": {"kind": "eventbridge", "bus": "${EVENT_BUS}"}},
    "ledger": {"kind": "memory"},
    "quarantine": {"kind": "directory", "path": "./quarantine"},
    "tables": {
        "Users": {
            "subject": "user/{$.key.userId}",
            "diff": {"ignore": ["/updatedAt"]},
            "redact": [{"path": "$.email", "with": "hmac", "key": "${PII_KEY}"}],
            "events": [
                {"type": "com.example.user.created", "op": "insert", "versions": ["1.0.0"]},
                {
                    "type": "com.example.user.plan_changed",
                    "op": "modify",
                    "when": {"changed": ["/plan"]},
                    "versions": [
                        {"schema": "2.0.0", "data": {"userId": "$.key.userId", "plan": "$.after.plan"}},
                        {
                            "schema": "1.1.0",
                            "from": "2.0.0",
                            "data": {"userId": "$.userId", "plan": {"to": "$.plan"}},
                            "sunset": "2027-06-30",
                        },
                    ],
                },
            ],
        }
    },
}


def config_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of bridge.yaml. It is looser than the models only where a rule spans several
    blocks, such as the name of a sink."""
    generated = Settings.model_json_schema(by_alias=True, mode="validation")
    definitions = {name: _definition(name, block) for name, block in sorted(generated.pop("$defs").items())}
    root = _definition("Settings", generated)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "bridge.yaml",
        **root,
        "description": "Configuration of stream-bridge.",
        "examples": [_EXAMPLE],
        "$defs": {
            **definitions,
            "FromEnvironment": {
                "description": "Read from the environment: ${NAME} or ${NAME:-default}.",
                "type": "string",
                "pattern": REFERENCE_PATTERN,
            },
        },
    }


def _definition(name: str, block: dict[str, Any]) -> dict[str, Any]:
    properties = {
        key: _property(value) if key not in _SHAPE else _tidy(value)
        for key, value in block.get("properties", {}).items()
    }
    definition = {**_tidy({k: v for k, v in block.items() if k != "properties"}), "properties": properties}
    if name == "RedactionSettings":
        definition |= _KEYED_WITH_HMAC
    if name == "VersionSettings":
        short = {**properties["schema"], "description": block["description"]}
        return {"anyOf": [short, definition]}
    return definition


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    """A property whose scalars may also be a reference. Its description stays at the top level."""
    kept = {"description"} if "x-default" in schema or schema.get("default") is None else _DESCRIBING
    scalars = {key: value for key, value in schema.items() if key not in _DESCRIBING}
    return {**_referable(scalars), **{key: schema[key] for key in schema if key in kept}}


def _referable(schema: dict[str, Any]) -> dict[str, Any]:
    schema = _tidy(schema)
    if "anyOf" in schema:
        return _flat([_referable(option) for option in schema["anyOf"]])
    if schema.get("type") == "array":
        return {**schema, "items": _referable(schema["items"])}
    free_text = schema.get("type") == "string" and not schema.keys() & {
        "pattern",
        "enum",
        "const",
        "maxLength",
    }
    if "$ref" in schema or "oneOf" in schema or free_text or schema.get("type") in ("object", "null"):
        return schema
    return _flat([schema, _FROM_ENVIRONMENT])


def _flat(options: list[dict[str, Any]]) -> dict[str, Any]:
    """One ``anyOf`` without repeats."""
    members: list[dict[str, Any]] = []
    for option in options:
        for member in option["anyOf"] if option.keys() == {"anyOf"} else [option]:
            if member not in members:
                members.append(member)
    return {"anyOf": members}


def _tidy(schema: Any) -> Any:
    """Remove pydantic's titles, OpenAPI's discriminators and the keys that only the reference prints."""
    if isinstance(schema, dict):
        dropped = {"discriminator", "x-default", "x-form", "writeOnly"}
        if isinstance(schema.get("title"), str):
            dropped.add("title")
        tidy = {key: _tidy(value) for key, value in schema.items() if key not in dropped}
        return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy
    if isinstance(schema, list):
        return [_tidy(member) for member in schema]
    return schema
