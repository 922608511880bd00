"""Names of generated classes where Python's identifiers differ from the names in events.

Python reads identifiers in Unicode's form NFKC (PEP 3131): a field that is written as a fullwidth ``id`` is
the field ``id``, and would look for a member of that name. Such members get an alias, and names that Python
takes for the same get different ones.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.schemas.documents.json_document import subschemas


def python_aliases(document: Mapping[str, Any]) -> dict[str, str]:
    """The field name of every member whose own name Python would change, each unlike all others."""
    names = sorted(set(_members(document)))
    taken = {normal(name) for name in names if normal(name) == name}
    chosen: dict[str, str] = {}
    for name in names:
        if normal(name) == name:
            continue
        wanted = re.sub(r"\W", "_", normal(name))
        wanted = wanted if wanted.isidentifier() else f"field_{wanted}"
        field, number = wanted, 1
        while field in taken:
            field, number = f"{wanted}_{number}", number + 1
        taken.add(field)
        chosen[name] = field
    return chosen


def with_python_titles(document: dict[str, Any]) -> dict[str, Any]:
    """The schema, changed in place: titles and names of definitions, from which classes get their names, in
    the form that Python reads."""
    for _, part in subschemas(document):
        if isinstance(title := part.get("title"), str):
            part["title"] = normal(title)
        for name, definition in part.get("$defs", {}).items():
            if isinstance(definition, dict) and normal(name) != name:
                definition.setdefault("title", normal(name))
    return document


def with_different_members(body: str) -> str:
    """The module with a name of its own for each member of an enumeration: two that Python takes for the same
    would be an error when the module is imported."""
    lines = body.splitlines(keepends=True)
    for node in ast.parse(body).body:
        if not isinstance(node, ast.ClassDef) or not any("Enum" in ast.unparse(base) for base in node.bases):
            continue
        members = [each for each in node.body if isinstance(each, ast.Assign)]
        taken: set[str] = set()
        for member in members:
            (target,) = member.targets
            if not isinstance(target, ast.Name):
                continue
            name, number = target.id, 1
            while name in taken:
                name, number = f"{target.id}_{number}", number + 1
            taken.add(name)
            if name != target.id:
                line = lines[member.lineno - 1]
                lines[member.lineno - 1] = (
                    f"{' ' * member.col_offset}{name} = {line.partition('=')[2].lstrip()}"
                )
    return "".join(lines)


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _members(document: Mapping[str, Any]) -> Iterator[str]:
    for _, part in subschemas(document):
        properties = part.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
