"""All schema versions that a bridge knows: an immutable set, checked as a whole when it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge.errors import BridgeError, ConfigurationError, Problem
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.build import Builder, find_base
from bridge.schemas.documents.layout import read_layout
from bridge.schemas.documents.lock import Entry, Lock, Name
from bridge.schemas.documents.meaning import Meanings, targets
from bridge.schemas.documents.meta import META_FILE, Meta, Status
from bridge.schemas.documents.names import is_shared
from bridge.schemas.documents.registry import RegistrySettings
from bridge.schemas.documents.validation import SchemaVersion, Validators
from bridge.schemas.finding import finding
from bridge.schemas.semver import Version

__all__ = ["SchemaNotFound", "SchemaSet", "SchemaVersion", "Validators", "Version"]


class SchemaNotFound(BridgeError, LookupError):
    """The set has no such type or version; ``hint`` says what it has. (A folder that cannot be read is a
    :class:`ConfigurationError` instead.)"""


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """Schema versions of events by type and version, in that order.

    ``shared`` are the versions of shared definitions: events refer to them, and they are no events. ``base``
    is the beginning of every ``$id``, ``folder`` the folder that was read, ``warnings`` what is legal there
    but probably a mistake, ``registry`` its ``registry.yaml``, ``lock`` the published versions.
    """

    schemas: Mapping[Name, SchemaVersion] = field(default_factory=lambda: MappingProxyType({}))
    metas: Mapping[str, Meta] = field(default_factory=lambda: MappingProxyType({}))
    base: str | None = None
    folder: Path | None = None
    warnings: tuple[Problem, ...] = ()
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    lock: Lock = field(default_factory=Lock)
    shared: Mapping[Name, SchemaVersion] = field(default_factory=lambda: MappingProxyType({}))
    _versions: Mapping[str, tuple[Version, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_type: dict[str, list[Version]] = {}
        for type_name, version in (*self.schemas, *self.shared):
            by_type.setdefault(type_name, []).append(version)
        versions = MappingProxyType({name: tuple(each) for name, each in by_type.items()})
        object.__setattr__(self, "_versions", versions)  # once for all: asked for each type

    @classmethod
    def load(cls, folder: Path, validators: Validators = Validators.KEPT) -> SchemaSet:
        """Read and check a folder of schemas.

        Raises :class:`ConfigurationError` with every problem at once, warnings included; ``line`` is 0
        except for JSON and YAML that cannot be parsed. Nothing outside the folder is read or fetched.
        """
        layout = read_layout(folder)
        base = layout.registry.base or find_base(layout.files)
        builder = Builder(base, layout.found, validators)
        builder.build(layout.files)
        problems = [*layout.problems, *builder.problems, *_references_to_drafts(builder.built, layout.metas)]
        if not layout.found and not problems:
            problems.append(finding("", folder, "contains no schemas", severity="warning"))
        problems.sort(key=lambda p: (p.file, p.line, p.column))
        if any(problem.severity == "error" for problem in problems):
            raise ConfigurationError(problems)
        events = {name: each for name, each in builder.built.items() if not is_shared(name[0])}
        shared = {name: each for name, each in builder.built.items() if is_shared(name[0])}
        return cls(
            MappingProxyType(dict(sorted(events.items()))),
            MappingProxyType(layout.metas),
            base,
            folder,
            tuple(problems),
            layout.registry,
            layout.lock or Lock(),
            MappingProxyType(dict(sorted(shared.items()))),
        )

    def get(self, type_name: str, version: Version | str) -> SchemaVersion:
        """One version of a type, or of a shared definition. Raises :class:`SchemaNotFound`, which lists the
        existing ones."""
        number = version if isinstance(version, Version) else Version.read(version)
        every = self.shared if is_shared(type_name) else self.schemas
        schema = None if number is None else every.get((type_name, number))
        if schema is not None:
            return schema
        available = self.versions(type_name)
        if available:
            hint = f"available: {', '.join(map(str, available))}"
            raise SchemaNotFound(f"{type_name} has no schema version {version}", hint=hint)
        close = get_close_matches(type_name, self.types, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"available: {', '.join(self.types) or 'none'}"
        raise SchemaNotFound(f"there is no schema of type '{type_name}'", hint=hint)

    def find(self, text: str) -> SchemaVersion:
        """The version that ``TYPE``, ``TYPE@VERSION`` or ``TYPE@MAJOR`` names: the newest of the type, that
        version, or the newest of the major. Raises :class:`SchemaNotFound`."""
        type_name, at, wanted = text.partition("@")
        if at and not wanted:
            raise SchemaNotFound(f"'{text}' names no version", hint="such as TYPE@1.0.0")
        major = wanted.removeprefix("v")
        if not wanted or (major.isascii() and major.isdigit()):
            versions = [v for v in self.versions(type_name) if not wanted or v.major == int(major)]
            wanted = str(versions[-1]) if versions else wanted
        return self.get(type_name, wanted)

    def is_draft(self, type_name: str) -> bool:
        return _is_draft(self.metas, type_name)

    @property
    def documents(self) -> dict[str, Mapping[str, Any]]:
        """Every document by its ``$id``, shared definitions included: where references lead."""
        return {each.id: each.document for each in (*self.schemas.values(), *self.shared.values())}

    @property
    def publishable(self) -> Mapping[Name, SchemaVersion]:
        """The versions to publish: all but those of drafts, in the order of the set."""
        return {name: schema for name, schema in self.schemas.items() if not self.is_draft(name[0])}

    @property
    def lockable(self) -> Mapping[Name, SchemaVersion]:
        """The versions to lock: those to publish, and the shared definitions that are no drafts."""
        shared = {name: each for name, each in self.shared.items() if not self.is_draft(name[0])}
        return {**self.publishable, **shared}

    def entries(self) -> Mapping[Name, Entry]:
        """What each lockable version means now, and the promise that its type makes now."""
        meanings = Meanings(self.documents)
        return {name: self.entry_of(schema, meanings) for name, schema in self.lockable.items()}

    def entry_of(self, schema: SchemaVersion, meanings: Meanings) -> Entry:
        """``meanings`` are those of :attr:`documents`."""
        entry = Entry(meanings.document(schema.id), meanings.references(schema.id))
        if is_shared(schema.type):
            return entry
        return replace(entry, mode=self.mode_of(schema.type), policy=self.policy_of(schema.type))

    def mode_of(self, type_name: str) -> Mode:
        """The compatibility mode of a type: its own, or else the registry's."""
        meta = self.metas.get(type_name)
        return (meta.compatibility if meta is not None else None) or self.registry.compatibility

    def policy_of(self, type_name: str) -> Policy:
        meta = self.metas.get(type_name)
        return (meta.policy if meta is not None else None) or self.registry.policy

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(name for name in self._versions if not is_shared(name))

    def versions(self, type_name: str) -> tuple[Version, ...]:
        """The versions of a type, oldest first; empty for an unknown type."""
        return self._versions.get(type_name, ())

    def __iter__(self) -> Iterator[SchemaVersion]:
        return iter(self.schemas.values())

    def __len__(self) -> int:
        return len(self.schemas)


def _is_draft(metas: Mapping[str, Meta], type_name: str) -> bool:
    meta = metas.get(type_name)
    return meta is not None and meta.status is Status.DRAFT


def _references_to_drafts(
    built: Mapping[Name, SchemaVersion], metas: Mapping[str, Meta]
) -> Iterator[Problem]:
    """A draft may change at any time, so nothing that is no draft may refer to one."""
    drafts = {each.id: each for each in built.values() if _is_draft(metas, each.type)}
    for schema in built.values() if drafts else ():
        if schema.id in drafts:
            continue
        for uri, pointer in targets(schema.document, schema.id).items():
            if (draft := drafts.get(uri)) is not None:
                message = f"refers to {draft.type} {draft.version}, a draft, which may change at any time"
                advice = (
                    f"remove `status: draft` from {draft.type}/{META_FILE}, or make {schema.type} a draft"
                )
                yield finding("reference", schema.file, message, advice, path=pointer)
