"""The configuration reference, written from the models.

``python -m bridge.settings.reference > docs/configuration.md`` writes it anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.settings import Settings
from bridge.settings.later import LATER
from bridge.settings.problems import models_of

COMMAND: Final = "python -m bridge.settings.reference > docs/configuration.md"

_HEAD: Final = f"""<!-- Written by `{COMMAND}`; change the models instead. -->
# Configuration reference

`bridge.yaml` says which changes become which events and where they go. `stream-bridge check` reports every
mistake in it at once, each with its line and column; `stream-bridge config schema` prints the JSON Schema
for editors.

**Environment.** `${{NAME}}` in a value is taken from the environment and must be set there;
`${{NAME:-default}}` falls back where it is unset or empty; `$${{` is `${{` itself. It may stand for text,
a number or a flag, but not for `version` or a `kind`.

**Durations** are a number of seconds, or text with a unit: `250ms`, `30s`, `15m`, `24h`, `7d`.

**Mappings** of `data` are JSON with JSONPaths (`$.after.plan`) where values go, and `$path` with `$lookup` or
`$default`, or `$const`, where more is to be said: [versions.md](versions.md).

**YAML.** Keys are text. What YAML 1.1 and 1.2 read differently (`on`, `yes`, `010`, `12:30`) is refused until
it is written in a way that both read alike. Dates stay text. Anchors and merge keys work.
"""

_TAIL: Final = """
## Not in this version

These are planned and refused by name until they work.

| setting | today |
|---|---|
"""


def render_reference() -> str:
    """The whole page as Markdown."""
    definitions = Settings.model_json_schema(by_alias=True)
    sections = "".join(_section(Settings, "", definitions))
    later = "".join(f"| {_code(_shown(entry.path, entry.name))} | {entry.instead} |\n" for entry in LATER)
    return f"{_HEAD}{sections}{_TAIL}{later}" if later else f"{_HEAD}{sections}"


def _section(model: type[BaseModel], path: str, root: dict[str, Any]) -> Iterator[str]:
    schema = root if model is Settings else root["$defs"][model.__name__]
    title = f"`{path}`" if path else "The file"
    kind = schema["properties"].get("kind", {}).get("const")
    yield f"\n## {title}{f' of kind `{kind}`' if kind else ''}\n\n{schema['description']}\n\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|\n"
    children: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        property_ = schema["properties"][key]
        yield f"| {_code(key)} | {_type(property_)} | {_default(field, property_)} | {field.description} |\n"
        children += [(m, _child_path(path, key, property_)) for m in models_of(field.annotation)]
    for child, child_path in children:
        yield from _section(child, child_path, root)


def _child_path(path: str, key: str, schema: dict[str, Any]) -> str:
    suffix = ".<name>" if "patternProperties" in schema else "[]" if schema.get("type") == "array" else ""
    return f"{path}.{key}{suffix}".lstrip(".")


def _type(schema: dict[str, Any]) -> str:
    if "x-form" in schema:
        return str(schema["x-form"])
    if "anyOf" in schema:
        options = [_type(option) for option in schema["anyOf"] if option.get("type") != "null"]
        if len(options) > 1 and options[1].startswith("list of "):
            return f"{options[0]}, or list of them"
        if options[1:] == ["block"]:
            return f"{options[0]}, or block"
        return options[0]
    if "$ref" in schema or "oneOf" in schema:
        return "block"
    if "const" in schema or "enum" in schema:
        return " \\| ".join(_code(value) for value in schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "integer":
            return f"whole number, {schema['minimum']:,} to {schema['maximum']:,}"
        case "number":
            return f"number, above {schema['exclusiveMinimum']}, at most {schema['maximum']}"
        case "boolean":
            return "`true` \\| `false`"
        case "array":
            return f"list of {_plural(_type(schema['items']))}"
        case "object":
            return "blocks by name" if "patternProperties" in schema else "mapping"
        case _:
            return "secret" if schema.get("format") == "password" else "text"


def _plural(kind: str) -> str:
    return f"{kind}s" if kind in ("JSON Pointer", "block", "mapping") else kind


def _default(field: FieldInfo, schema: dict[str, Any]) -> str:
    if field.is_required():
        return "required"
    if "x-default" in schema:
        return str(schema["x-default"])
    default = schema["default"]
    if isinstance(default, dict):
        return "its defaults" if "kind" not in default else _code(f"{{kind: {default['kind']}}}")
    if default in ([], ""):
        return "none"
    return _code(default if isinstance(default, str) else json.dumps(default))


def _shown(path: str, name: str) -> str:
    """The path as a reader writes it, with the refused value where there is one."""
    written = path.replace("events.*", "events[]").replace("versions.*", "versions[]").replace("*", "<name>")
    last = written.rsplit(".", 1)[-1]
    if name == last:
        return written
    return f"{written}: {name.removeprefix(last + ': ')}"


def _code(text: object) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    sys.stdout.write(render_reference())
