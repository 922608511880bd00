"""What a start has to tell before there is anybody to tell it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.ports import Telemetry


@dataclass(frozen=True, slots=True)
class Remark:
    """A log line of ``level``; ``metric`` is counted with it."""

    level: Literal["info", "warning", "error"]
    message: str
    fields: Mapping[str, object]
    metric: str = ""


def tell(remarks: Sequence[Remark], telemetry: Telemetry) -> None:
    for remark in remarks:
        telemetry.log(remark.level, remark.message, **remark.fields)
        if remark.metric:
            telemetry.count(remark.metric)
