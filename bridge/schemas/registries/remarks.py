"""Log lines of a start that are kept until telemetry is available."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Remark:
    """A log line of ``level``. ``from_cache``: cached schemas are used, which a metric counts too."""

    level: Literal["info", "warning", "error"]
    message: str
    fields: Mapping[str, object]
    from_cache: bool = False


def report(remarks: Sequence[Remark], telemetry: Telemetry) -> None:
    for remark in remarks:
        telemetry.log(remark.level, remark.message, **remark.fields)
        if remark.from_cache:
            telemetry.count("SchemaCacheUsed")
