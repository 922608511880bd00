"""``stream-bridge schema asyncapi``: a document of all events, for catalogues and their tools."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import DEFAULT_CONFIG, ConfigOption, EnvFileOption, environment
from bridge.cli.console.output import Console, ExitCode

if TYPE_CHECKING:
    from bridge.schemas.authoring.asyncapi import Channel, Message
    from bridge.settings import Settings
    from bridge.settings.sinks import SinkSettings
    from bridge.settings.tables import EventSettings, TableSettings, VersionSettings
    from bridge.wiring.bridge import Configuration


class Form(StrEnum):
    """``--output`` of a document."""

    YAML = "yaml"
    JSON = "json"


def asyncapi(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    title: Annotated[
        str, typer.Option("--title", help="The document's title; else the source.", metavar="TEXT")
    ] = "",
    api_version: Annotated[
        str, typer.Option("--api-version", help="The document's own version.", metavar="V")
    ] = "1.0.0",
    output: Annotated[Form, typer.Option("--output", help="YAML or JSON.")] = Form.YAML,
) -> int:
    """Write an AsyncAPI 3.0 document of what bridge.yaml publishes: channels, events, schemas, examples.

    Majors that are being retired are tagged and say until when they come. The same configuration gives the
    same document.
    """
    from bridge.schemas.authoring.asyncapi import as_yaml
    from bridge.schemas.authoring.asyncapi import asyncapi as document_of
    from bridge.wiring.bridge import load_configuration

    console: Console = context.obj
    configuration = load_configuration(config, environment(env_file))
    settings, known = configuration.settings, configuration.schemas
    document = document_of(
        title or f"Events of {settings.source}",
        api_version,
        [_channel(name, sink) for name, sink in settings.sinks.items()],
        _messages(configuration),
        {schema.id: schema.document for schema in known},
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
    """One for each type and major; several tables may publish one type."""
    from dataclasses import replace

    found: dict[str, Message] = {}
    settings = configuration.settings
    for table in settings.tables.values():
        for event in table.events:
            for version in event.versions:
                message = _message(configuration, table, event, version)
                before = found.get(message.type)
                if before is not None:
                    both = tuple(dict.fromkeys((*before.channels, *message.channels)))
                    message = replace(before, channels=both)
                found[message.type] = message
    return list(found.values())


def _message(
    configuration: Configuration, table: TableSettings, event: EventSettings, version: VersionSettings
) -> Message:
    from bridge.schemas.authoring.asyncapi import Message
    from bridge.schemas.documents.examples import valid_examples
    from bridge.settings.compiling.versions import deprecation_of

    known = configuration.schemas
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
        deprecation={} if deprecation is None else deprecation.attributes(),
        examples={
            path.stem: data
            for path, data in valid_examples(known, event.type, version.schema_version).items()
        },
    )


def _sinks(settings: Settings, table: TableSettings, event: EventSettings) -> tuple[str, ...]:
    """The event's, else the table's, else the only one there is."""
    return event.sink or table.sink or tuple(settings.sinks)
