"""``registry.yaml``: settings for every type of a folder, unless its ``meta.yaml`` has its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bridge.ports.registry import RegistryAddress
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.yaml_members import Members, YamlMembers

REGISTRY_FILE: Final = "registry.yaml"

# AWS: Schemas CreateRegistry (docs: "letters, numbers, ., -, or _", at most 64); Glue CreateRegistry (model:
# SchemaRegistryNameString).
_EVENTBRIDGE_REGISTRY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_GLUE_REGISTRY: Final = re.compile(r"[A-Za-z0-9_$#.-]{1,255}")
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")


class _Kind(StrEnum):
    EVENTBRIDGE = "eventbridge"
    GLUE = "glue"


@dataclass(frozen=True, slots=True)
class Owner:
    """A team that types may name as their owner."""

    team: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """``base`` is the beginning of every ``$id``, ``None`` where no file declares it. ``owners`` is empty
    where any team may be named."""

    base: str | None = None
    compatibility: Mode = Mode.FULL_TRANSITIVE
    policy: Policy = Policy.VIEWS
    owners: Mapping[str, Owner] = field(default_factory=lambda: MappingProxyType({}))
    publish: tuple[RegistryAddress, ...] = ()


def parse_registry(content: bytes, file: str) -> RegistrySettings:
    """Read ``registry.yaml``. Raises :class:`bridge.errors.ConfigurationError` with every problem."""
    reader = YamlMembers(file, "registry")
    root = reader.mapping(
        reader.document(content),
        "",
        required=("base",),
        optional=("compatibility", "policy", "owners", "publish"),
    )
    base = _base(reader, root)
    mode = reader.choice(root, "compatibility", Mode) or Mode.FULL_TRANSITIVE
    policy = reader.choice(root, "policy", Policy) or Policy.VIEWS
    owners = _owners(reader, root)
    publish = _targets(reader, root)
    reader.finish()
    return RegistrySettings(base, mode, policy, MappingProxyType(owners), publish)


def _base(reader: YamlMembers, root: Members) -> str:
    base = reader.text(root, "base")
    parts = urlsplit(base)
    if base and (not parts.scheme or not parts.netloc or parts.query or parts.fragment or base.endswith("/")):
        message = "must be an absolute URI without query, fragment or a slash at its end"
        reader.problem(root["base"], "base", message, "such as https://schemas.example.com")
    return base


def _owners(reader: YamlMembers, root: Members) -> dict[str, Owner]:
    owners: dict[str, Owner] = {}
    if "owners" not in root:
        return owners
    for team, key, node in reader.named(root["owners"], "owners"):
        if not team.strip():
            reader.problem(key, "owners", "the name of a team is empty")
            continue
        members = reader.mapping(node, f"owners.{team}", required=("contact",))
        owners[team] = Owner(team, reader.text(members, "contact", f"owners.{team}."))
    return owners


def _targets(reader: YamlMembers, root: Members) -> tuple[RegistryAddress, ...]:
    targets: list[RegistryAddress] = []
    for path, node in reader.elements(root, "publish"):
        members = reader.mapping(node, path, required=("kind", "registry"), optional=("region",))
        prefix = f"{path}."
        kind = reader.choice(members, "kind", _Kind, prefix)
        name = reader.text(members, "registry", prefix)
        region = reader.text(members, "region", prefix)
        if kind is not None and name and _refuses(kind, name):
            allowed = "letters, digits, '.', '-' and '_', 64 at most"
            if kind is _Kind.GLUE:
                allowed = "letters, digits, '-', '_', '$', '#' and '.', 255 at most"
            reader.problem(members["registry"], f"{prefix}registry", f"{kind} takes {allowed}")
        if region and _REGION.fullmatch(region) is None:
            reader.problem(
                members["region"], f"{prefix}region", "is not an AWS region", "such as eu-central-1"
            )
        if kind is None or not name:
            continue
        target = RegistryAddress("glue" if kind is _Kind.GLUE else "eventbridge", name, region or None)
        if target in targets:
            reader.problem(node, path, f"{target} is listed twice")
        targets.append(target)
    return tuple(targets)


def _refuses(kind: _Kind, name: str) -> bool:
    allowed = _GLUE_REGISTRY if kind is _Kind.GLUE else _EVENTBRIDGE_REGISTRY
    return allowed.fullmatch(name) is None or name.startswith("aws.")
