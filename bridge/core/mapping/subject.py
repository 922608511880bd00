"""The names of items in events: ``subject`` from a template, ``partitionkey`` from the key.

Two items never share a name: the values of the key are percent-encoded, the template uses every attribute of
the key, and a character that no encoded value contains stands between two values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.change import TypedItem
from bridge.core.diff.view import ChangeView
from bridge.core.entities.template import KeyTemplate
from bridge.core.mapping.paths import MappingError, parsed
from bridge.core.text import attribute_text, segment_text
from bridge.core.values import base64_text, plain
from bridge.errors import MappingFailed, did_you_mean

_PLACE: Final = re.compile(
    r"""\{(\$(?:[^{}'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\}"""  # a name in quotes may hold braces
)
_SEPARATOR: Final = re.compile("[/#?]")  # never part of an encoded value
_PLACE_OR_PART: Final = re.compile(_PLACE.pattern.replace(r"(\$(", r"([\w$](", 1))
FORM: Final = "a placeholder in a subject is written {$.key.<attribute>}"
PART_FORM: Final = "a placeholder in a subject is written {<part>} or {$.key.<attribute>}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A compiled template. Called with a change it returns the subject; raises :class:`MappingFailed` where
    the record's key does not have exactly the attributes of the template."""

    template: str
    names: tuple[str, ...]
    """The key attributes that the template uses, in its order."""
    texts: tuple[str, ...]
    """The text before each value, and the text after the last one."""
    places: tuple[tuple[str, str], ...] | None = None
    """Where each value is from, in the subject of an entity: ``("id", part)`` or ``("key", attribute)``.
    None: the attributes of ``names``."""

    def __call__(self, view: ChangeView) -> str:
        if self.places is not None:
            return self._of_parts(view, self.places)
        key = view.key
        if len(key) != len(self.names):
            raise self._other_key(sorted(key))
        text = self.texts[0]
        for name, after in zip(self.names, self.texts[1:], strict=True):
            value: Any = key.get(name)
            if value is None or isinstance(value, dict | list):
                raise self._other_key(sorted(key))
            text += segment_text(value if isinstance(value, str) else str(value)) + after
        return text

    def _of_parts(self, view: ChangeView, places: Sequence[tuple[str, str]]) -> str:
        text = self.texts[0]
        for (root, name), after in zip(places, self.texts[1:], strict=True):
            value: Any = (view.id or {}).get(name) if root == "id" else view.key.get(name)
            if value is None or isinstance(value, dict | list):
                raise self._other_key(sorted(view.key))
            text += segment_text(value if isinstance(value, str) else str(value)) + after
        return text

    def lacks(self, key: Any) -> list[str]:
        """The attributes of a table's key that the template does not use."""
        return [name for name in key if name not in self.names]

    def unknown(self, key: Any) -> list[str]:
        """The attributes that the template uses and a table's key does not have."""
        return [name for name in self.names if name not in key]

    def _other_key(self, key: list[str]) -> MappingFailed:
        return MappingFailed(
            f"subject {self.template!r}: the record's key has the attributes {', '.join(map(repr, key))}",
            hint="two items must not share a subject: use each key attribute of the table exactly once",
        )


def compile_subject(template: str, key: KeyTemplate | None = None, *, whole: bool = True) -> Subject:
    """A template such as ``user/{$.key.userId}`` or, with the key template of an entity, ``user/{userId}``.
    Only the key may be used, so that a subject never changes while the item lives. ``whole``: an entity's
    items must differ in it. Raises :class:`MappingError`."""
    if not template:
        raise MappingError((), "a subject is not empty")
    pattern = _PLACE if key is None else _PLACE_OR_PART
    places: list[tuple[str, str]] = []
    texts: list[str] = []
    end = 0
    for match in pattern.finditer(template):
        texts.append(template[end : match.start()])
        places.append(_place(match.group(1), key))
        end = match.end()
    texts.append(template[end:])
    if any("{" in text or "}" in text for text in texts):
        raise MappingError((), FORM if key is None else PART_FORM)
    if not places and (key is None or key.names):
        raise MappingError((), "every item would have the same subject: it names no attribute of the key")
    if len(set(places)) < len(places):
        raise MappingError((), "a subject uses each attribute of the key once")
    for (_, before), (_, after), text in zip(places, places[1:], texts[1:], strict=False):
        if not _SEPARATOR.search(text):
            raise MappingError(
                (), f"{before!r} and {after!r} could run together: separate two values by '/', '#' or '?'"
            )
    written = tuple(map(attribute_text, texts))
    if key is None:
        return Subject(template, tuple(name for _, name in places), written)
    if whole:
        _use_whole_template(template, places, key)
    used = [name for root, name in places if root == "key"]
    used += [each for each in key.attributes if {("id", name) for name in key.named_by(each)} & set(places)]
    return Subject(template, tuple(used), written, tuple(places))


def _use_whole_template(template: str, places: Sequence[tuple[str, str]], key: KeyTemplate) -> None:
    """Two items of the entity differ in a part, so every part is in the subject."""
    for attribute in key.attributes:
        missing = [name for name in key.named_by(attribute) if ("id", name) not in places]
        if missing and ("key", attribute) not in places:
            whole = template + "".join(f"/{{{name}}}" for name in missing)
            raise MappingError(
                (),
                f"does not use {', '.join(missing)} of {attribute}: items that differ in it would share a "
                "subject",
                f"write {whole}",
            )


def _place(text: str, key: KeyTemplate | None) -> tuple[str, str]:
    if key is not None and not text.startswith("$"):
        return _part(text, key)
    path = parsed(text, ())
    roots = ("key",) if key is None else ("key", "id")
    name = path.steps[0] if path.steps is not None and len(path.steps) == 1 else None
    if path.root not in roots or not isinstance(name, str):
        raise MappingError((), FORM if key is None else PART_FORM)
    if path.root == "id":
        return _part(name, key)
    if key is not None and name not in key.attributes:
        raise MappingError((), f"{name!r} is no attribute of the key", did_you_mean(name, key.attributes))
    return "key", name


def _part(name: str, key: KeyTemplate | None) -> tuple[str, str]:
    names = () if key is None else key.names
    if name not in names:
        parts = ", ".join(names) or "none"
        raise MappingError(
            (),
            f"{name!r} is no part of the key templates, whose parts are: {parts}",
            did_you_mean(name, names),
        )
    return "id", name


def key_path(key: TypedItem) -> str:
    """The key's values in order of their names, joined by ``/``. Different keys of a table give different
    texts."""
    values = []
    for name in sorted(key):
        ((tag, content),) = key[name].items()
        text = content if tag in ("S", "N") else base64_text(content) if tag == "B" else str(plain(key[name]))
        values.append(segment_text(text))
    return "/".join(values)
