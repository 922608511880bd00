"""What a registry lacks, has, and has with other content: a comparison that changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.errors import ConfigurationError
from bridge.ports.registry import RegistryAddress, SchemaRegistry, StoredSchema, StoredVersion
from bridge.schemas.conversion.registered import identify
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.meaning import content_hash, first_difference
from bridge.schemas.registries.candidates import Prepared

State = Literal["new", "same", "unfinished", "failed", "drifted"]
"""``unfinished``: the content is in the registry, but still pending or without its metadata. ``failed``: the
registry marked the version as failed. ``drifted``: somebody changed the registry by hand."""

IDENTITY = ("version", "sha256", "dataschema")
"""The labels that identify the version. The owner may change: the label has the owner at publication."""


@dataclass(frozen=True, slots=True)
class Line:
    """The state of one version, or one obstacle. ``version`` is "" for the schema as a whole."""

    schema: str
    version: str
    state: State
    what: str = ""


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """``lines`` in the order of names and versions. ``strangers``: the number of other schemas in the
    registry."""

    address: RegistryAddress
    lines: tuple[Line, ...]
    strangers: int = 0

    def count(self) -> Mapping[State, int]:
        return Counter(line.state for line in self.lines)

    @property
    def drifted(self) -> bool:
        return any(line.state == "drifted" for line in self.lines)

    @property
    def failed(self) -> bool:
        return any(line.state == "failed" for line in self.lines)

    @property
    def done(self) -> bool:
        return all(line.state == "same" for line in self.lines)


def plan_target(
    registry: SchemaRegistry, prepared: Sequence[Prepared], published: Collection[Name]
) -> TargetPlan:
    """Compare the registry with the versions that it should have. ``published``: the versions that it is
    known to have had. Raises what the registry raises."""
    registry.check()
    by_schema = group(prepared)
    names = registry.names()
    lines: list[Line] = []
    for name, versions in by_schema.items():
        lines += compare(registry, versions, registry.read(name), published)
    return TargetPlan(registry.address, tuple(lines), sum(name not in by_schema for name in names))


def group(prepared: Sequence[Prepared]) -> dict[str, list[Prepared]]:
    """The versions by schema of the registry: one for each major of a type, with its versions in order."""
    by_schema: dict[str, list[Prepared]] = {}
    for each in prepared:
        by_schema.setdefault(each.candidate.name, []).append(each)
    return by_schema


def compare(
    registry: SchemaRegistry,
    versions: Sequence[Prepared],
    stored: StoredSchema | None,
    published: Collection[Name],
) -> list[Line]:
    """One schema of the registry against its versions in the folder."""
    name = versions[0].candidate.name
    found, lines = match(versions, stored)
    if stored is not None:
        for setting, wanted in registry.settings.items():
            is_set = stored.settings.get(setting)
            if is_set != wanted:
                lines.append(Line(name, "", "drifted", f"its {setting} is {is_set}, not {wanted}"))
    for each in versions:
        twins = found.get(each.name, ())
        lines.append(_line(registry, each, twins, each.name in published))
    return lines


def match(
    versions: Sequence[Prepared], stored: StoredSchema | None
) -> tuple[dict[Name, list[StoredVersion]], list[Line]]:
    """The stored versions with the content of the folder, by its names, and a line for each other one. The
    same content twice is harmless: two publishers at once can cause it."""
    ours = {each.name: each for each in versions}
    name = versions[0].candidate.name
    found: dict[Name, list[StoredVersion]] = {}
    lines: list[Line] = []
    for version in stored.versions if stored is not None else ():
        at = f"its version {version.number} in the registry"
        try:
            document = parse_json(version.content.encode(), name)
        except ConfigurationError:
            lines.append(Line(name, "", "drifted", f"{at} is not JSON"))
            continue
        known = identify(document)
        each = ours.get((known[0], known[1])) if known is not None else None
        if known is None or known[0] != versions[0].schema.type:
            what = f"{at} was not published from this folder: its id names no version of this type"
            lines.append(Line(name, "", "drifted", what))
        elif each is None:
            what = f"{at} is {known[1]}, which this folder does not have"
            lines.append(Line(name, str(known[1]), "drifted", f"{what}: an older checkout, or added by hand"))
        elif content_hash(document) != each.digest:
            where = first_difference(each.document, document)
            what = f"{at} differs from {each.schema.file}" + (f" at {where}" if where else "")
            lines.append(Line(name, str(known[1]), "drifted", what))
        else:
            found.setdefault(each.name, []).append(version)
    return found, lines


def _line(registry: SchemaRegistry, each: Prepared, twins: Sequence[StoredVersion], published: bool) -> Line:
    name, version = each.candidate.name, str(each.schema.version)
    good = [twin for twin in twins if twin.status != "failed"]
    if not twins:
        if published:
            return Line(name, version, "drifted", "was published there and was removed")
        return Line(name, version, "new")
    if not good:
        return Line(name, version, "failed", f"its version {twins[0].number} in the registry has failed")
    if all(twin.status == "pending" for twin in good):
        return Line(name, version, "unfinished", "is still pending")
    labels = registry.labels_of(each.candidate)
    for label, value in labels.items():
        for twin in good:
            if label in IDENTITY and twin.labels.get(label, (value,)) != (value,):
                said = ", ".join(twin.labels[label])
                return Line(name, version, "drifted", f"its metadata {label} says {said}, not {value}")
    # one of two twins with a label is enough
    if lacks := sorted(label for label in labels if not any(label in twin.labels for twin in good)):
        return Line(name, version, "unfinished", f"lacks metadata: {', '.join(lacks)}")
    return Line(name, version, "same", f"version {good[0].number} there")
