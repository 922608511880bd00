"""A verdict for people: who breaks, the event that shows it, and what to do instead."""

from __future__ import annotations

import json
from typing import Final

from bridge.cli.console.output import ExitCode
from bridge.schemas.compatibility.verdict import Break, Direction, Unproven, Verdict

_EXAMPLE_CHARS: Final = 2_000

_EXIT_CODES: Final = {
    Verdict.COMPATIBLE: ExitCode.OK,
    Verdict.INCOMPATIBLE: ExitCode.DIFFERENCES,
    Verdict.UNPROVEN: ExitCode.PARTLY,
    Verdict.INVALID: ExitCode.CONFIGURATION,
}
_WHO: Final[dict[Direction, str]] = {
    "backward": "old events break new consumers",
    "forward": "new events break old consumers",
}


def exit_code(*verdicts: Verdict) -> ExitCode:
    """The gravest counts: unusable input, then a break, then a question left open."""
    for verdict in (Verdict.INVALID, Verdict.INCOMPATIBLE, Verdict.UNPROVEN):
        if verdict in verdicts:
            return _EXIT_CODES[verdict]
    return ExitCode.OK


def break_lines(found: Break) -> list[str]:
    """What stands below a break's own line."""
    refused_by = "new" if found.produced_by == "old" else "old"
    return [
        f"        {_WHO[found.direction]} ({found.direction})",
        f"        valid by the {found.produced_by} schema, refused by the {refused_by}: {_shown(found)}",
        f"        where: {_place(found.old_pointer)} in the old, {_place(found.new_pointer)} in the new",
    ]


def unproven_lines(found: Unproven) -> list[str]:
    return [f"        not decided: {_WHO[found.direction].replace(' break ', ' against ')} ({found.reason})"]


def _place(pointer: str | None) -> str:
    return "nowhere" if pointer is None else pointer or "the whole"


def _shown(found: Break) -> str:
    text = json.dumps(found.example, ensure_ascii=False)
    return text if len(text) <= _EXAMPLE_CHARS else f"{text[:_EXAMPLE_CHARS]}… ({len(text)} characters)"
