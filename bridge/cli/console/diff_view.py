"""CloudEvents as text: one line about an event, and its field changes in colour.

Everything shown comes from the items of a table, so every character that could control a terminal is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from rich.text import Text

from bridge.cli.console.output import plural, visible

ADDED, REMOVED, REPLACED = "green", "red", "yellow"
_SIGNS = {
    "insert": ("+", ADDED),
    "remove": ("-", REMOVED),
    "modify": ("~", REPLACED),
    "snapshot": ("=", "cyan"),
}
_FLAGS = ("reconciled", "redriven", "snapshot", "gap")
VALUE_CHARS = 60


def summary(event: Mapping[str, Any]) -> Text:
    """One line about an event: ``+ user/u-1  com.example.user.created.v1  3 fields``."""
    data = event.get("data")
    data = data if isinstance(data, Mapping) else {}
    sign, style = _SIGNS.get(str(data.get("operation")), ("*", "cyan"))
    line = Text.assemble(
        (f"{sign} ", f"bold {style}"),
        (visible(str(event.get("subject", ""))), "bold"),
        "  ",
        (visible(str(event.get("type", ""))), "cyan"),
    )
    changes = data.get("changes")
    if isinstance(changes, Sequence) and changes:
        line.append(f"  {plural(len(changes), 'field')}", "dim")
    if event.get("authtype") == "system":
        line.append("  by ttl", "magenta")
    for flag in _FLAGS:
        if event.get(flag) is True:
            line.append(f"  {flag}", "magenta")
    if event.get("deprecated") is True:
        sunset = visible(str(event.get("deprecationsunset", "")).partition("T")[0])
        line.append("  deprecated" + (f" until {sunset}" if sunset else ""), "bold yellow")
    return line


def changes(event: Mapping[str, Any], *, value_chars: int = VALUE_CHARS) -> list[Text]:
    """One line per field change; values longer than ``value_chars`` are cut.

    An insert or remove without ``changes`` shows its image, and data that a version maps itself is shown
    unchanged. ``changes: null`` means that the changes are unknown for this stream view.
    """
    data = event.get("data")
    if not isinstance(data, Mapping):
        return []
    if isinstance(data.get("changes"), Sequence):
        return [_change(change, value_chars) for change in data["changes"]]
    if "changes" in data:
        return [Text("  changes unknown: the stream view does not have both images", "dim")]
    if data.get("operation") == "insert" and isinstance(data.get("after"), Mapping):
        return list(_members(data["after"], "+", ADDED, value_chars))
    if data.get("operation") == "remove" and isinstance(data.get("before"), Mapping):
        return list(_members(data["before"], "-", REMOVED, value_chars))
    return list(_members(data, " ", "", value_chars))


def _change(change: Mapping[str, Any], value_chars: int) -> Text:
    before, after = (_value(change.get(side), value_chars) for side in ("before", "after"))
    line = Text("  ")
    path = visible(str(change.get("path", "")))
    match change.get("op"):
        case "add":
            line.append(f"+ {path} ", ADDED).append(after, ADDED)
        case "remove":
            line.append(f"- {path} ", REMOVED).append(before, REMOVED)
        case "move":
            line.append(f"> {path} ", REPLACED).append(f"from {visible(str(change.get('from', '')))}", "dim")
        case _ if "added" in change or "removed" in change:
            line.append(f"~ {path}", REPLACED)
            for member in change.get("removed") or ():
                line.append(f" -{_value(member, value_chars)}", REMOVED)
            for member in change.get("added") or ():
                line.append(f" +{_value(member, value_chars)}", ADDED)
        case _:
            line.append(f"~ {path} ", REPLACED)
            line.append(before, REMOVED).append(" → ", "dim").append(after, ADDED)
    if "id" in change:
        within = change.get("within")
        identities = [*(within if isinstance(within, list) else ()), change["id"]]
        line.append(f"  {' / '.join(_value(each, value_chars) for each in identities)}", "cyan")
    types = change.get("types")
    if isinstance(types, Sequence):
        line.append(f"  type {' → '.join(visible(str(name)) for name in types)}", "magenta")
    return line


def _members(image: Mapping[str, Any], sign: str, style: str, value_chars: int) -> Iterator[Text]:
    for name, value in image.items():
        yield Text(f"  {sign} /{visible(str(name))} {_value(value, value_chars)}", style)


def _value(value: object, value_chars: int) -> str:
    text = visible(orjson.dumps(value).decode())
    return text if len(text) <= value_chars else f"{text[: value_chars - 1]}…"
