"""All schema versions that a bridge knows: an immutable set, proven as a whole when it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge.errors import BridgeError, ConfigurationError, Problem
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.build import Builder, Name, find_base, place_of
from bridge.schemas.documents.layout import TYPE, SchemaFile, read_layout
from bridge.schemas.documents.lock import Lock
from bridge.schemas.documents.meta import Meta
from bridge.schemas.documents.registry import RegistrySettings
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.semver import Version

__all__ = ["SchemaNotFound", "SchemaSet", "SchemaVersion", "Version"]


class SchemaNotFound(BridgeError, LookupError):
    """The set was read and has no such type or version; ``hint`` says what it has. (A folder that cannot
    be read is a :class:`ConfigurationError` instead.)"""


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """Schema versions by type and version, in that order. Adding one gives a new set.

    ``base`` is what every id begins with, ``folder`` where the set was read, ``warnings`` what is legal
    there and probably not meant, ``registry`` what its ``registry.yaml`` says, ``lock`` what is published.
    """

    schemas: Mapping[Name, SchemaVersion] = field(default_factory=lambda: MappingProxyType({}))
    metas: Mapping[str, Meta] = field(default_factory=lambda: MappingProxyType({}))
    base: str | None = None
    folder: Path | None = None
    warnings: tuple[Problem, ...] = ()
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def load(cls, folder: Path) -> SchemaSet:
        """Read and prove a folder of schemas.

        Raises :class:`ConfigurationError` with every problem at once, warnings included; ``line`` is 0
        except for JSON and YAML that cannot be parsed. Nothing outside the folder is read or fetched.
        """
        layout = read_layout(folder)
        base = layout.registry.base or find_base(layout.files)
        builder = Builder(base, {}, layout.found)
        builder.build(layout.files)
        problems = [*layout.problems, *builder.problems]
        if not layout.found and not problems:
            problems.append(Problem(str(folder), 0, 0, "", "holds no schemas", "", "warning"))
        whole = cls._of(builder, problems, layout.metas, base)
        return replace(whole, folder=folder, registry=layout.registry, lock=layout.lock or Lock())

    @classmethod
    def _of(
        cls,
        builder: Builder,
        problems: list[Problem],
        metas: Mapping[str, Meta],
        base: str | None,
    ) -> SchemaSet:
        problems = sorted(problems, key=lambda p: (p.file, p.line, p.column))
        if any(problem.severity == "error" for problem in problems):
            raise ConfigurationError(problems)
        schemas = dict(sorted(builder.built.items()))
        return cls(MappingProxyType(schemas), MappingProxyType(dict(metas)), base, None, tuple(problems))

    def with_version(self, type_name: str, version: Version | str, document: Mapping[str, Any]) -> SchemaSet:
        """This set and one version more; the set itself stays as it is.

        ``document`` keeps the rules of a file: its ``$id`` is ``<base>/<type>/<version>.json``, and so on.
        Raises :class:`ConfigurationError` with every problem, also when the version is already there.
        """
        number = _parse(version)
        file = place_of(type_name, number).lstrip("/") if number else f"{type_name}/{version}.json"
        if number is None or TYPE.fullmatch(type_name) is None:
            message = "is not named <type>/<version>.json, such as com.example.user.created/1.0.0.json"
            raise ConfigurationError([Problem(file, 0, 0, "", message)])
        name = (type_name, number)
        if name in self.schemas:
            message = f"version {number} of {type_name} exists already"
            raise ConfigurationError(
                [Problem(file, 0, 0, "", message, "a version never changes: take a new one")]
            )
        added = SchemaFile(file, type_name, number, dict(document))
        base = self.base or find_base([added])
        builder = Builder(base, self.schemas, [name])
        builder.build([added])
        problems = [*self.warnings, *builder.problems]
        grown = self._of(builder, problems, self.metas, base)
        return replace(grown, folder=self.folder, registry=self.registry, lock=self.lock)

    def get(self, type_name: str, version: Version | str) -> SchemaVersion:
        """Raises :class:`SchemaNotFound`, which names what is there instead."""
        number = _parse(version)
        schema = None if number is None else self.schemas.get((type_name, number))
        if schema is not None:
            return schema
        available = self.versions(type_name)
        if available:
            hint = f"available: {', '.join(map(str, available))}"
            raise SchemaNotFound(f"{type_name} has no schema version {version}", hint=hint)
        close = get_close_matches(type_name, self.types, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"available: {', '.join(self.types) or 'none'}"
        raise SchemaNotFound(f"there is no schema of type '{type_name}'", hint=hint)

    def mode_of(self, type_name: str) -> Mode:
        """The compatibility mode of a type: its own, or else the registry's."""
        meta = self.metas.get(type_name)
        return (meta.compatibility if meta is not None else None) or self.registry.compatibility

    def policy_of(self, type_name: str) -> Policy:
        meta = self.metas.get(type_name)
        return (meta.policy if meta is not None else None) or self.registry.policy

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(type_name for type_name, _ in self.schemas))

    def versions(self, type_name: str) -> tuple[Version, ...]:
        """The versions of a type, oldest first; none for a type that is not there."""
        return tuple(version for each, version in self.schemas if each == type_name)

    def __iter__(self) -> Iterator[SchemaVersion]:
        return iter(self.schemas.values())

    def __len__(self) -> int:
        return len(self.schemas)


def _parse(version: Version | str) -> Version | None:
    if isinstance(version, Version):
        return version
    try:
        return Version.parse(version)
    except ValueError:
        return None
