"""Options that the schema verbs share: which folder of schemas, and for whom the output is."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console.options import DEFAULT_CONFIG
from bridge.errors import ConfigurationError, Problem

SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas",
        "-s",
        help="The folder of the schemas; else what bridge.yaml says, else ./event_schemas.",
        metavar="DIR",
    ),
]
DEFAULT_FOLDER = Path("event_schemas")
LIMIT_S = 5.0
"""How long one pair of schemas may take before it counts as unproven."""


class Format(StrEnum):
    """``--output`` of verbs that build pipelines run."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


FormatOption = Annotated[
    Format,
    typer.Option("--output", help="For people, for programs, for test reports, for annotations on GitHub."),
]


def named_folder(given: Path | None) -> Path:
    """The folder that is meant, whether it is there or not."""
    from bridge.settings import find_schemas

    config = Path(os.environ.get("BRIDGE_CONFIG") or DEFAULT_CONFIG)
    if given is None and config.exists():
        given = find_schemas(config, os.environ)
    return given if given is not None else DEFAULT_FOLDER


def schemas_folder(given: Path | None) -> Path:
    """The folder that is meant. Raises ``ConfigurationError`` where there is none."""
    folder = named_folder(given)
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "there is no such folder"
        advice = "name the folder of the schemas with --schemas, or start one: schema new TYPE --base URI"
        raise ConfigurationError([Problem(str(folder), 0, 0, "", what, advice)])
    return folder


def plural(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
