"""The normal form: a schema of any draft, without annotations, written as 2020-12.

Two keywords are added for what 2020-12 cannot express: ``x-draft4-integer`` (draft 4's ``integer`` refuses
``1.0``) and ``x-content`` (drafts 6 and 7 assert content keywords). ``const`` becomes an ``enum`` of one
value, ``dependencies`` is split, and every reference is ``#/$defs/<name>`` into :attr:`Normal.defs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.schemas.compatibility.reading.drafts import KEYWORDS, Draft, asserts_content, asserts_format
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.references import Check, Library, Place, Unusable

Schema = bool | dict[str, Any]
DEFS: Final = "#/$defs/"

_COPIED: Final = frozenset(
    {
        "multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
        "uniqueItems", "minContains", "maxContains", "maxProperties", "minProperties",
    }
)  # fmt: skip
_ONE: Final = frozenset(
    {
        "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties",
    }
)  # fmt: skip
_CLOSING: Final = ("additionalProperties", "unevaluatedProperties")
_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})


@dataclass(slots=True)
class Normal:
    """A schema in normal form: as written, or one side's reading of it (:mod:`closed`, :mod:`opened`).

    ``origin`` gives the pointer of a node into the document that it comes from, by ``id(node)``. ``unread``
    names dynamic references, which have no meaning that could be compared. They are left out, so the schema
    says less than the document.
    """

    prefix: str = ""
    root: Schema = True
    defs: dict[str, Schema] = field(default_factory=dict)
    origin: dict[int, str] = field(default_factory=dict)
    draft: Draft = Draft.D2020
    unread: list[tuple[str, str]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    """The other documents that references lead to."""
    inexact: bool = False
    """Whether it uses ``x-…`` keywords, because 2020-12 cannot express all of it."""
    has_closing: bool = False
    """Whether the open reading differs: it has a closing keyword, or an enum that may grow."""


def normalise(document: Any, others: Mapping[str, Any], prefix: str, check: Check) -> Normal:
    """``prefix`` begins the name of every definition, so that two documents can share one namespace.
    ``check`` validates every document that is read against the metaschema of its draft.

    Raises :class:`Unusable` for references that lead nowhere or to a document that is not given, and for
    unknown dialects.
    """
    return _Normaliser(Library(document, others, check), prefix).run()


def subschemas(keyword: str, value: Any) -> Iterator[Schema]:
    """The schemas that a keyword of the normal form holds; a ``$ref`` is not followed."""
    if keyword in _NAMED:
        yield from value.values()
    elif keyword in _LISTED:
        yield from value
    elif keyword in _ONE or keyword == "items":
        yield value


def in_place(node: dict[str, Any]) -> Iterator[Schema]:
    """The schemas in a node that describe the same place as the node, except ``$ref`` and ``not``."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from node.get(keyword, ())
    yield from (node[keyword] for keyword in ("if", "then", "else") if keyword in node)
    yield from node.get("dependentSchemas", {}).values()


class _Normaliser:
    def __init__(self, library: Library, prefix: str) -> None:
        self._library = library
        self._names: dict[tuple[str, str], str] = {}
        self._waiting: list[tuple[str, Place]] = []
        self._out = Normal(prefix, draft=library.main.draft)

    def run(self) -> Normal:
        out = self._out
        out.root = self._schema(self._library.main, self._library.main.node, "")
        while self._waiting:
            name, place = self._waiting.pop()
            if not isinstance(place.node, dict | bool):
                raise Unusable(
                    place.document, place.pointer, "is the target of a reference, but not a schema"
                )
            out.defs[name] = self._schema(place, place.node, place.pointer)
        out.documents = self._library.used
        return out

    def _schema(self, at: Place, raw: Any, pointer: str) -> Schema:
        if not isinstance(raw, dict):
            if isinstance(raw, bool):
                return raw
            raise Unusable(at.document, pointer, "is not a schema")
        draft = at.draft
        if pointer != at.pointer:
            own = raw.get("id" if draft == Draft.D4 else "$id")
            if isinstance(own, str) and not own.startswith("#") and (draft >= 2019 or "$ref" not in raw):
                at = self._library.resolve(own, at)
        out: dict[str, Any] = {}
        self._out.origin[id(out)] = f"{at.document}#{pointer}" if at.document else pointer
        if "$ref" in raw and draft < Draft.D2019:
            out["$ref"] = self._reference(at, raw["$ref"], pointer)
            return out
        known = KEYWORDS[draft]
        for keyword, value in raw.items():
            if keyword not in known:
                continue
            if keyword in _COPIED:
                if value is not False:
                    out[keyword] = value
            elif keyword in _ONE:
                out[keyword] = self._schema(at, value, f"{pointer}/{keyword}")
                if keyword in _CLOSING:
                    self._out.has_closing = True
            elif keyword in _NAMED:
                place = f"{pointer}/{keyword}/"
                schemas = {name: self._schema(at, s, place + escape(name)) for name, s in value.items()}
                self._merge(out, keyword, schemas)
            elif keyword in _LISTED:
                place = f"{pointer}/{keyword}/"
                listed = [self._schema(at, s, place + str(index)) for index, s in enumerate(value)]
                out[keyword] = listed + out.get(keyword, [])
            elif keyword == "type":
                self._type(value, draft, out)
            else:
                self._special(at, raw, keyword, value, pointer, out)
        if "if" not in out:
            out.pop("then", None)
            out.pop("else", None)
        return out

    @staticmethod
    def _merge(out: dict[str, Any], keyword: str, members: dict[str, Any]) -> None:
        """One name may be in both ``dependencies`` and ``dependentSchemas``."""
        there = out.setdefault(keyword, {})
        for name, each in members.items():
            there[name] = {"allOf": [there[name], each]} if name in there else each

    def _special(
        self, at: Place, raw: dict[str, Any], keyword: str, value: Any, pointer: str, out: dict[str, Any]
    ) -> None:
        draft = at.draft
        if keyword == "enum":
            _values(out, value)
        elif keyword == "const":
            if "enum" in raw:
                out.setdefault("allOf", []).append(_values({}, [value]))
            else:
                _values(out, [value])
        elif keyword == "required":
            if value:
                out["required"] = sorted(set(value))
        elif keyword == "dependentRequired":
            self._dependent(out, {name: sorted(set(names)) for name, names in value.items()})
        elif keyword == "format":
            if asserts_format(draft, value):
                out["format"] = value
        elif keyword in ("exclusiveMaximum", "exclusiveMinimum"):
            plain = "maximum" if keyword == "exclusiveMaximum" else "minimum"
            if draft != Draft.D4:
                out[keyword] = value
            elif value is True and plain in raw:
                out[keyword] = raw[plain]
        elif keyword == "items":
            self._items(at, raw, value, pointer, out)
        elif keyword == "dependencies":
            self._dependencies(at, value, pointer, out)
        elif keyword == "$ref":
            out["$ref"] = self._reference(at, value, pointer)
        elif keyword in ("$dynamicRef", "$recursiveRef"):
            self._dynamic(at, keyword, value, pointer, out)
        elif keyword in ("contentEncoding", "contentMediaType"):
            if asserts_content(draft, raw.get("contentEncoding"), raw.get("contentMediaType")):
                out.setdefault("x-content", {})[keyword] = value
                self._out.inexact = True
        elif keyword == "x-extensible-enum" and value and "enum" in raw:
            out[keyword] = True
            self._out.has_closing = True

    def _type(self, value: Any, draft: Draft, out: dict[str, Any]) -> None:
        if isinstance(value, str) and draft != Draft.D4:
            out["type"] = value
            return
        types = {value} if isinstance(value, str) else set(value)
        if "number" in types:
            types.discard("integer")
        out["type"] = sorted(types) if len(types) != 1 else next(iter(types))
        if draft == Draft.D4 and "integer" in types:
            out["x-draft4-integer"] = True
            self._out.inexact = True

    def _items(self, at: Place, raw: dict[str, Any], value: Any, pointer: str, out: dict[str, Any]) -> None:
        if not isinstance(value, list):
            out["items"] = self._schema(at, value, f"{pointer}/items")
            return
        listed = [self._schema(at, s, f"{pointer}/items/{index}") for index, s in enumerate(value)]
        if listed:
            out["prefixItems"] = listed
        if "additionalItems" in raw:
            out["items"] = self._schema(at, raw["additionalItems"], f"{pointer}/additionalItems")

    @staticmethod
    def _dependent(out: dict[str, Any], names: dict[str, list[str]]) -> None:
        there = out.setdefault("dependentRequired", {})
        for name, needed in names.items():
            there[name] = sorted({*there.get(name, ()), *needed})

    def _dependencies(self, at: Place, value: Any, pointer: str, out: dict[str, Any]) -> None:
        lists = {name: each for name, each in value.items() if isinstance(each, list)}
        if lists:
            self._dependent(out, {name: sorted(set(each)) for name, each in lists.items()})
        schemas = {
            name: self._schema(at, each, f"{pointer}/dependencies/{escape(name)}")
            for name, each in value.items()
            if not isinstance(each, list)
        }
        if schemas:
            self._merge(out, "dependentSchemas", schemas)

    def _reference(self, at: Place, value: Any, pointer: str) -> str:
        here = Place(at.node, at.document, f"{pointer}/$ref", at.base, at.draft)
        return DEFS + self._name(self._library.resolve(value, here))

    def _name(self, place: Place) -> str:
        key = (place.document, place.pointer)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"{self._out.prefix}{len(self._names)}"
            self._out.defs[name] = True
            self._waiting.append((name, place))
        return name

    def _dynamic(self, at: Place, keyword: str, value: Any, pointer: str, out: dict[str, Any]) -> None:
        """A dynamic reference with one possible target is treated as a plain one; others are not read."""
        here = Place(at.node, at.document, f"{pointer}/{keyword}", at.base, at.draft)
        target = self._library.resolve(value, here)
        if keyword == "$recursiveRef":
            plain = isinstance(target.node, dict) and not target.node.get("$recursiveAnchor")
        else:
            anchor = str(value).rpartition("#")[2]
            plain = anchor.startswith("/") or not anchor or len(self._library.dynamic_anchors(anchor)) <= 1
        if plain:
            out.setdefault("allOf", []).append({"$ref": DEFS + self._name(target)})
        else:
            self._out.unread.append((here.pointer, f"the target of {keyword} depends on the path to it"))


def _values(out: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """For Python ``1 == True``; the text beside the values makes such enums differ."""
    out["enum"] = values
    if not all(isinstance(value, str) for value in values):
        out["$comment"] = key_of(values)
    return out
