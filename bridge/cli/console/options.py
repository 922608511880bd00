"""Options that several verbs share: which configuration, which environment, for whom the output is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.output import Console, Output
from bridge.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from bridge.wiring.bridge import Configuration

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="BRIDGE_CONFIG", help="The configuration.", metavar="F")
]
EndpointOption = Annotated[str | None, typer.Option("--endpoint-url", help="Another endpoint than AWS.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="AWS region.")]
EnvFileOption = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        help="File of NAME=value lines for ${NAME} in the configuration; the process's own come first.",
        metavar="F",
    ),
]
OutputOption = Annotated[Output, typer.Option("--output", help="For people or for programs.")]

DEFAULT_CONFIG = Path("bridge.yaml")


def environment(env_file: Path | None) -> Mapping[str, str]:
    """The variables that a configuration may name: the process's, then the file's.

    Raises ``ConfigurationError`` with every line of the file that cannot be read.
    """
    return os.environ if env_file is None else {**read_env_file(env_file), **os.environ}


def read_configuration(console: Console, config: Path, env_file: Path | None) -> Configuration:
    """bridge.yaml, read and compiled. How its schemas were come by is said where that is worth saying: a
    registry that is down is. Raises what ``bridge.wiring.bridge.load_configuration`` raises."""
    from bridge.wiring.bridge import load_configuration

    configuration = load_configuration(config, environment(env_file))
    for remark in configuration.remarks:
        reported = ", ".join(f"{name}: {value}" for name, value in remark.fields.items())
        console.say(f"{remark.message} ({reported})", style="red" if remark.level == "error" else "yellow")
    return configuration


def read_env_file(path: Path) -> dict[str, str]:
    """``NAME=value`` lines; blank lines, ``# comments`` and a leading ``export`` are passed over, and one
    pair of quotes around a value is taken off. Nothing is substituted inside values."""
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
