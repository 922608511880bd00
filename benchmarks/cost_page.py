"""docs/cost.md: the numbers of ``benchmarks/cost.py`` in the text of ``benchmarks/cost_page.md``.

``python -m benchmarks.cost_page`` prints the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

from benchmarks.cost import (
    MAX_RCU,
    MONTH_DAYS,
    SIZES_KB,
    Data,
    Line,
    batch_ms,
    bridge,
    load,
    one_by_one,
    pipe,
    reconciliation,
    reconciliation_s,
    topic,
)

TEXT = Path(__file__).with_suffix(".md")
FASTER_RCU = 2_000.0
SEEN = {"aws": "AWS's page", "others": "others", "nowhere": "**not confirmed**"}
Lines = Callable[[int], Sequence[Line]]


def page(data: Data) -> str:
    """The whole page. Raises ``KeyError`` if the text names a number that does not exist."""
    numbers: dict[str, object] = {
        "region": data.region,
        "looked_up": data.looked_up,
        "overview": overview(data),
        "bridge": table(by_size(lambda size: bridge(data, size)), data),
        "topic": table(by_size(lambda size: topic(data, size)), data),
        "reconciliation": table(by_size(lambda size: reconciliation(data, size)), data),
        "pipe": table(by_size(lambda size: pipe(data, size)), data),
        "one_by_one": table(
            [
                ("plain", one_by_one(data, SIZES_KB[0], idempotent=False)),
                ("idempotent", one_by_one(data, SIZES_KB[0], idempotent=True)),
            ],
            data,
        ),
        "ms_100": f"{batch_ms(data, 100, 1):.0f}",
        "ms_3": f"{batch_ms(data, 3, 1):.0f}",
        "usd_100": usd(data.total(bridge(data, 1))),
        "usd_3": usd(data.total(bridge(data, 1, records=3))),
        "row_bytes": data.measured["ledger_row_bytes"],
        "log_bytes": data.measured["log_bytes"],
        "max_rcu": f"{MAX_RCU:.0f}",
        "faster_rcu": f"{FASTER_RCU:.0f}",
        "prices": prices(data),
        "batches": batches(data),
        "assumed": "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in data.assumed.items()),
    }
    for size in SIZES_KB:
        numbers[f"hours_{size}"] = f"{reconciliation_s(data, size) / 3600:.1f}"
        numbers[f"faster_hours_{size}"] = f"{reconciliation_s(data, size, FASTER_RCU) / 3600:.1f}"
        numbers[f"faster_usd_{size}"] = usd(data.total(reconciliation(data, size, FASTER_RCU)))
    return Template(TEXT.read_text()).substitute(numbers)


def usd(value: float) -> str:
    return "0" if value == 0 else (f"{value:.2f}" if value >= 0.1 else f"{value:.4f}")


def units(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def by_size(lines: Lines) -> list[tuple[str, Sequence[Line]]]:
    return [(f"{size} KB", lines(size)) for size in SIZES_KB]


def overview(data: Data) -> str:
    def lean(size: int) -> list[Line]:
        return [line for line in bridge(data, size) if not line.what.startswith("Archive")]

    ways: list[tuple[str, Lines]] = [
        ("the bridge", lambda size: bridge(data, size)),
        ("… and a reconciliation every night", lambda size: bridge(data, size) + reconciliation(data, size)),
        ("the bridge without an archive (`ArchiveDays` 0)", lean),
        ("a pipe with the enrichment function, archived", lambda size: pipe(data, size)),
        ("one call per record", lambda size: one_by_one(data, size, idempotent=False)),
        ("one call per record, idempotent", lambda size: one_by_one(data, size, idempotent=True)),
    ]
    rows = ["| | 1 KB | a month | 10 KB | a month |", "|---|---:|---:|---:|---:|"]
    for name, lines in ways:
        totals = [data.total(lines(size)) for size in SIZES_KB]
        cells = [cell for total in totals for cell in (usd(total), usd(total * MONTH_DAYS))]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def table(columns: Sequence[tuple[str, Sequence[Line]]], data: Data) -> str:
    names = list(dict.fromkeys(line.what for _, lines in columns for line in lines))
    head = "".join(f" {title}, units | USD |" for title, _ in columns)
    rows = [f"| |{head}", "|---|" + "---:|---:|" * len(columns)]
    for name in names:
        cells = ""
        for _, lines in columns:
            line = next((each for each in lines if each.what == name), None)
            cells += f" {units(line.units)} | {usd(data.usd(line))} |" if line else " | |"
        rows.append(f"| {name} |{cells}")
    rows.append("| **total** |" + "".join(f" | **{usd(data.total(lines))}** |" for _, lines in columns))
    return "\n".join(rows)


def prices(data: Data) -> str:
    rows = ["| price | USD | for | seen | source |", "|---|---:|---|---|---|"]
    for name, price in data.prices.items():
        amount = f"{price['usd']:.10f}".rstrip("0").rstrip(".")
        seen = SEEN[price["seen"]] + (f": {price['by']}" if "by" in price else "")
        what = f"{price['per']:,} {price['unit']}"
        rows.append(f"| {name.replace('_', ' ')} | {amount} | {what} | {seen} | {price['source']} |")
    return "\n".join(rows)


def batches(data: Data) -> str:
    return ", ".join(
        f"{ms} ms for {records} records of {size} KB"
        for records, by_items in data.measured["batch_cpu_ms"].items()
        for size, ms in by_items.items()
    )


if __name__ == "__main__":
    print(page(load()), end="")
