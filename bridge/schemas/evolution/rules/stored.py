"""Rule patterns from files: a pattern, the output of ``aws events list-rules``, or the rules of a
CloudFormation or SAM template.

A value that a template computes at deployment (``Ref``, ``Fn::Sub`` and the like) is not guessed: such a rule
says so in ``problem``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from bridge.errors import ConfigurationError
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import entries
from bridge.schemas.finding import refused

ENDINGS: Final = (".json", ".yaml", ".yml", ".template")
_INTRINSIC: Final = ("Ref", "Condition")


@dataclass(frozen=True, slots=True)
class StoredRule:
    """``file`` is its file, or its bus. ``problem`` says why it has no pattern to judge."""

    name: str
    file: str
    pattern: Any = field(default=None, repr=False)
    problem: str = ""


def read_rules(path: Path) -> list[StoredRule]:
    """The rules of a file, or of all files below a folder in order of their names.

    Raises :class:`ConfigurationError` for an unreadable file, and for a named file without rules; such a file
    of a folder is skipped.
    """
    if not path.is_dir():
        rules = list(_of_file(path, alone=True))
        if not rules:
            raise refused(path, "contains no rule pattern", "give a pattern, a list of rules, or a template")
        return rules
    return [rule for file in _files(path) for rule in _of_file(file, alone=False)]


def _files(folder: Path) -> Iterator[Path]:
    for path in entries(folder):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.suffix in ENDINGS:
            yield path


def _of_file(path: Path, *, alone: bool) -> Iterator[StoredRule]:
    content = read_bytes(path)
    if path.suffix == ".json" or content.lstrip()[:1] in (b"{", b"["):
        value = parse_json(content, str(path))
    else:
        value = _yaml(content, path)
    yield from rules_of(value, path.stem, str(path), bare=alone or path.suffix == ".json")


def rules_of(value: Any, name: str, file: str, *, bare: bool = True) -> Iterator[StoredRule]:
    """The rules in a document. ``bare``: it may itself be a pattern, which then gets the name ``name``."""
    if isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from rules_of(each, f"{name}[{number}]", file, bare=bare)
    elif not isinstance(value, dict):
        return
    elif isinstance(value.get("Rules"), list):
        for each in value["Rules"]:
            yield from rules_of(each, name, file, bare=False)
    elif isinstance(value.get("Resources"), dict):
        yield from _of_template(value["Resources"], file)
    elif "EventPattern" in value:
        given = value.get("Name")
        yield _rule(given if isinstance(given, str) else name, file, value["EventPattern"])
    elif bare and value and all(isinstance(each, list | dict) for each in value.values()):
        yield StoredRule(name, file, value)


def _of_template(resources: Mapping[str, Any], file: str) -> Iterator[StoredRule]:
    """AWS::Events::Rule, and the events of AWS::Serverless::Function and StateMachine (docs: SAM,
    "EventBridgeRule")."""
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Properties"), dict):
            continue
        properties = resource["Properties"]
        if resource.get("Type") == "AWS::Events::Rule" and "EventPattern" in properties:
            yield _rule(name, file, properties["EventPattern"])
        events = properties.get("Events")
        for event_name, event in events.items() if isinstance(events, dict) else ():
            if isinstance(event, dict) and event.get("Type") in ("EventBridgeRule", "CloudWatchEvent"):
                inner = event.get("Properties")
                if isinstance(inner, dict) and "Pattern" in inner:
                    yield _rule(f"{name}.{event_name}", file, inner["Pattern"])


def _rule(name: str, file: str, pattern: Any) -> StoredRule:
    """A pattern may be JSON text, as PutRule accepts it."""
    if isinstance(pattern, str):
        try:
            pattern = parse_json(pattern.encode(), file)
        except ConfigurationError as error:
            return StoredRule(name, file, problem=f"its pattern {error.problems[0].message}")
    computed = _computed(pattern)
    if computed:
        return StoredRule(name, file, problem=f"its pattern is computed at deployment ({computed})")
    return StoredRule(name, file, pattern)


def _computed(pattern: Any) -> str:
    """The first intrinsic function in a pattern; empty for a pattern without any."""
    if isinstance(pattern, list):
        return next((found for each in pattern if (found := _computed(each))), "")
    if not isinstance(pattern, dict):
        return ""
    if len(pattern) == 1:
        (name,) = pattern
        if name in _INTRINSIC or name.startswith("Fn::"):
            return str(name)
    return next((found for each in pattern.values() if (found := _computed(each))), "")


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, such as ``!Ref Bus``, as their long ones."""


def _short_form(loader: _TemplateLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in _INTRINSIC else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101
    return {name: loader.construct_mapping(node, deep=True)}


_TemplateLoader.add_multi_constructor("!", _short_form)


def _yaml(content: bytes, path: Path) -> Any:
    try:
        return yaml.load(content, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader with tags as plain data
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise refused(path, f"is not YAML{where}") from error
