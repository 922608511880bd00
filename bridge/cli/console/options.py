"""Options that several verbs share: configuration, AWS endpoint, form of the output; durations and times."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.console.output import Console, Output
from bridge.errors import BridgeError, ConfigurationError, Problem

if TYPE_CHECKING:
    from bridge.ports.telemetry import Telemetry
    from bridge.settings import Settings
    from bridge.wiring.bridge import Configuration

DEFAULT_CONFIG = Path("bridge.yaml")
STATE_FOLDER = ".stream-bridge"

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="BRIDGE_CONFIG", help="The configuration file.", metavar="F")
]
EnvFileOption = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        help="File of NAME=value lines for ${NAME} in the configuration. The environment takes precedence.",
        metavar="F",
    ),
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint-url", help="Use this endpoint instead of AWS for every service.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="AWS region.")]
OutputOption = Annotated[Output, typer.Option("--output", help="Print text for people or JSON for programs.")]
StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="Where runs are stored: a folder or s3://bucket/prefix. The default is the folder"
        f" {STATE_FOLDER} beside the configuration.",
        metavar="WHERE",
    ),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        help=f"State folder of `stream-bridge run`; {STATE_FOLDER} beside the configuration by default.",
        metavar="DIR",
    ),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")]
ForceOption = Annotated[bool, typer.Option(help="With --queue: watch it even if it has a dead-letter queue.")]


@dataclass(frozen=True)
class Project:
    """The configuration that a verb works with."""

    config: ConfigOption = DEFAULT_CONFIG
    env_file: EnvFileOption = None

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that a configuration may name: the file's, overridden by the process environment.

        Raises ``ConfigurationError`` with every line of the file that cannot be read.
        """
        return os.environ if self.env_file is None else {**read_env_file(self.env_file), **os.environ}

    def settings(self) -> Settings:
        """bridge.yaml, parsed. Raises ``ConfigurationError``."""
        from bridge.settings import load_settings

        return load_settings(self.config, self.environ)

    def load(self, console: Console, *, warn: bool = False) -> Configuration:
        """bridge.yaml, parsed and compiled. Shows remarks on where the schemas were loaded from, such as a
        registry that is down; with ``warn`` also the warnings of the settings. Raises what
        ``bridge.wiring.bridge.load_configuration`` raises."""
        from bridge.wiring.bridge import load_configuration

        configuration = load_configuration(self.config, self.environ)
        for remark in configuration.remarks:
            fields = ", ".join(f"{name}: {value}" for name, value in remark.fields.items())
            console.say(f"{remark.message} ({fields})", style="red" if remark.level == "error" else "yellow")
        for warning in configuration.settings.warnings if warn else ():
            console.problem(warning)
        return configuration


@dataclass(frozen=True)
class Aws:
    """Where the AWS services are."""

    endpoint_url: EndpointOption = None
    region: RegionOption = None

    def clients(self, telemetry: Telemetry | None = None) -> Callable[[str], Any]:
        """Builds the client of a service by name."""
        from bridge.wiring.clients import client_factory, refused_to

        on_refused = None if telemetry is None else refused_to(telemetry)
        return client_factory(endpoint_url=self.endpoint_url, region=self.region, on_refused=on_refused)


def read_env_file(path: Path) -> dict[str, str]:
    """``NAME=value`` lines. Blank lines, ``# comments`` and a leading ``export`` are ignored, and one pair of
    quotes around a value is removed. Nothing is substituted inside values."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8 text"
        raise ConfigurationError([Problem(str(path), 0, 0, "", f"cannot be read: {reason}")]) from error
    variables: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip().removeprefix("export ").strip()
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            problems.append(Problem(str(path), number, 1, "", "is not NAME=value", "comments begin with #"))
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        variables[name] = value
    if problems:
        raise ConfigurationError(problems)
    return variables


# --- times ---------------------------------------------------------------------------------------

_DURATION: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d|)")
_DAY: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "": 1.0}


def seconds(option: str, text: str) -> float:
    """A duration in seconds: ``30s``, ``5m``, ``250ms`` or a plain number. Raises ``BridgeError``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise BridgeError(f"{option} is not a duration", hint="write 30s, 5m or 1h")
    return float(found[1]) * _UNITS_S[found[2]]


def moment(option: str, text: str, now: Callable[[], float], *, end_of_day: bool = False) -> datetime:
    """A point in time: ISO 8601, in UTC unless it names a zone; a day; or a duration before now, such as
    ``2h``. With ``end_of_day`` a day means its last microsecond. Raises ``BridgeError``."""
    try:
        if _DURATION.fullmatch(text) and not _DAY.fullmatch(text):
            return datetime.fromtimestamp(now(), UTC) - timedelta(seconds=seconds(option, text))
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        if end_of_day and _DAY.fullmatch(text):
            at += timedelta(days=1) - timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        hint = "write 2026-11-01, 2026-11-01T12:00Z, or 2h for two hours ago"
        raise BridgeError(f"{option} is not a time", hint=hint) from error
    return at


def check_writable(option: str, path: Path) -> None:
    """A verb that works for hours must not find out at its end that its result has no place. Raises
    ``typer.BadParameter``; nothing is written and an existing file is not touched."""
    target = path if path.exists() else path.absolute().parent
    if path.is_dir() or not target.exists() or not os.access(target, os.W_OK):
        why = "is a folder" if path.is_dir() else "cannot be written"
        raise typer.BadParameter(f"{path} {why}; nothing was started", param_hint=option)
