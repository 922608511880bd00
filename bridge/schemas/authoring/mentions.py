"""Where files name a version of a type, and the same text with another number. Everything else is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

import yaml

from bridge.schemas.semver import Version

_REFERENCE = re.compile(r'("\$(?:r|dynamicR)ef"\s*:\s*)("(?:[^"\\]|\\.)*")')
Span = tuple[int, int, str]


def with_references(text: bytes, schema_id: str, old_id: str, new_id: str) -> bytes:
    """A schema whose references to one document lead to another. ``schema_id`` is its own."""

    def moved(match: re.Match[str]) -> str:
        reference = json.loads(match[2])
        uri, fragment = urldefrag(urljoin(schema_id, reference))
        if uri != old_id or reference.startswith("#"):
            return match[0]
        path = urldefrag(reference).url
        end = old_id.rpartition("/")[2]
        if path == old_id:
            path = new_id
        elif path.endswith(end):
            path = path.removesuffix(end) + new_id.rpartition("/")[2]
        else:
            return match[0]
        return match[1] + json.dumps(f"{path}#{fragment}" if "#" in reference else path, ensure_ascii=False)

    return _REFERENCE.sub(moved, text.decode()).encode()


def refers(document_text: bytes, schema_id: str, target_id: str) -> bool:
    """Whether a schema refers to another document. A text that is no UTF-8 refers to nothing."""
    try:
        found = _REFERENCE.findall(document_text.decode())
    except UnicodeDecodeError:
        return False
    return any(urldefrag(urljoin(schema_id, json.loads(each))).url == target_id for _, each in found)


def in_configuration(text: str, type_name: str, version: Version) -> list[Span]:
    """Where bridge.yaml pins a version of a type: in ``versions`` of its events, ``from`` included."""
    spans: list[Span] = []
    for node in _mappings(_composed(text)):
        members = _members(node)
        if _value(members.get("type")) != type_name or not isinstance(
            versions := members.get("versions"), yaml.SequenceNode
        ):
            continue
        for each in versions.value:
            named: list[yaml.Node] = [each]
            if isinstance(each, yaml.MappingNode):
                own = _members(each)
                named = [own[name] for name in ("schema", "from") if name in own]
            spans += [_span(found) for found in named if _value(found) == str(version)]
    return spans


def in_meta(text: str, version: Version) -> list[Span]:
    """Where meta.yaml names a version: in ``sunset`` and in the ``versions`` of ``waivers``. The third part
    identifies the entry, so that the same one is found in another text."""
    root = _composed(text)
    members = _members(root) if isinstance(root, yaml.MappingNode) else {}
    spans: list[Span] = []
    sunset = members.get("sunset")
    if isinstance(sunset, yaml.MappingNode):
        spans += [_span(key, "sunset") for key, _ in sunset.value if _value(key) == str(version)]
    for waiver in _elements(members.get("waivers")):
        versions = _elements(_members(waiver).get("versions")) if isinstance(waiver, yaml.MappingNode) else []
        pair = "waiver " + " ".join(_value(each) for each in versions)
        spans += [_span(each, pair) for each in versions if _value(each) == str(version)]
    return spans


def replaced(text: str, spans: list[Span], value: str) -> str:
    for start, end, _ in sorted(spans, reverse=True):
        quote = text[start] if text[start] in "\"'" else ""
        text = f"{text[:start]}{quote}{value}{quote}{text[end:]}"
    return text


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return None


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, yaml.MappingNode):
            yield each
            waiting += [value for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value


def _members(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    return {_value(key): value for key, value in node.value}


def _elements(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _value(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _span(node: yaml.Node, what: str = "") -> Span:
    return node.start_mark.index, node.end_mark.index, what
