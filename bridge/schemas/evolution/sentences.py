"""The sentences about differences between two schemas: what is said of one keyword at one place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from bridge.schemas.evolution.members import LIMIT_KEYWORDS, as_text, follow, kind_of

Kind = Literal["added", "removed", "changed", "annotation"]
_TEXT: Final = {"title", "description", "$comment", "examples"}
_ANNOTATIONS: Final = _TEXT | {"default", "deprecated", "readOnly", "writeOnly", "contentMediaType",
                               "contentEncoding", "contentSchema"}  # fmt: skip
_KIND_KEYWORDS: Final = {"type", "const", "enum", "format", *LIMIT_KEYWORDS}


@dataclass(frozen=True, slots=True)
class Change:
    """``annotation``: only what no event depends on changed. ``path`` is the member's, "" for the whole."""

    kind: Kind
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """``path`` is dotted; ``note`` says in which alternative or condition it is."""

    path: str = ""
    note: str = ""

    def member(self, name: str) -> Place:
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def element(self, index: str = "") -> Place:
        return replace(self, path=f"{self.path}[{index}]")

    def noted(self, note: str) -> Place:
        return replace(self, note=f"{note} {self.note}".rstrip())


def said(place: Place, text: str) -> str:
    """A sentence whose subject is the place."""
    subject = f"`{place.path}`" if place.path else ""
    return " ".join(filter(None, (subject, place.note, text)))


def keyword_change(place: Place, keyword: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """A keyword that was added, removed or changed."""
    kind: Kind = "changed"
    if keyword in _ANNOTATIONS or (keyword.startswith("x-") and keyword != "x-extensible-enum"):
        kind = "annotation"
    elif keyword not in before or keyword not in after:
        kind = "added" if keyword not in before else "removed"
        kind = "changed" if place.path else kind
    return Change(kind, place.path, _sentence(place, keyword, before, after))


def _sentence(place: Place, keyword: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    was, now = before.get(keyword), after.get(keyword)
    whole = not place.path and not place.note
    if keyword == "deprecated" and isinstance(was or now, bool) and bool(was) != bool(now):
        text = f"is {'deprecated now' if now else 'no longer deprecated'}"
        return f"the schema {text}" if whole else said(place, text)
    if keyword == "default":
        text = f"has the default {value_text(now)} now" if keyword in after else "no longer has a default"
        text += f"; it was {value_text(was)}" if keyword in before else ""
        return f"the schema {text}" if whole else said(place, text)
    if keyword in _TEXT and whole:
        return f"the {keyword.lstrip('$')} of the schema changed"
    if keyword in ("description", "title"):
        text = f"has {'a' if not was else 'another'} {keyword}{' now' if not was else ''}: "
        return said(place, text + (str(now or "none").split("\n")[0]))
    name = f"`{keyword}`"
    if keyword not in before:
        text = f"{name} is new: {value_text(now)}"
    elif keyword not in after:
        text = f"{name} was removed; it was {value_text(was)}"
    else:
        text = f"{name} was {value_text(was)}, is {value_text(now)}"
    return text if whole else f"{said(place, '').rstrip()}: {text}"


def kind_change(
    place: Place, old: Mapping[str, Any], was: Any, new: Mapping[str, Any], now: Any
) -> tuple[list[Change], set[str]]:
    """The values that a place takes, if they changed; and the keywords that this sentence covers."""
    before, after = follow(old, was), follow(new, now)
    had, has = _enum(before), _enum(after)
    if had is not None and has is not None and had != has:
        text = _values(had, has)
        return ([Change("changed", place.path, said(place, text))], {"enum"}) if text else ([], set())
    first, second = kind_of(old, was), kind_of(new, now)
    if first == second:
        return [], set()
    # kind_of stops at a constant or a list of values, so limits beside them are not in its text.
    listed = {"const", "enum"} & {*before, *after}
    covered = _KIND_KEYWORDS if not listed else {"type", "const", "enum", "format"}
    alternatives = {"oneOf", "anyOf"} if _plain_alternatives(before, after) else set()
    text = said(place, f"was {first}, is {second}")
    return [Change("changed", place.path, text)], {*covered, *alternatives, *_items(before, after)}


def _plain_alternatives(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the kinds in the sentence are all that the alternatives say."""
    return not any(isinstance(schema.get(keyword), list) for schema in (before, after)
                   for keyword in ("oneOf", "anyOf"))  # fmt: skip


def _items(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    types = [each.get("items", {}) for each in (before, after)]
    if not all(isinstance(each, dict) for each in types):
        return set()
    return {"items"} if types[0].get("type") != types[1].get("type") else set()


def _values(had: list[str], has: list[str]) -> str:
    more = [value_text(json.loads(value)) for value in has if value not in had]
    less = [value_text(json.loads(value)) for value in had if value not in has]
    texts = [f"now also takes {', '.join(more)}"] if more else []
    texts += [f"no longer takes {', '.join(less)}"] if less else []
    return " and ".join(texts)


def _enum(schema: Any) -> list[str] | None:
    values = schema.get("enum") if isinstance(schema, dict) else None
    return [json.dumps(value, sort_keys=True) for value in values] if isinstance(values, list) else None


def value_text(value: Any) -> str:
    return as_text(value, 80)
