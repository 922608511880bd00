"""The schema versions of one configured event, compiled: what makes their data, and their deprecation.

bridge.yaml has precedence for a deprecation; the ``meta.yaml`` of the schemas gives what it leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

from bridge.core.diff.view import default_data
from bridge.core.entities.template import KeyTemplate
from bridge.core.events.envelope import Deprecation, Envelope
from bridge.core.events.rules import Version
from bridge.core.mapping.derive import Derivation, by_function, data_getter, same_data
from bridge.core.mapping.language import compile_mapping, mapping_problems
from bridge.core.mapping.paths import Getter, PathCompiler
from bridge.core.mapping.project import Projection, getter_of
from bridge.errors import Problem
from bridge.schemas.documents.meta import Status
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet
from bridge.schemas.documents.sunset_days import SOON_DAYS, days_left
from bridge.schemas.finding import approaching
from bridge.schemas.semver import Version as SchemaNumber
from bridge.settings import Settings
from bridge.settings.compiling.named_functions import EntryPointUnusable, load_entry_point
from bridge.settings.tables import EventSettings, VersionSettings
from bridge.settings.types import URI_PATTERN

Place = tuple[str | int, ...]
Wrong = Callable[[Place, str, str], None]
"""Takes a problem: the place in bridge.yaml, the message, and a suggestion or nothing."""


class Schema(Protocol):
    """One schema version, as far as a compiled table needs it."""

    @property
    def id(self) -> str: ...

    def validate(self, data: Any) -> None:
        """Raises ``EventInvalid``."""
        ...


class Schemas(Protocol):
    """Where schema versions are looked up. Only a :class:`SchemaSet` also has their deprecations."""

    def get(self, type_name: str, version: str, /) -> Schema:
        """Raises ``SchemaNotFound``."""
        ...


@dataclass(frozen=True, slots=True)
class VersionCompiler:
    """Compiles the versions of events. A wrong part is reported to ``wrong`` and becomes None."""

    settings: Settings
    schemas: Schemas
    wrong: Wrong
    template: KeyTemplate | None = None  # of the entity's keys

    def versions(self, place: Place, event: EventSettings) -> tuple[Version, ...]:
        """In the order of the file, except that a version comes after the one that it is derived from. Wrong
        versions are left out."""
        order = _sources_first(event.versions)
        position = {version.schema_version: index for index, (_, version) in enumerate(order)}
        made: list[Version] = []
        for index, version in order:
            at = (*place, "versions", index)
            source = None if version.from_ is None else position.get(version.from_)
            compiled = self._version(at, event, version, source)
            if compiled is not None:
                made.append(compiled)
        return tuple(made)

    def _version(
        self, place: Place, event: EventSettings, version: VersionSettings, source: int | None
    ) -> Version | None:
        project = self._projection(place, version) if version.from_ is None else self._derive(place, version)
        try:
            schema = self.schemas.get(event.type, version.schema_version)
        except SchemaNotFound as error:
            self.wrong(place, error.message, error.hint)
            return None
        envelope = Envelope(
            source=self.settings.source,
            type=f"{event.type}.v{version.major}",
            dataschema=schema.id,
            sinks=event.sink,
            shared=event.type if len(event.versions) > 1 else "",
            deprecation=self._deprecation(place, event, version),
        )
        refused = envelope.check()
        if refused is not None:
            self.wrong(place, f"CloudEvents refuses this event's attributes: {refused}", "")
        return None if project is None else Version(envelope, project, schema.validate, source)

    def _deprecation(
        self, place: Place, event: EventSettings, version: VersionSettings
    ) -> Deprecation | None:
        reported = deprecation_of(event, version, self.schemas)
        for key, message, suggestion in sunset_problems(event, version, self.schemas):
            self.wrong((*place, key), message, suggestion)
        return reported

    # --- what makes the data ---------------------------------------------------------------------

    def _projection(self, place: Place, version: VersionSettings) -> Projection | None:
        if version.data is None:
            return default_data
        return self._mapping(place, version.data, partial(getter_of, template=self.template))

    def _derive(self, place: Place, version: VersionSettings) -> Derivation | None:
        if version.using is not None:
            try:
                return by_function(load_entry_point(version.using), version.using)
            except EntryPointUnusable as error:
                self.wrong((*place, "using"), error.message, error.hint)
                return None
        if version.data is None:
            return same_data
        return self._mapping(place, version.data, data_getter)

    def _mapping(self, place: Place, data: Mapping[str, Any], compile_path: PathCompiler) -> Getter | None:
        found = mapping_problems(data, compile_path)
        for error in found:
            self.wrong((*place, "data", *error.path), error.message, error.suggestion)
        return None if found else compile_mapping(data, compile_path)


def _sources_first(versions: tuple[VersionSettings, ...]) -> list[tuple[int, VersionSettings]]:
    """The versions with their positions in the file, each source before the versions derived from it. A
    source always has a newer major, so this ends."""
    by_name = {version.schema_version: (index, version) for index, version in enumerate(versions)}
    ordered: dict[int, VersionSettings] = {}

    def put(index: int, version: VersionSettings) -> None:
        source = by_name.get(version.from_ or "")
        if source is not None and source[1].major > version.major:
            put(*source)
        ordered[index] = version

    for index, version in enumerate(versions):
        put(index, version)
    return list(ordered.items())


# --- deprecation -------------------------------------------------------------------------------------


def deprecation_of(event: EventSettings, version: VersionSettings, schemas: Schemas) -> Deprecation | None:
    """The deprecation that the events of a version carry; None if the version is not deprecated."""
    meta = schemas.metas.get(event.type) if isinstance(schemas, SchemaSet) else None
    reported = None if meta is None else meta.sunset_of(SchemaNumber.parse(version.schema_version))
    said = (version.from_, version.sunset, version.deprecated_from, version.migration)
    if not any(said) and reported is None and (meta is None or meta.status is not Status.DEPRECATED):
        return None
    migration = (reported.migration if reported is not None else "") or (
        "" if meta is None else meta.migration
    )
    return Deprecation(
        version.deprecated_from or (reported.since if reported is not None else None),
        version.sunset or (reported.day if reported is not None else None),
        version.migration or (migration if re.fullmatch(URI_PATTERN, migration) else ""),
    )


def sunset_problems(
    event: EventSettings, version: VersionSettings, schemas: Schemas
) -> Iterator[tuple[str, str, str]]:
    """Where the days in bridge.yaml contradict the announced sunset: key, message, suggestion."""
    reported = announced_sunset(schemas, event.type, version.schema_version)
    if reported is None:
        return
    if version.sunset is not None and version.sunset < reported:
        message = f"was announced as {reported}, and {version.sunset} is earlier: it may only move later"
        yield "sunset", message, f"write {reported} or a later day"
    elif (
        version.sunset is None and version.deprecated_from is not None and version.deprecated_from > reported
    ):
        yield "deprecated_from", f"is after the sunset, {reported}", ""


def announced_sunset(schemas: Schemas, type_name: str, version: str) -> date | None:
    """The latest sunset that ``meta.yaml`` or the lock of the published schemas has for a version or its
    major."""
    if not isinstance(schemas, SchemaSet):
        return None
    number = SchemaNumber.parse(version)
    meta = schemas.metas.get(type_name)
    own = None if meta is None else meta.sunset_of(number)
    locked = schemas.lock.sunsets.get(type_name, {})
    days = [own.day if own is not None else None, locked.get(str(number)) or locked.get(str(number.major))]
    return max((day for day in days if day is not None), default=None)


def find_sunsets(settings: Settings, schemas: Schemas, today: date) -> list[Problem]:
    """A warning for every version that is published after its last day, or whose last day is near."""
    found: list[Problem] = []
    for kind in settings.kinds():
        for index, event in enumerate(kind.settings.events):
            for position, version in enumerate(event.versions):
                reported = deprecation_of(event, version, schemas)
                day = None if reported is None else reported.sunset
                if day is None or (left := (day - today).days) > SOON_DAYS:
                    continue
                place: Place = (*kind.place, "events", index, "versions", position)
                name = f"{event.type} {version.schema_version}"
                at = place if version.sunset is None else (*place, "sunset")
                if left < 0:
                    advice = "remove the version, or move its sunset for those who still read it"
                    text = f"the last day of {name} was {day}"
                    found.append(settings.problem(at, text, advice, "warning"))
                else:
                    advice = "ask its subscribers whether they have moved, or set a later day"
                    text = f"{name} {days_left(left)}, on {day}"
                    problem = settings.problem(at, text, advice, "warning")
                    found.append(approaching(problem))
    return found
