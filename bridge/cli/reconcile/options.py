"""The options of the verbs around a reconciliation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.console.options import STATE_FOLDER, Aws, Project, StateOption
from bridge.cli.console.verbs import Only

HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Also write the report as an HTML page.", metavar="FILE")
]


@dataclass(frozen=True)
class Given(Aws, Project):
    """The options of a verb; each verb has some of them. What is None comes from bridge.yaml."""

    table: Annotated[
        str | None, typer.Option(help="The table. Required if there are several.", metavar="NAME")
    ] = None
    key: Annotated[
        list[str] | None,
        typer.Option(help="Only this item: id=u-1, id=u-1,sort=2, or typed JSON. Repeatable.", metavar="KEY"),
    ] = None
    only_type: Annotated[
        list[str] | None, typer.Option(help="Only this event type. Repeatable.", metavar="TYPE")
    ] = None
    entity: Annotated[
        list[str] | None,
        typer.Option(help="Only items of this entity of the table. Repeatable.", metavar="NAME"),
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            help="Only changes that were certainly lost after this time: the item's last settled change is"
            " newer.",
            metavar="T",
        ),
    ] = None
    lag: Annotated[
        str | None, typer.Option(help="The bridge's lag, if you know it: 0s, 5m.", metavar="D")
    ] = None
    function: Annotated[
        str | None,
        typer.Option(
            help="Lambda function to read the lag from: its IteratorAge metric, else its mapping.",
            metavar="NAME",
        ),
    ] = None
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            help="State folder of `stream-bridge run` to read the lag from: its checkpoints.", metavar="DIR"
        ),
    ] = None
    stream_stopped: Annotated[
        bool, typer.Option(help="State that no mapping reads the stream, so nothing is in flight.")
    ] = False
    trust_ledger: Annotated[
        bool, typer.Option(help="Treat every item without a ledger row as missed, however many there are.")
    ] = False
    segments: Annotated[int | None, typer.Option(min=1, help="Number of segments to read in parallel.")] = (
        None
    )
    max_rcu: Annotated[float | None, typer.Option(min=0.5, help="Maximum read units per second.")] = None
    max_emit: Annotated[int | None, typer.Option(min=0, help="Stop before more events are published.")] = None
    max_removes: Annotated[
        int | None, typer.Option(min=0, help="Stop before more removes are published.")
    ] = None
    state: StateOption = None
    refresh: Annotated[
        bool,
        typer.Option(
            help="Also rewrite rows that were settled under another diff.ignore, redact or hash_key. The"
            " current item then counts as published."
        ),
    ] = False
    take_over: Annotated[bool, typer.Option(help="Take the table from a run that is known to be dead.")] = (
        False
    )

    @property
    def where(self) -> Path | str:
        """Where runs are stored: a folder, or ``s3://bucket/prefix``."""
        return self.state or self.config.parent / STATE_FOLDER


_STORED = ("config", "env_file", "table", "state", "endpoint_url", "region")
_WORK = (*_STORED, "max_rcu", "take_over")
_LAG = ("only_type", "lag", "function", "checkpoints", "stream_stopped", "trust_ledger")
_SELECTION = ("key", "entity", "since", "segments")
_LIMITS = ("max_emit", "max_removes")

Stored = Annotated[Given, Only(_STORED)]
Planned = Annotated[Given, Only((*_WORK, *_LAG, *_SELECTION))]
Run = Annotated[Given, Only((*_WORK, *_LAG, *_SELECTION, *_LIMITS))]
Resumed = Annotated[Given, Only((*_WORK, *_LAG, *_LIMITS))]
Seeded = Annotated[Given, Only((*_WORK, "segments", "entity", "refresh"))]
Backfilled = Annotated[Given, Only((*_WORK, "segments", "entity", "only_type", "max_emit"))]
