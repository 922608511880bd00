"""``<type>/meta.yaml``: the description of a type for people, and the decisions of its owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import yaml

from bridge.schemas.compatibility.verdict import Direction, Mode, Policy
from bridge.schemas.documents.yaml_members import Members, YamlMembers
from bridge.schemas.semver import Version

META_FILE: Final = "meta.yaml"


class Directions(StrEnum):
    """The directions that a waiver covers."""

    BACKWARD = "backward"
    FORWARD = "forward"
    BOTH = "both"


_DIRECTIONS: Final[Mapping[Directions | None, Direction]] = {
    Directions.BACKWARD: "backward",
    Directions.FORWARD: "forward",
}


class Status(StrEnum):
    """``draft``: nobody builds on it yet, so it may change and is not published. ``deprecated``: still
    published, to be replaced. ``retired``: no longer published; kept for subscribers that read old events."""

    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class SunsetStatus(StrEnum):
    """The phase of a sunset: still ``deprecated``, or ``retired``."""

    DEPRECATED = "deprecated"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Sunset:
    """The last day on which a version, or a whole major, is published. ``since``: the first day of its
    deprecation, if given. ``migration``: text or URL for those who still read it. ``line``: its line in
    ``meta.yaml``. ``retired``: it is no longer published; only old events need it."""

    day: date
    since: date | None = None
    migration: str = ""
    line: int = 0
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person vouches, for a time, for a pair of versions that could not be proven.

    Covers what is *unproven* between two versions in ``direction`` (``None``: both); a proven break is never
    waived. It counts up to and including the day ``until``. ``line`` is its line in ``meta.yaml``."""

    old: Version
    new: Version
    direction: Direction | None
    who: str
    why: str
    until: date
    line: int = 0

    def covers(self, old: Version, new: Version, direction: Direction, today: date) -> bool:
        same_pair = (self.old, self.new) == (old, new) and self.direction in (None, direction)
        return same_pair and not self.expired(today)

    def expired(self, today: date) -> bool:
        return today > self.until


@dataclass(frozen=True, slots=True)
class Upcast:
    """A mapping (docs/mappings.md) over the data of a major, to that of a newer one: ``to``, by default the
    newest version of the next major. ``line`` is its line in ``meta.yaml``."""

    major: int
    data: Mapping[str, Any]
    to: Version | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Meta:
    """``team`` and ``contact``: who is responsible for the type. ``sunsets`` is keyed as written, by a major
    (``"1"``) or a version (``"1.1.0"``). ``compatibility`` and ``policy`` are ``None`` where the registry's
    apply."""

    summary: str
    team: str
    contact: str = ""
    status: Status = Status.ACTIVE
    sunsets: Mapping[str, Sunset] = field(default_factory=lambda: MappingProxyType({}))
    migration: str = ""
    compatibility: Mode | None = None
    policy: Policy | None = None
    waivers: tuple[Waiver, ...] = ()
    upcasts: tuple[Upcast, ...] = ()
    file: str = field(default="", compare=False)

    @property
    def days(self) -> Mapping[str, date]:
        """The day of each sunset."""
        return {key: sunset.day for key, sunset in self.sunsets.items()}

    def sunset_of(self, version: Version) -> Sunset | None:
        """The sunset of a version: its own, or else its major's; with the type's migration if it has none."""
        sunset = self.sunsets.get(str(version)) or self.sunsets.get(str(version.major))
        if sunset is None or sunset.migration or not self.migration:
            return sunset
        return replace(sunset, migration=self.migration)


def parse_meta(content: bytes, file: str) -> Meta:
    """Read ``meta.yaml``. ``owner`` is ``{team, contact}`` or only the team's name.

    Raises :class:`bridge.errors.ConfigurationError` with every problem.
    """
    reader = YamlMembers(file, "meta")
    root = reader.mapping(
        reader.document(content),
        "",
        required=("summary", "owner"),
        optional=("contact", "status", "sunset", "migration", "compatibility", "policy", "waivers", "upcast"),
    )
    summary = reader.text(root, "summary")
    team, contact = _owner(reader, root)
    status = reader.choice(root, "status", Status) or Status.ACTIVE
    sunsets = _sunsets(reader, root)
    migration = reader.text(root, "migration")
    mode = reader.choice(root, "compatibility", Mode)
    policy = reader.choice(root, "policy", Policy)
    waivers = _waivers(reader, root)
    upcasts = _upcasts(reader, root)
    reader.finish()
    return Meta(
        summary,
        team,
        contact,
        status,
        MappingProxyType(sunsets),
        migration,
        mode,
        policy,
        waivers,
        upcasts,
        file,
    )


def _owner(reader: YamlMembers, root: Members) -> tuple[str, str]:
    owner, contact = root.get("owner"), reader.text(root, "contact")
    if not isinstance(owner, yaml.MappingNode):
        return reader.text(root, "owner"), contact
    members = reader.mapping(owner, "owner", required=("team",), optional=("contact",))
    own = reader.text(members, "contact", "owner.")
    if own and contact:
        reader.problem(root["contact"], "contact", "is given in owner.contact already", "keep one of them")
    return reader.text(members, "team", "owner."), own or contact


def _sunsets(reader: YamlMembers, root: Members) -> dict[str, Sunset]:
    sunsets: dict[str, Sunset] = {}
    if "sunset" not in root:
        return sunsets
    for name, key, node in reader.named(root["sunset"], "sunset"):
        path = f"sunset.{name}"
        if not _is_major(name) and Version.read(name) is None:
            guess = name.partition(".")[0].lstrip("v")
            advice = f'such as "{guess}"' if _is_major(guess) else 'such as "1" or "1.1.0"'
            reader.problem(key, path, "is neither a major nor a version", advice)
        line = key.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            day = reader.day_of(node, path)
            if day is not None:
                sunsets[name] = Sunset(day, line=line)
            continue
        members = reader.mapping(node, path, required=("date",), optional=("since", "migration", "status"))
        day, since = reader.day(members, "date", f"{path}."), reader.day(members, "since", f"{path}.")
        if day is not None and since is not None and since > day:
            reader.problem(members["since"], f"{path}.since", f"is after the sunset, {day}")
        status = reader.choice(members, "status", SunsetStatus, f"{path}.")
        if day is not None:
            migration = reader.text(members, "migration", f"{path}.")
            sunsets[name] = Sunset(day, since, migration, line, status is SunsetStatus.RETIRED)
    return sunsets


def _waivers(reader: YamlMembers, root: Members) -> tuple[Waiver, ...]:
    waivers: list[Waiver] = []
    for path, node in reader.elements(root, "waivers"):
        members = reader.mapping(
            node, path, required=("versions", "who", "why", "until"), optional=("direction",)
        )
        prefix = f"{path}."
        versions = _pair(reader, members, prefix)
        direction = reader.choice(members, "direction", Directions, prefix)
        who, why = reader.text(members, "who", prefix), reader.text(members, "why", prefix)
        until = reader.day(members, "until", prefix)
        if versions is not None and until is not None:
            line = node.start_mark.line + 1
            waivers.append(Waiver(*versions, _DIRECTIONS.get(direction), who, why, until, line))
    return tuple(waivers)


def _upcasts(reader: YamlMembers, root: Members) -> tuple[Upcast, ...]:
    upcasts: list[Upcast] = []
    for name, key, node in reader.named(root["upcast"], "upcast") if "upcast" in root else ():
        path = f"upcast.{name}"
        if not _is_major(name):
            reader.problem(key, path, "is not a major", 'such as "1"')
            continue
        members = reader.mapping(node, path, required=("data",), optional=("to",))
        text = reader.scalar(members["to"]) if "to" in members else None
        to = None if text is None else Version.read(text)
        if "to" in members and to is None:
            reader.problem(members["to"], f"{path}.to", "is not a version", "such as 2.0.0")
        data = reader.value(members.get("data"), f"{path}.data")
        if not isinstance(data, dict):
            reader.problem(members.get("data"), f"{path}.data", "must be a mapping")
        else:
            upcasts.append(Upcast(int(name), data, to, key.start_mark.line + 1))
    return tuple(upcasts)


def _pair(reader: YamlMembers, members: Members, prefix: str) -> tuple[Version, Version] | None:
    versions: list[Version] = []
    elements = reader.elements(members, "versions", prefix)
    for path, node in elements:
        version = Version.read(reader.scalar(node) or "")
        if version is None:
            reader.problem(node, path, "is not a version", "such as 1.0.0")
        else:
            versions.append(version)
    if len(versions) < len(elements) or (not elements and "versions" not in members):
        return None
    if len(versions) == 2 and versions[0] < versions[1]:
        return versions[0], versions[1]
    message, advice = "must name two versions, the older first", "such as [1.0.0, 1.1.0]"
    reader.problem(members["versions"], f"{prefix}versions", message, advice)
    return None


def _is_major(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6 and (text == "0" or text[0] != "0")
