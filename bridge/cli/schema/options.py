"""Options that the schema verbs share: the folder of schemas, the form of the output, a new version."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import DEFAULT_CONFIG
from bridge.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from bridge.schemas.documents.proposed import Proposed
    from bridge.schemas.documents.schema_set import SchemaSet

DEFAULT_FOLDER = Path("event_schemas")
LIMIT_S = 5.0
"""How long one pair of schemas may take before it counts as unproven."""

SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas",
        "-s",
        help="The folder of the schemas; by default the one that bridge.yaml names, else ./event_schemas.",
        metavar="DIR",
    ),
]
TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", help="Such as com.example.user.created.")]


class Format(StrEnum):
    """``--output`` of verbs that build pipelines run."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--output",
        help="Print text, JSON, a JUnit test report, annotations for GitHub, a Markdown comment, or SARIF.",
    ),
]


@dataclass(frozen=True)
class NewVersion:
    """The version that a verb is about: of the folder, or a file."""

    schemas: SchemasOption = None
    schema: Annotated[str | None, typer.Option(help="The new version.", metavar="TYPE@VERSION")] = None
    schema_file: Annotated[Path | None, typer.Option(help="The new version, as a file.", metavar="F")] = None

    def read(self, known: SchemaSet | None) -> Proposed:
        from bridge.schemas.documents.proposed import one_of

        return one_of(self.schema, self.schema_file, known)


def named_folder(given: Path | None) -> Path:
    """The chosen folder, whether it exists or not."""
    from bridge.settings.schemas_place import find_schemas

    config = Path(os.environ.get("BRIDGE_CONFIG") or DEFAULT_CONFIG)
    if given is None and config.exists():
        given = find_schemas(config, os.environ)
    return given if given is not None else DEFAULT_FOLDER


def next_command(verb: str, given: Path | None) -> str:
    """A schema verb to type next, for the same folder."""
    return f"stream-bridge schema {verb}" + (
        f" --schemas {shlex.quote(str(given))}" if given is not None else ""
    )


def schemas_folder(given: Path | None) -> Path:
    """The chosen folder. Raises ``ConfigurationError`` if it does not exist."""
    folder = named_folder(given)
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        advice = "name the folder of the schemas with --schemas, or start one: schema new TYPE --base URI"
        raise ConfigurationError([Problem(str(folder), 0, 0, "", what, advice)])
    return folder
