"""What a registry lacks, has, and has otherwise: a comparison that changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.errors import ConfigurationError
from bridge.ports.registry import RegistryAddress, SchemaRegistry, StoredSchema, StoredVersion
from bridge.schemas.conversion.registered import identify
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.lock import Name, content_hash
from bridge.schemas.registries.candidates import Prepared, first_difference

State = Literal["new", "same", "unfinished", "failed", "drifted"]
"""``unfinished``: the content is there, and something still has to settle or to be put beside it. ``failed``:
the registry keeps it and calls it failed. ``drifted``: somebody changed the registry by hand."""

IDENTITY = ("version", "sha256", "dataschema")
"""The labels that say which version it is. The owner may change: what stands there is who published it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One version, or one thing that stands in the way. ``version`` is "" for the schema as a whole."""

    schema: str
    version: str
    state: State
    what: str = ""


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """``lines`` in the order of names and versions. ``strangers``: schemas of others in this registry."""

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
    """Hold the registry against what is to be there. ``published``: the versions that are known to have been
    there. Raises what the registry raises."""
    registry.check()
    by_schema = group(prepared)
    names = registry.names()
    lines: list[Line] = []
    for name, versions in by_schema.items():
        lines += compare(registry, versions, registry.read(name), published)
    return TargetPlan(registry.address, tuple(lines), sum(name not in by_schema for name in names))


def group(prepared: Sequence[Prepared]) -> dict[str, list[Prepared]]:
    """By the registry's schemas: one for each major of a type, with its versions in order."""
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
    """One schema of the registry against its versions here."""
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
    """Which stored versions are ours with our content, by our names; a line for each that is not. The same
    content twice is no harm: two publishers at once leave it."""
    ours = {each.name: each for each in versions}
    name = versions[0].candidate.name
    found: dict[Name, list[StoredVersion]] = {}
    lines: list[Line] = []
    for version in stored.versions if stored is not None else ():
        at = f"its version {version.number} in the registry"
        try:
            document = parse_json(version.content.encode(), name)
        except ConfigurationError:
            lines.append(Line(name, "", "drifted", f"{at} is no JSON"))
            continue
        known = identify(document)
        each = ours.get((known[0], known[1])) if known is not None else None
        if known is None or known[0] != versions[0].schema.type:
            lines.append(Line(name, "", "drifted", f"{at} was not published from here: it has no id of ours"))
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
            return Line(name, version, "drifted", "was published there and is gone")
        return Line(name, version, "new")
    if not good:
        return Line(name, version, "failed", f"the registry calls its version {twins[0].number} failed")
    if all(twin.status == "pending" for twin in good):
        return Line(name, version, "unfinished", "is still being taken in")
    for label, value in registry.labels_of(each.candidate).items():
        for twin in good:
            if label in IDENTITY and twin.labels.get(label, (value,)) != (value,):
                said = ", ".join(twin.labels[label])
                return Line(name, version, "drifted", f"its metadata {label} says {said}, not {value}")
    if lacks := sorted(_lacking(registry, each, good)):
        return Line(name, version, "unfinished", f"lacks metadata: {', '.join(lacks)}")
    return Line(name, version, "same", f"version {good[0].number} there")


def _lacking(registry: SchemaRegistry, each: Prepared, stored: Sequence[StoredVersion]) -> Iterator[str]:
    """Labels that no version with this content has: one of two twins is enough."""
    for label in registry.labels_of(each.candidate):
        if not any(label in version.labels for version in stored):
            yield label
