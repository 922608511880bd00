"""The settings of bridge.yaml as frozen models.

``load_settings`` reads the file, replaces references to the environment, and either returns ``Settings`` or
raises ``ConfigurationError`` with all problems, each at its line and column. Patterns, JSONPaths and schemas
are checked when they are compiled; ``Settings.problem`` adds the place in the file to those findings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from bridge.errors import ConfigurationError, Problem
from bridge.ports.registry import RegistryAddress
from bridge.settings.block import Block, optional, refuse
from bridge.settings.checks import Finding, check_settings
from bridge.settings.environment import Substituted, substitute
from bridge.settings.kinds import Kind, kinds_of
from bridge.settings.mapping import MappingSettings
from bridge.settings.problems import find_model_problems
from bridge.settings.schemas_place import read_file
from bridge.settings.sinks import SinkSettings
from bridge.settings.stores import (
    BreakerSettings,
    ClaimCheckSettings,
    LedgerSettings,
    NoLedgerSettings,
    QuarantineSettings,
    SchemaCacheSettings,
    TelemetrySettings,
)
from bridge.settings.tables import TableSettings
from bridge.settings.types import Name, SchemasPlace, Secret, Source
from bridge.settings.yaml_source import YamlPath, YamlSource, parse_yaml


class Settings(Block):
    """bridge.yaml. Some defaults depend on other settings, such as table names and sinks."""

    version: Literal[1] = Field(description="Version of this file's format.")
    source: Source = Field(description="CloudEvents source of every event: a URI reference.")
    schemas: Annotated[Path | RegistryAddress, SchemasPlace()] = Field(
        default=Path("event_schemas"),
        validate_default=True,
        description="Folder of the event schemas (a relative path starts at the folder of bridge.yaml), or"
        " a registry: `glue://name` or `eventbridge://name`, with `?region=` if it is in another Region.",
    )
    schema_cache: SchemaCacheSettings = Field(
        default=SchemaCacheSettings(), description="Where schemas of a registry are cached between starts."
    )
    hash_key: Secret | None = optional(
        "Secret key for the hashes of item keys in logs and of items in the ledger.",
        "a new one at each start",
    )
    sinks: Annotated[dict[Name, SinkSettings], Field(min_length=1)] = Field(
        description="Where events go, by name."
    )
    ledger: LedgerSettings = Field(
        default=NoLedgerSettings(kind="none"), description="Store that records which changes are settled."
    )
    quarantine: QuarantineSettings = Field(
        description="Store for records that can never become their events."
    )
    claim_check: ClaimCheckSettings | None = optional(
        "Store for the data of events that are too large for a sink.",
        "none; such a record is quarantined",
    )
    numbers: Literal["exact", "string"] = Field(
        default="exact", description="How numbers are written in tables that do not set `numbers` themselves."
    )
    breaker: BreakerSettings = Field(default=BreakerSettings(), description="When a batch fails as a whole.")
    telemetry: TelemetrySettings = Field(
        default=TelemetrySettings(), description="Logs, metrics and traces of the bridge."
    )
    tables: Annotated[dict[Name, TableSettings], Field(min_length=1)] = Field(
        description="Tables whose changes become events, by a name that you choose."
    )
    mapping: MappingSettings = Field(
        default=MappingSettings(),
        description="The event source mapping of `stream-bridge run`.",
    )

    _source: YamlSource | None = PrivateAttr(default=None)
    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def pins(self) -> frozenset[tuple[str, str]]:
        """Type and version of every schema that the events of this file use."""
        return frozenset(
            (event.type, version.schema_version)
            for kind in self.kinds()
            for event in kind.settings.events
            for version in event.versions
        )

    def kinds(self) -> tuple[Kind, ...]:
        """Every entity of every table, with what it takes from its table; a table without entities is one."""
        return tuple(kinds_of(self.tables))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Findings that are legal and probably not intended."""
        return self._warnings

    @property
    def file(self) -> str:
        """The configuration file, as it was named."""
        return "bridge.yaml" if self._source is None else self._source.file

    def locate(self, path: YamlPath) -> tuple[str, int, int]:
        """File, line and column of ``path``, such as ``("tables", "Users", "events", 1, "type")``, or of the
        nearest block around it. Paths use the names in the file (aliases), not attribute names."""
        if self._source is None:
            return ("bridge.yaml", 0, 0)
        return (self._source.file, *self._source.locate(path))

    def problem(self, path: YamlPath, message: str, suggestion: str = "", severity: str = "error") -> Problem:
        """A finding about ``path``, with its place in the file."""
        source = self._source or YamlSource("bridge.yaml", None, {})
        return source.problem(path, message, suggestion, severity)

    @field_validator("version", mode="before")
    @classmethod
    def _known_version(cls, value: Any) -> Any:
        if isinstance(value, bool) or value != 1:
            raise refuse("must be 1", "this version of stream-bridge reads format 1")
        return 1

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Fill in the name and ``numbers`` of every table, and the sinks of every table and event."""
        if not isinstance(data, dict) or not isinstance(data.get("tables"), dict):
            return data
        sinks = data.get("sinks")
        only = list(sinks) if isinstance(sinks, dict) and len(sinks) == 1 else None
        numbers = "string" if data.get("numbers") == "string" else "exact"
        tables = {name: _filled(name, table, only, numbers) for name, table in data["tables"].items()}
        return {**data, "tables": tables}


def load_settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``path`` with ``environ`` (default: that of the process). Raises ``ConfigurationError`` with every
    problem of the file, warnings included. A file with only warnings is loaded and carries them."""
    return read_settings(read_file(path), str(path), path.parent, os.environ if environ is None else environ)


def read_settings(content: bytes, file: str, folder: Path, environ: Mapping[str, str]) -> Settings:
    """The same for ``content`` read from ``file``; relative paths start at ``folder``."""
    source = parse_yaml(content, file)
    if not isinstance(source.data, dict):
        message = "is empty" if source.data is None else "must be a mapping"
        raise ConfigurationError([*source.problems, Problem(file, 0, 0, "", message)])
    substituted = substitute(source, environ)
    settings: Settings | None = None
    findings = list(check_settings(source, substituted.data))
    try:
        settings = Settings.model_validate(substituted.data, context={"folder": folder})
    except ValidationError as error:
        findings += find_model_problems(source, substituted.data, Settings, error)
    problems = _merge(source, substituted, findings)
    if settings is None or any(p.severity == "error" for p in problems):
        # not chained: the error of the models could carry values that must not be shown
        raise ConfigurationError(problems) from None
    settings._source, settings._warnings = source, tuple(problems)
    return settings


def _merge(source: YamlSource, substituted: Substituted, findings: list[Finding]) -> list[Problem]:
    """All problems in the order of the file, without further findings about a value that could not be read or
    whose variable is missing."""
    unreadable = {problem.path for problem in source.problems}
    missing = [path for path, _ in substituted.problems]
    problems = [*source.problems, *(problem for _, problem in substituted.problems)]
    problems += [
        problem
        for path, problem in findings
        if problem.path not in unreadable and not any(path[: len(outer)] == outer for outer in missing)
    ]
    return sorted(dict.fromkeys(problems), key=lambda p: (p.line, p.column, p.path))


def _filled(name: str, table: Any, only: list[str] | None, numbers: str) -> Any:
    if not isinstance(table, dict):
        return table
    filled = {"name": name, "numbers": numbers, **table}
    if "sink" not in filled and only is not None:
        filled["sink"] = only
    if isinstance(filled.get("entities"), dict):
        filled["entities"] = {
            entity: _with_sinks({"sink": filled["sink"], **own} if "sink" in filled else own)
            if isinstance(own, dict)
            else own
            for entity, own in filled["entities"].items()
        }
    return _with_sinks(filled)


def _with_sinks(block: dict[str, Any]) -> dict[str, Any]:
    """The block with its sinks as the default of its events."""
    if "sink" not in block or not isinstance(block.get("events"), list):
        return block
    events = [
        {"sink": block["sink"], **event} if isinstance(event, dict) else event for event in block["events"]
    ]
    return {**block, "events": events}
