"""Redaction: secrets are removed from the images before anything else reads them.

It works on typed images and before the diff, so that neither ``changes`` nor patterns nor event data can
hold what a rule removes. ``drop`` removes the attribute, ``mask`` replaces it with ``***``, and ``hmac`` with
a keyed digest, which is equal for equal values, so that subscribers can still see *that* it changed.

A rule expects a shape: ``$.card.number`` a map, ``$.cards[*].number`` a list or a map of maps. Where the item
has another shape (text, a number, a set, a list instead of a map …), the rule cannot find its field, so the
value at which the shapes part is dropped whole and counted. Null is kept: it holds nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from bridge.core.change import Change, TypedItem, TypedValue
from bridge.core.jsonpath import ANY, JsonPath, Step
from bridge.core.values import plain

MASK: TypedValue = {"S": "***"}

RECORD_ROOTS: Final = ("dynamodb", "NewImage", "OldImage", "Keys", "Item")
FOREIGN_ROOTS: Final = frozenset({"key", "before", "after", "changes", "current", "meta", *RECORD_ROOTS})
"""Where a mapping's path, or one into another document that holds an item, begins. The path of a rule begins
inside the item, so that ``$.after.email`` is refused; an attribute of such a name is ``$['after']``."""


@dataclass(frozen=True, slots=True)
class RedactRule:
    """One ``redact`` entry. ``path`` is simple and relative to the item (``$.email``); ``key`` is for hmac
    only."""

    path: JsonPath
    action: Literal["drop", "mask", "hmac"]
    key: bytes = b""


@dataclass(slots=True)
class Redacted:
    """What the rules of one table did: bit ``1 << n`` of ``matched`` is set if rule ``n`` reached its field.
    ``parted`` counts the values that were dropped because they had another shape than a rule expects."""

    matched: int = 0
    parted: int = 0

    def unmatched(self, rules: int) -> Iterator[int]:
        """The indexes of the rules that did not match, of so many ``rules``."""
        return (index for index in range(rules) if not self.matched >> index & 1)


@dataclass(frozen=True, slots=True)
class Redaction:
    """The compiled rules of a table: a function from a change to the same change without its secrets."""

    rules: tuple[RedactRule, ...]
    image: Callable[[TypedItem | None, Redacted], TypedItem | None]

    def __call__(self, change: Change, redacted: Redacted | None = None) -> Change:
        """``redacted`` takes what the rules did. Raises :class:`bridge.errors.MalformedRecord`."""
        image, done = self.image, redacted or Redacted()
        return change._replace(
            # what is in a key is in the images too, and a key alone proves little
            key=image(change.key, _NOT_COUNTED) or {},
            before=image(change.before, done),
            after=image(change.after, done),
            current=image(change.current, done),
        )


_NOT_COUNTED: Final = Redacted()


def compile_redaction(rules: tuple[RedactRule, ...]) -> Redaction | None:
    """None without rules."""
    if not rules:
        return None
    every = [
        (1 << index, (rule.path.root, *(rule.path.steps or ())), _replacement(rule))
        for index, rule in enumerate(rules)
    ]
    attributes = [(bit, path[0], replace) for bit, path, replace in every if len(path) == 1]
    deeper = [(bit, path, replace) for bit, path, replace in every if len(path) > 1]

    def image(item: TypedItem | None, done: Redacted) -> TypedItem | None:
        if item is None:
            return None
        copy = dict(item)
        for bit, name, replace in attributes:
            if name in copy:
                done.matched |= bit
                value = replace(copy.pop(name))
                if value is not None:
                    copy[name] = value
        redacted: TypedItem = copy
        for bit, path, replace in deeper:
            redacted = _apply(redacted, path, bit, replace, done)
        return redacted

    return Redaction(rules, image)


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
        parts = [_member_name(name) + b"=" + canonical_bytes(content[name]) for name in sorted(content)]
        return _framed(tag, *parts)
    elif tag == "L":
        return _framed(tag, *map(canonical_bytes, content))
    elif tag in ("SS", "NS", "BS"):
        return _framed(tag, *(str(each).encode("utf-8", "surrogatepass") for each in plain(value)))
    else:
        text = str(plain(value))
    return _framed(tag, text.encode("utf-8", "surrogatepass"))


def _member_name(name: str) -> bytes:
    """Without ``=``, which ends it."""
    return name.replace("%", "%25").replace("=", "%3D").encode("utf-8", "surrogatepass")


def _framed(tag: str, *parts: bytes) -> bytes:
    """Every part with its length before it, so that no two lists of parts give the same bytes."""
    return tag.encode() + b"".join(b"%d:%b" % (len(part), part) for part in parts)


def _apply(
    item: Mapping[str, TypedValue], steps: tuple[Step, ...], bit: int, replace: Replace, done: Redacted
) -> TypedItem:
    """A copy of ``item`` with rule ``bit`` applied at ``steps``; the item itself where they find nothing."""
    step, rest = steps[0], steps[1:]
    names = list(item) if step is ANY else (step,) if step in item else ()
    if not names:
        return item
    copy: dict[str, TypedValue] = dict(item)
    for name in names:
        if rest:
            value = _inside(copy[name], rest, bit, replace, done)
        else:
            done.matched |= bit
            value = replace(copy[name])
        if value is None:
            del copy[name]
        else:
            copy[name] = value
    return copy


def _inside(
    value: TypedValue, steps: tuple[Step, ...], bit: int, replace: Replace, done: Redacted
) -> TypedValue | None:
    """``value`` with the rule applied below it; None where the rule expects another shape."""
    step = steps[0]
    if type(value) is dict and len(value) == 1:
        content = value.get("M")
        if type(content) is dict and not isinstance(step, int):
            return {"M": _apply(content, steps, bit, replace, done)}
        content = value.get("L")
        if type(content) is list and not isinstance(step, str):
            return {"L": _list(content, steps, bit, replace, done)}
    if plain(value) is None:  # a malformed value is refused here, before it is dropped
        return value
    done.parted += 1
    return None


def _list(
    content: list[Any], steps: tuple[Step, ...], bit: int, replace: Replace, done: Redacted
) -> list[TypedValue]:
    step, rest = steps[0], steps[1:]
    reached = range(len(content)) if step is ANY else range(len(content))[step : step + 1 or None]
    result: list[TypedValue] = []
    for index, each in enumerate(content):
        if index not in reached:
            result.append(each)
            continue
        if rest:
            new = _inside(each, rest, bit, replace, done)
        else:
            done.matched |= bit
            new = replace(each)
        if new is not None:
            result.append(new)
    return result
