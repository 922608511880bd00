"""What a generated package contains: a module for each event, and for each other document that they need."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin

from bridge.errors import BridgeError
from bridge.schemas.authoring.codegen.naming import event_name, free, module_name, name_classes
from bridge.schemas.authoring.codegen.shapes import ANY, Named, ObjectClass, Shape
from bridge.schemas.authoring.codegen.shaping import Shaper
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.nodes import Documents
from bridge.schemas.documents.proposed import Proposed

RESERVED = frozenset({"cloud_event", "json_object", "checking", "reading", "index", "schemas"})


@dataclass(slots=True)
class Module:
    """One schema document. ``event`` is the version of which it is the data, None for a document that others
    refer to. ``document`` is as generated code uses it, ``refers`` the documents that it refers to."""

    name: str
    uri: str
    document: Mapping[str, Any]
    refers: tuple[str, ...]
    digest: str
    event: Proposed | None = None
    data: Shape = ANY
    classes: list[ObjectClass] = field(default_factory=list)

    @property
    def event_class(self) -> str:
        return event_name(self.event.type, self.event.major) if self.event else ""


@dataclass(frozen=True, slots=True)
class Package:
    """``modules`` in the order of their names."""

    modules: tuple[Module, ...]
    classes: Mapping[frozenset[tuple[str, str]], ObjectClass]
    by_uri: Mapping[str, Module]

    def named(self, shape: Named) -> tuple[Module, ObjectClass]:
        found = self.classes[shape.key]
        return self.by_uri[found.uri], found

    @property
    def events(self) -> Iterator[tuple[Module, Proposed]]:
        for each in self.modules:
            if each.event is not None:
                yield each, each.event


def package_of(schemas: Sequence[Proposed], taken: Iterable[str]) -> Package:
    """The package of these versions, at most one of each major. ``taken`` are names that no class may have.

    Raises :class:`BridgeError` for two versions of one major, and for two types that need the same module.
    """
    events = _by_uri(schemas)
    originals = _closure(schemas)
    opened = {uri: _opened(document) for uri, document in originals.items()}
    refers = {uri: _refers(uri, document, originals) for uri, document in originals.items()}
    hashes = {uri: content_hash(document) for uri, document in originals.items()}
    modules: dict[str, Module] = {}
    names = {module_name(each.event_type) for each in schemas} | RESERVED
    for uri in sorted(originals):
        event = events.get(uri)
        name = module_name(event.event_type) if event else free(_part_name(uri), names)
        names.add(name)
        digest = _digest(uri, refers, hashes)
        modules[uri] = Module(name, uri, opened[uri], refers[uri], digest, event)
    shaper = Shaper(Documents(opened))
    for uri, module in modules.items():
        if module.event is not None:
            module.data = shaper.shape(shaper.root(uri))
    _name(modules, shaper.classes.values(), set(taken))
    ordered = tuple(sorted(modules.values(), key=lambda each: each.name))
    return Package(ordered, shaper.classes, modules)


def _by_uri(schemas: Sequence[Proposed]) -> dict[str, Proposed]:
    types: dict[str, str] = {}
    for schema in schemas:
        if not schema.event_type:
            raise BridgeError(f"{schema.id} names no type and version", hint="its $id must end with both")
        other = types.get(module_name(schema.event_type))
        if other == schema.event_type:
            message = f"two versions of {schema.event_type} are requested"
            raise BridgeError(message, hint="there is one module for each major")
        if other is not None:
            message = f"{other} and {schema.event_type} need the same module name"
            raise BridgeError(message, hint="write them to two folders")
        types[module_name(schema.event_type)] = schema.event_type
    return {schema.id: schema for schema in schemas}


def _closure(schemas: Sequence[Proposed]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for schema in schemas:
        waiting = [schema.id]
        while waiting:
            uri = waiting.pop()
            if uri not in found:
                found[uri] = schema.documents[uri]
                waiting += _refers(uri, found[uri], schema.documents)
    return found


def _refers(uri: str, document: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, ...]:
    """The other documents that a document refers to."""
    bases, references = {uri}, set()
    for _, part in subschemas(document):
        if isinstance(part.get("$id"), str):
            bases.add(urljoin(uri, part["$id"]))
        references |= {part[name] for name in ("$ref", "$dynamicRef") if isinstance(part.get(name), str)}
    targets = {
        urldefrag(urljoin(base, each) if "://" in base else each)[0] for base in bases for each in references
    }
    return tuple(sorted(each for each in targets if each != uri and each in known))


def _digest(uri: str, refers: Mapping[str, Sequence[str]], hashes: Mapping[str, str]) -> str:
    """The hash of a document and all it refers to."""
    found, waiting = {uri}, [uri]
    while waiting:
        new = set(refers[waiting.pop()]) - found
        found |= new
        waiting += new
    text = "\n".join([hashes[uri], *(f"{each} {hashes[each]}" for each in sorted(found - {uri}))])
    return hashlib.sha256(text.encode()).hexdigest()


def _opened(document: Mapping[str, Any]) -> dict[str, Any]:
    """The schema for readers: an extensible enumeration allows any value, because a reader must accept the
    next one."""
    opened: dict[str, Any] = copy.deepcopy(dict(document))
    for _, part in subschemas(opened):
        if part.get("x-extensible-enum") and isinstance(part.get("enum"), list):
            values = part.pop("enum")
            if all(isinstance(each, str) for each in values):
                part.setdefault("type", "string")
    return opened


def _part_name(uri: str) -> str:
    parts = [part for part in uri.removesuffix(".json").split("/") if part]
    return module_name("_".join(parts[-2:])).strip("_") or "part"


def _root_class(uri: str) -> str:
    """``…/com.example.postal_address/1.0.0.json`` to ``PostalAddressV1``."""
    name, _, version = uri.removesuffix(".json").rpartition("/")
    return event_name(name.rpartition("/")[2], version.partition(".")[0])


def _name(modules: Mapping[str, Module], classes: Iterable[ObjectClass], taken: set[str]) -> None:
    for each in classes:
        modules[each.uri].classes.append(each)
    for module in modules.values():
        position = {pointer: number for number, (pointer, _) in enumerate(subschemas(module.document))}
        module.classes.sort(key=lambda each: position.get(each.places[0][1], len(position)))
        event = module.event_class
        root = f"{event}Data" if event else _root_class(module.uri)
        name_classes(module.classes, root, taken | {event})
