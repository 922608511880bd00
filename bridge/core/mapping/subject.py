"""The names of items in events: ``subject`` from a template, ``partitionkey`` from the key.

Two items never share a name: the values of the key are percent-encoded, the template uses every attribute of
the key, and a character that no encoded value contains stands between two values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.change import TypedItem
from bridge.core.diff.view import ChangeView
from bridge.core.mapping.language import MappingError, parsed
from bridge.core.text import attribute_text, segment_text
from bridge.core.values import base64_text, plain
from bridge.errors import MappingFailed

_PLACE: Final = re.compile(
    r"""\{(\$(?:[^{}'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\}"""  # a name in quotes may hold braces
)
_SEPARATOR: Final = re.compile("[/#?]")  # never part of an encoded value
FORM: Final = "a placeholder in a subject is written {$.key.<attribute>}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A compiled template. Called with a change it returns the subject; raises :class:`MappingFailed` where
    the record's key does not have exactly the attributes of the template."""

    template: str
    names: tuple[str, ...]
    """The key attributes that the template uses, in its order."""
    texts: tuple[str, ...]
    """The text before each attribute, and the text after the last one."""

    def __call__(self, view: ChangeView) -> str:
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


def compile_subject(template: str) -> Subject:
    """A template such as ``user/{$.key.userId}``. Only the key may be used, so that a subject never changes
    while the item lives. Raises :class:`MappingError`."""
    if not template:
        raise MappingError((), "a subject is not empty")
    names: list[str] = []
    texts: list[str] = []
    end = 0
    for match in _PLACE.finditer(template):
        texts.append(template[end : match.start()])
        names.append(_attribute(match.group(1)))
        end = match.end()
    texts.append(template[end:])
    if any("{" in text or "}" in text for text in texts):
        raise MappingError((), FORM)
    if not names:
        raise MappingError((), "every item would have the same subject: it names no attribute of the key")
    if len(set(names)) < len(names):
        raise MappingError((), "a subject uses each attribute of the key once")
    for before, after, text in zip(names, names[1:], texts[1:], strict=False):
        if not _SEPARATOR.search(text):
            raise MappingError(
                (), f"{before!r} and {after!r} could run together: separate two values by '/', '#' or '?'"
            )
    return Subject(template, tuple(names), tuple(map(attribute_text, texts)))


def _attribute(text: str) -> str:
    path = parsed(text, ())
    if path.root != "key" or path.steps is None or len(path.steps) != 1 or not isinstance(path.steps[0], str):
        raise MappingError((), FORM)
    return path.steps[0]


def key_path(key: TypedItem) -> str:
    """The key's values in order of their names, joined by ``/``. Different keys of a table give different
    texts."""
    values = []
    for name in sorted(key):
        ((tag, content),) = key[name].items()
        text = content if tag in ("S", "N") else base64_text(content) if tag == "B" else str(plain(key[name]))
        values.append(segment_text(text))
    return "/".join(values)
