"""Generates the table of docs/compatibility.md from the named changes; ``make docs`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict
from tests.builders.places import ROOT
from tests.schemas.compatibility.changes import CHANGES, MODES, POLICIES, Change

BEGIN = "<!-- the table, from tests/schemas/compatibility/changes.py -->"
END = "<!-- end of the table -->"
WORDS = {Verdict.COMPATIBLE: "yes", Verdict.INCOMPATIBLE: "**no**", Verdict.UNPROVEN: "unproven"}


def write_table() -> str:
    """Markdown: one row for each change, one column for each policy with its three modes."""
    heads = [f"{policy}: backward / forward / full" for policy in POLICIES]
    lines = [
        "| change | " + " | ".join(heads) + " | bump | example event (views) |",
        "|" + "---|" * (len(heads) + 3),
    ]
    comparer = Comparer()
    lines += (_row(change, comparer) for change in CHANGES)
    return "\n".join(lines) + "\n"


def _row(change: Change, comparer: Comparer) -> str:
    cells = {(policy, mode): verdict for policy, mode, verdict in change.cells()}
    columns = [" / ".join(WORDS[cells[policy, mode]] for mode in MODES) for policy in POLICIES]
    result = comparer.compare(change.old, change.new, mode=Mode.FULL, policy=Policy.VIEWS)
    shown = ""
    if result.breaks:
        first = result.breaks[0]
        example = json.dumps(first.example, ensure_ascii=False).replace("|", "\\|")
        shown = f"`{first.rule}`: {first.produced_by} sends `{example}`"
    return "| " + " | ".join((change.name, *columns, str(result.bump), shown)) + " |"


def write_into(page: Path) -> None:
    """Replaces what is between the two marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{write_table()}{END}{after}")


if __name__ == "__main__":
    write_into(ROOT / "docs" / "compatibility.md")
