"""What a start has to tell before there is anybody to tell it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Remark:
    """A log line of ``level``. ``from_cache``: cached schemas had to do, which is counted too."""

    level: Literal["info", "warning", "error"]
    message: str
    fields: Mapping[str, object]
    from_cache: bool = False


def report(remarks: Sequence[Remark], telemetry: Telemetry) -> None:
    for remark in remarks:
        telemetry.log(remark.level, remark.message, **remark.fields)
        if remark.from_cache:
            telemetry.count("SchemaCacheUsed")
