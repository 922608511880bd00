"""``stream-bridge schema asyncapi`` and ``codegen``: a document of all events; code for subscribers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.schema.options import SchemasOption, schemas_folder

if TYPE_CHECKING:
    from bridge.schemas.authoring.asyncapi import Channel, Message
    from bridge.settings import Settings
    from bridge.settings.kinds import Kind
    from bridge.settings.sinks import SinkSettings
    from bridge.settings.tables import EventSettings, TableSettings, VersionSettings
    from bridge.wiring.bridge import Configuration


class Form(StrEnum):
    """``--output`` of a document."""

    YAML = "yaml"
    JSON = "json"


class Language(StrEnum):
    """``--language`` of generated code."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"


def asyncapi(
    console: Console,
    project: Project,
    title: Annotated[
        str, typer.Option(help="Title of the document; by default the source.", metavar="TEXT")
    ] = "",
    api_version: Annotated[str, typer.Option(help="Version of the document.", metavar="V")] = "1.0.0",
    output: Annotated[Form, typer.Option(help="Print YAML or JSON.")] = Form.YAML,
) -> int:
    """Print an AsyncAPI 3.0 document of what bridge.yaml publishes: channels, events, schemas, examples.

    Deprecated majors are tagged and name the last day on which they are published. The same configuration
    gives the same document.
    """
    from bridge.schemas.authoring.asyncapi import as_yaml
    from bridge.schemas.authoring.asyncapi import asyncapi as document_of
    from bridge.schemas.documents.validation import Validators
    from bridge.wiring.bridge import load_configuration

    configuration = load_configuration(project.config, project.environ, validators=Validators.TRIED)
    settings, known = configuration.settings, configuration.schemas
    document = document_of(
        title or f"Events of {settings.source}",
        api_version,
        [_channel(name, sink) for name, sink in settings.sinks.items()],
        _messages(configuration),
        known.documents,
    )
    if output is Form.JSON:
        console.write_json(document)
    else:
        console.write(as_yaml(document).encode())
    return ExitCode.OK


def _channel(name: str, sink: SinkSettings) -> Channel:
    from bridge.schemas.authoring.asyncapi import Channel

    address = getattr(sink, "bus", None) or getattr(sink, "topic", None)
    kind = sink.kind if sink.kind in ("eventbridge", "eventbridge_v2", "sns") else "other"
    return Channel(name, kind, address)


def _messages(configuration: Configuration) -> list[Message]:
    """One message for each type and major; several tables and entities may publish one type."""
    from dataclasses import replace

    found: dict[str, Message] = {}
    settings = configuration.settings
    for kind in settings.kinds():
        for event in kind.settings.events:
            for version in event.versions:
                message = _message(configuration, kind, event, version)
                before = found.get(message.type)
                if before is not None:
                    both = tuple(dict.fromkeys((*before.channels, *message.channels)))
                    entities = {**before.entities, **message.entities}
                    message = replace(before, channels=both, entities=entities)
                found[message.type] = message
    return list(found.values())


def _message(
    configuration: Configuration, kind: Kind, event: EventSettings, version: VersionSettings
) -> Message:
    from bridge.schemas.authoring.asyncapi import Message
    from bridge.schemas.documents.examples import valid_examples
    from bridge.settings.compiling.versions import deprecation_of

    known, table = configuration.schemas, kind.settings
    schema = known.get(event.type, version.schema_version)
    meta = known.metas.get(event.type)
    deprecation = deprecation_of(event, version, known)
    summary = (meta.summary if meta else "") or str(schema.document.get("description", ""))
    return Message(
        type=f"{event.type}.v{version.major}",
        version=version.schema_version,
        schema=schema.id,
        summary=" ".join(summary.split()),
        source=configuration.settings.source,
        channels=_sinks(configuration.settings, table, event),
        team=(meta.team if meta else "") or (table.owner.team if table.owner else ""),
        contact=(meta.contact if meta else "") or (table.owner.contact if table.owner else ""),
        entities={kind.entity: table.subject} if kind.entity else {},
        deprecation={} if deprecation is None else deprecation.attributes(),
        examples={
            path.stem: data
            for path, data in valid_examples(known, event.type, version.schema_version).items()
        },
    )


def _sinks(settings: Settings, table: TableSettings, event: EventSettings) -> tuple[str, ...]:
    """The sinks of the event, else of the table, else the only sink."""
    return event.sink or table.sink or tuple(settings.sinks)


def codegen(
    console: Console,
    types: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TYPE[@VERSION]]...",
            help="Without a version, the newest of each major. Default: all types.",
        ),
    ] = None,
    language: Annotated[
        Language, typer.Option("--language", "--lang", help="Language of the code.")
    ] = Language.PYTHON,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the package; by default standard output.", metavar="DIR")
    ] = None,
    schemas: SchemasOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Write classes (Python) or types (TypeScript) of events: a module for each type and major.

    A Python class accepts exactly the events that the schema accepts, and gives back the same JSON. The same
    schemas give the same files. The Python files need only `jsonschema-rs`.
    """
    from bridge.schemas.authoring.codegen.generate import generated_files
    from bridge.schemas.documents.proposed import newest_of, of_versions
    from bridge.schemas.documents.schema_set import SchemaSet

    known = SchemaSet.load(schemas_folder(schemas))
    wanted = dict.fromkeys(
        schema for reference in types or known.types for schema in newest_of(known, reference)
    )
    modules = generated_files(of_versions(known, wanted), language.value)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in modules.items():
            (out / name).write_bytes(text.encode())
    if output is Output.JSON:
        console.write_json({"files": modules} if out is None else {"files": [str(out / n) for n in modules]})
    elif out is None:
        mark = "#" if language is Language.PYTHON else "//"
        for name, text in modules.items():
            console.write(f"{mark} --- {name}\n{text}".encode())
    else:
        for name in modules:
            console.show(str(out / name))
    return ExitCode.OK
