"""Redaction: secrets are removed from the images before anything else reads them.

It works on typed images and before the diff, so that neither ``changes`` nor patterns nor event data can
hold what a rule removes. ``drop`` removes the attribute, ``mask`` replaces it with ``***``, and ``hmac`` with
a keyed digest, which is equal for equal values, so that subscribers can still see *that* it changed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from bridge.core.change import Change, TypedItem, TypedValue
from bridge.core.jsonpath import ANY, JsonPath, Step
from bridge.core.values import plain

MASK: TypedValue = {"S": "***"}

Redaction = Callable[[Change], Change]


@dataclass(frozen=True, slots=True)
class RedactRule:
    """One ``redact`` entry. ``path`` is simple and relative to the item (``$.email``); ``key`` is for hmac
    only."""

    path: JsonPath
    action: Literal["drop", "mask", "hmac"]
    key: bytes = b""


def compile_redaction(rules: tuple[RedactRule, ...]) -> Redaction | None:
    """A function from a change to the same change without its secrets; None without rules."""
    if not rules:
        return None
    every = [((rule.path.root, *(rule.path.steps or ())), _replacement(rule)) for rule in rules]
    attributes = [(path[0], replace) for path, replace in every if len(path) == 1]
    deeper = [(path, replace) for path, replace in every if len(path) > 1]

    def image(item: TypedItem | None) -> TypedItem | None:
        if item is None:
            return None
        copy = dict(item)
        for name, replace in attributes:
            if name in copy:
                value = replace(copy.pop(name))
                if value is not None:
                    copy[name] = value
        redacted: TypedItem = copy
        for path, replace in deeper:
            redacted = _apply(redacted, path, replace)
        return redacted

    def redact(change: Change) -> Change:
        return change._replace(
            key=image(change.key) or {},
            before=image(change.before),
            after=image(change.after),
            current=image(change.current),
        )

    return redact


Replace = Callable[[TypedValue], TypedValue | None]


def _replacement(rule: RedactRule) -> Replace:
    if rule.action == "drop":
        return lambda _: None
    if rule.action == "mask":
        return lambda _: MASK
    key = rule.key

    def digest(value: TypedValue) -> TypedValue:
        plain(value)  # a malformed value is refused here, before it is hashed away
        return {"S": _digest(key, canonical_bytes(value))}

    return digest


@lru_cache(maxsize=1024)  # before and after mostly have equal values
def _digest(key: bytes, message: bytes) -> str:
    return "hmac-sha256:" + hmac.digest(key, message, "sha256").hex()


def canonical_bytes(value: TypedValue) -> bytes:
    """Equal bytes for equal typed values, different bytes for different types; the input of keyed digests."""
    ((tag, content),) = value.items()
    if tag == "S":
        text = content
    elif tag == "M":
        parts = [name.encode() + b"=" + canonical_bytes(content[name]) for name in sorted(content)]
        return _framed(tag, *parts)
    elif tag == "L":
        return _framed(tag, *map(canonical_bytes, content))
    elif tag in ("SS", "NS", "BS"):
        return _framed(tag, *(str(each).encode("utf-8", "surrogatepass") for each in plain(value)))
    else:
        text = str(plain(value))
    return _framed(tag, text.encode("utf-8", "surrogatepass"))


def _framed(tag: str, *parts: bytes) -> bytes:
    """Every part with its length before it, so that no two lists of parts give the same bytes."""
    return tag.encode() + b"".join(b"%d:%b" % (len(part), part) for part in parts)


def _apply(item: Mapping[str, TypedValue], steps: tuple[Step, ...], replace: Replace) -> TypedItem:
    """A copy of ``item`` with ``replace`` applied at ``steps``; the item itself where they find nothing."""
    step, rest = steps[0], steps[1:]
    names = list(item) if step is ANY else [step] if step in item else []
    if not names:
        return item
    copy: dict[str, TypedValue] = dict(item)
    for name in names:
        value = replace(copy[name]) if not rest else _inside(copy[name], rest, replace)
        if value is None:
            del copy[name]
        else:
            copy[name] = value
    return copy


def _inside(value: TypedValue, steps: tuple[Step, ...], replace: Replace) -> TypedValue:
    # Malformed values are left as they are: the conversion to plain values refuses them.
    content = value.get("M") if isinstance(value, dict) else None
    if isinstance(content, dict):
        return {"M": _apply(content, steps, replace)}
    content = value.get("L") if isinstance(value, dict) else None
    if isinstance(content, list):
        return {"L": _list(content, steps, replace)}
    return value


def _list(content: list[Any], steps: tuple[Step, ...], replace: Replace) -> list[TypedValue]:
    step, rest = steps[0], steps[1:]
    if step is ANY:
        reached = range(len(content))
    elif isinstance(step, int):
        reached = range(len(content))[step : step + 1 or None]
    else:
        return content
    result: list[TypedValue] = []
    for index, each in enumerate(content):
        if index not in reached:
            result.append(each)
            continue
        new = replace(each) if not rest else _inside(each, rest, replace)
        if new is not None:
            result.append(new)
    return result
