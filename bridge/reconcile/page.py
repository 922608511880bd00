"""A report as one HTML page for people: no script, nothing loaded from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from bridge.reconcile.report import plural

_COLORS: Final = {
    "matching": "#4c956c",
    "in flight": "#e9c46a",
    "missed insert": "#3a86ff",
    "missed modify": "#8338ec",
    "missed remove": "#d1495b",
}
_WIDTH: Final = 640
_HEIGHT: Final = 120
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}td.n{text-align:right}
svg{width:100%;height:auto;background:#f6f6f4}small,figcaption{color:#666}figure{margin:1rem 0}
.k{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .9em}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}svg{background:#242424}}
"""


def render_page(report: Mapping[str, Any]) -> str:
    """``report`` as :func:`bridge.reconcile.report.build_report` makes it, history included."""
    table = escape(str(report["table"]))
    history: Sequence[Mapping[str, Any]] = report.get("history") or []
    runs = [each for each in history if each.get("complete") and each.get("mode") in ("plan", "run")][-60:]
    body = [
        f"<h1>Reconciliation of {table}</h1>",
        f"<p>{escape(headline(report))}</p>",
        f"<p><small>run {escape(str(report['run']))} ({escape(str(report['mode']))})</small></p>",
        f"<p><small>{escape(str(report['started']))} to {escape(str(report['ended']))}</small></p>",
        _bar(report),
        "<h2>Missed changes by run</h2>",
        _columns(runs, ("missed insert", "missed modify", "missed remove"), "missed changes by kind"),
        "<h2>In flight by run</h2>",
        _columns(runs, ("in flight",), "differing in the first pass, no longer in the second"),
        "<h2>Counts</h2>",
        _table(_numbers(report)),
    ]
    body += [f"<p>{escape(note)}</p>" for note in report.get("notes", ())]
    if report["by_type"]:
        body += ["<h2>Missed changes by event type and kind</h2>", _table(report["by_type"].items())]
    if by_entity := report.get("by_entity"):
        body += ["<h2>By entity</h2>", _table(_entity_rows(by_entity))]
    if report["blocked"]["count"]:
        rows = [
            (f"{each['reason']} {each['type']}".strip(), f"key {each['key_hash']}: {each['hint']}")
            for each in report["blocked"]["examples"]
        ]
        body += ["<h2>Blocked</h2>", _table(report["blocked"]["by_reason"].items()), _table(rows)]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Reconciliation of {table}</title>"
        f"<style>{_STYLE}</style>{''.join(body)}</html>\n"
    )


def headline(report: Mapping[str, Any]) -> str:
    """The result of the run in one sentence."""
    compared, blocked = plural(report["compared"], "item"), report["blocked"]["count"]
    missed, sent = sum(report["missed"].values()), sum(report["reemitted"].values())
    if report["stopped"]:
        return f"Stopped: {report['stopped'].replace('_', ' ')}. The run did not finish, so it has no result."
    if not report["complete"]:
        return "This run has not ended. It can be resumed."
    if report["mode"] in ("seed", "backfill"):
        snapshots = plural(report["snapshots"], "snapshot")
        return f"{compared} read, {report['settled']:,} recorded, {snapshots} sent."
    if missed or blocked:
        verb = "was" if missed == 1 else "were"
        done = f"{sent:,} of them re-emitted" if report["mode"] == "run" else "nothing sent: this is a plan"
        rest = "".join(f"; {each}" for each in undecided(report))
        return f"{plural(missed, 'change')} {verb} missed, {done}; {blocked:,} blocked{rest}."
    if open_ends := undecided(report):  # not an all-clear
        return f"No missed change was found, but {' and '.join(open_ends)}."
    verb = "matches" if report["matching"] == 1 else "match"
    matching = f"{plural(report['matching'], 'item')} {verb} the ledger"
    if not report["whole"]:
        return f"Nothing was missed in the part of the table that was compared: {matching}."
    return f"Nothing was missed: {matching}."


def undecided(report: Mapping[str, Any]) -> list[str]:
    """What a run could not decide, one phrase each. Where there is any, nothing may be called all clear."""
    phrases = (
        ("not_comparable", "item", "could not be compared with the ledger"),
        ("undecodable", "item", "could not be read"),
        ("in_flight", "change", "in flight: a later run decides"),
        ("unsent", "change", "not accepted by a sink: a later run sends them"),
        ("not_selected", "change", "of types that were not selected"),
        ("skipped", "difference", "older than --since"),
    )
    found = []
    for name, noun, text in phrases:
        if count := report.get(name):
            be = "" if text.startswith("could") else "is " if count == 1 else "are "
            found.append(f"{plural(count, noun)} {be}{text}")
    return found


def _numbers(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    cost, last = report["cost"], report["last_complete"]
    always = ("compared", "rows", "matching", "filtered", "differing", "in_flight")
    rows: list[tuple[str, Any]] = [(name, report[name]) for name in always]
    rows += [(f"missed {kind}", count) for kind, count in report["missed"].items()]
    rows += [(f"re-emitted {kind}", count) for kind, count in report["reemitted"].items()]
    rows += [
        (name, report[name]) for name in ("settled", "overtaken", "unsent", "gaps", "undecodable", "skipped")
    ]
    sometimes = ("no_entity", "not_comparable", "refreshed", "snapshots")
    rows += [(name, report[name]) for name in sometimes if report.get(name)]
    rows += [
        ("table read units", cost["table_read_units"]),
        ("ledger read units, estimated", cost["ledger_read_units_estimated"]),
        ("cost, estimated", f"{cost['money']:.4f} {cost['currency']}"),
        ("last complete run before", f"{last['age_s'] / 3600:.1f} h ago" if last else "none"),
    ]
    return [(name.replace("_", " "), value) for name, value in rows]


def _entity_rows(by_entity: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    return [
        (entity, ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items()))
        for entity, counts in by_entity.items()
    ]


def _table(rows: Any) -> str:
    cells = "".join(f"<tr><td>{escape(str(name))}<td class=n>{_shown(value)}" for name, value in rows)
    return f"<table>{cells}</table>"


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _bar(report: Mapping[str, Any]) -> str:
    """Matching, in flight and missed, in proportion. Each part that is not empty stays visible."""
    parts = _parts({**report, **{f"missed_{kind}": count for kind, count in report["missed"].items()}})
    whole = sum(parts.values()) or 1
    widths = {name: max(4.0, _WIDTH * count / whole) for name, count in parts.items() if count}
    scale, at, rects = _WIDTH / (sum(widths.values()) or 1), 0.0, ""
    for name, width in widths.items():
        shown = width * scale
        rects += _rect(at, 0.0, shown, 28.0, name, f"{name}: {parts[name]:,}")
        at += shown
    return f'<figure><svg viewBox="0 0 {_WIDTH} 28" role="img">{rects}</svg>{_key(parts)}</figure>'


def _rect(x: float, y: float, width: float, height: float, name: str, title: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_COLORS[name]}">'
        f"<title>{title}</title></rect>"
    )


def _parts(source: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(source.get(name.replace(" ", "_"), 0)) for name in _COLORS}


def _columns(runs: Sequence[Mapping[str, Any]], names: Sequence[str], caption: str) -> str:
    """One stacked column for each run."""
    if not runs:
        return "<p><small>no complete run yet</small></p>"
    columns = [{name: _parts(run)[name] for name in names} for run in runs]
    most = max(sum(column.values()) for column in columns) or 1
    step = _WIDTH / len(runs)
    rects = ""
    for index, (run, column) in enumerate(zip(runs, columns, strict=True)):
        top = float(_HEIGHT)
        for name, count in column.items():
            height = (_HEIGHT - 6) * count / most
            top -= height
            title = f"{escape(str(run['ended']))}: {name} {count:,}"
            rects += _rect(index * step + 1, top, min(step - 2, 28), height, name, title)
    figure = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{rects}</svg>'
    return f"<figure>{figure}{_key(columns[-1])}<figcaption>{caption}; highest {most:,}</figcaption></figure>"


def _key(parts: Mapping[str, int]) -> str:
    return "".join(
        f'<small><span class=k style="background:{_COLORS[name]}"></span>{name} {count:,}</small>'
        for name, count in parts.items()
    )
