"""The options that the verbs around a reconciliation share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TableOption = Annotated[
    str | None, typer.Option("--table", help="The table, where there are several.", metavar="NAME")
]
StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="Where runs are kept: a folder, .stream-bridge by default; or s3://bucket/prefix.",
        metavar="WHERE",
    ),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="Only this item: id=u-1, or id=u-1,sort=2, or typed JSON; again for more.",
        metavar="KEY",
    ),
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option("--only-type", help="Only this event type; again for more.", metavar="TYPE"),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="Only what was certainly lost after this: its last settled change is newer.",
        metavar="T",
    ),
]
LagOption = Annotated[
    str | None, typer.Option("--lag", help="How far the bridge is behind, by your word: 0s, 5m.", metavar="D")
]
FunctionOption = Annotated[
    str | None,
    typer.Option(
        "--function",
        help="Lambda function whose IteratorAge, or else its mapping, tells the lag.",
        metavar="NAME",
    ),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoints",
        help="Where `stream-bridge run` keeps its state: its checkpoints tell the lag.",
        metavar="DIR",
    ),
]
StoppedOption = Annotated[
    bool, typer.Option("--stream-stopped", help="No mapping reads the stream: nothing is in flight.")
]
TrustOption = Annotated[
    bool, typer.Option("--trust-ledger", help="What has no ledger row was missed, however much it is.")
]
SegmentsOption = Annotated[int | None, typer.Option("--segments", min=1, help="Read side by side.")]
RcuOption = Annotated[float | None, typer.Option("--max-rcu", min=0.5, help="Read units a second, at most.")]
EmitOption = Annotated[int | None, typer.Option("--max-emit", min=0, help="Stop where more would be sent.")]
BackfillOption = Annotated[
    int | None,
    typer.Option(
        "--max-emit", min=0, help="Stop before more events than these are sent; no limit by default."
    ),
]
RemovesOption = Annotated[int | None, typer.Option("--max-removes", min=0, help="The same for removes.")]
TakeOverOption = Annotated[
    bool, typer.Option("--take-over", help="Take the table from a run that is known to be dead.")
]
RefreshOption = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help="Also write anew what was settled under another diff.ignore, redact or hash_key: taken as told "
        "as it is now.",
    ),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write the report as a page, too.", metavar="FILE")
]
