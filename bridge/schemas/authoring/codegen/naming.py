"""Names in generated code. A name in an event may be any text; one in code may not.

Python reads identifiers in Unicode's form NFKC (PEP 3131): a field that is written as a fullwidth ``id`` is
the field ``id``. So every name is in that form, and names that Python takes for the same get different ones.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from bridge.core.pointer import parse_pointer
from bridge.schemas.authoring.bundle import pascal
from bridge.schemas.authoring.codegen.shapes import ObjectClass
from bridge.schemas.documents.nodes import Node

TITLE_MAX: Final = 40
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
# The steps of a pointer after which a name of the schema's author follows.
_NAMES_FOLLOW: Final = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


def module_name(event_type: str) -> str:
    """``com.example.user.created.v1`` to ``com_example_user_created_v1``."""
    return re.sub(r"[^A-Za-z0-9]+", "_", event_type).lower()


def event_name(type_name: str, major: str) -> str:
    """``com.example.user.plan_changed`` and ``2`` to ``PlanChangedV2``."""
    name = pascal(type_name.rpartition(".")[2])
    return f"{name if name[:1].isalpha() else 'Event' + name}V{pascal(major)}"


def class_name(node: Node) -> str:
    """The name that the author of a schema would give to its class: its title, or the member or definition
    that it describes. Empty for a whole document."""
    if not node.pointer:
        return ""
    title = node.schema.get("title")
    if isinstance(title, str) and len(title) <= TITLE_MAX and _class(title):
        return _class(title)
    steps = [str(step) for step in parse_pointer(node.pointer)]
    before = ["", *steps[:-1]]
    named = [step for step, previous in zip(steps, before, strict=True) if previous in _NAMES_FOLLOW]
    item = "Item" if steps[-1] == "items" or (len(steps) > 1 and steps[-2] == "prefixItems") else ""
    return _class(named[-1]) + item if named and _class(named[-1]) else ""


def name_classes(classes: Iterable[ObjectClass], root: str, taken: Collection[str]) -> None:
    """Gives each class of a module a name of its own, ``root`` to that of the whole document. ``taken`` are
    the other names of the module."""
    used = set(taken)
    for each in classes:
        each.name = free(each.wanted or root, used)
        used.add(each.name)


def python_fields(names: Iterable[str], reserved: Collection[str]) -> Mapping[str, str]:
    """The attribute of each member: its own name wherever Python and ``reserved`` allow it."""
    wanted = list(names)
    fields = {name: name for name in wanted if _is_field(name) and name not in reserved}
    used = {*reserved, *fields}
    for name in wanted:
        if name not in fields:
            plain = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
            if keyword.iskeyword(plain) or plain in reserved:
                plain += "_"
            elif not _is_field(plain):
                plain = f"field_{plain.lstrip('_')}"
            fields[name] = free(plain if _is_field(plain) else "field", used)
            used.add(fields[name])
    return fields


def typescript_member(name: str, quoted: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else quoted


def free(name: str, used: Collection[str]) -> str:
    """The name itself, or with the first number that makes it differ from those in use."""
    number, found = 2, name
    while found in used:
        separator = "_" if name[-1:].isdigit() else ""
        found, number = f"{name}{separator}{number}", number + 1
    return found


def _is_field(name: str) -> bool:
    return (
        name.isidentifier()
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and unicodedata.normalize("NFKC", name) == name
    )


def _class(text: str) -> str:
    name = pascal(unicodedata.normalize("NFKC", text))
    return f"Type{name}" if name[:1].isdigit() else name
