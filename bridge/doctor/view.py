"""Which images a table's configuration needs, and whether its stream view has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from bridge.core.change import captures
from bridge.core.mapping.paths import paths_of
from bridge.doctor.finding import Context, Finding
from bridge.settings.tables import EventSettings, TableSettings

Image = Literal["before", "after"]


def wanted_images(
    table: TableSettings, *, keeps_fields: bool = False, where: bool = False
) -> dict[Image, list[str]]:
    """For each image, the places of bridge.yaml that need it. ``keeps_fields``: the ledger knows which fields
    changed, so that ``changes`` needs only the image after. ``where``: attributes select the entity's items,
    so that either image decides of which entity an item was or is."""
    wanted: dict[Image, list[str]] = {"before": ["where"], "after": ["where"]} if where else {}
    for event in table.events:
        for image, why in _of_event(event, keeps_fields=keeps_fields):
            place = f"{why} of {event.type}"
            if place not in wanted.setdefault(image, []):
                wanted[image].append(place)
    return wanted


def judge_view(
    context: Context, view: str, table: TableSettings, *, keeps_fields: bool, where: bool = False
) -> Finding:
    wanted = wanted_images(table, keeps_fields=keeps_fields, where=where)
    missing = {image: places for image, places in wanted.items() if not captures(view, image)}
    if table.fetch and not where and set(missing) == {"after"}:
        missing = {}  # the current item is read instead
    if missing:
        needs = "; ".join(f"{image} by {', '.join(places)}" for image, places in missing.items())
        fix = (
            f"a stream's view cannot be changed: aws dynamodb update-table --table-name {context.table} "
            "--stream-specification StreamEnabled=false, then the same with "
            "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES, a mapping for the new stream, and a "
            "reconciliation"
        )
        return Finding(
            "view", context.shown, "problem", f"{view} does not have the images that are needed: {needs}", fix
        )
    return Finding("view", context.shown, "ok", f"{view} has every image that bridge.yaml needs")


def _of_event(event: EventSettings, *, keeps_fields: bool) -> Iterator[tuple[Image, str]]:
    operations = set(event.op)
    reported: dict[str, Sequence[Image]] = {  # the images from which `changes` is made
        "modify": ("after",) if keeps_fields else ("before", "after"),
        "insert": ("after",),
        "remove": ("before",),
        "snapshot": ("after",),
    }
    when = event.when
    if when is not None and when.changed:
        for operation in sorted(operations):
            for image in reported[operation]:
                yield image, "when.changed"
    if when is not None and when.before is not None and operations & {"modify", "remove"}:
        yield "before", "when.before"
    if when is not None and when.after is not None and operations & {"modify", "insert", "snapshot"}:
        yield "after", "when.after"
    for version in event.versions:
        if version.from_ is not None:
            continue  # derived from another version's data
        names = {path.root for _, path in paths_of(version.data)}
        if "before" in names and operations & {"modify", "remove"}:
            yield "before", "data"
        if "after" in names and operations & {"modify", "insert", "snapshot"}:
            yield "after", "data"
        if "changes" in names and "modify" in operations:
            for image in reported["modify"]:
                yield image, "data"
