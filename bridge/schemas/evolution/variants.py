"""Which alternative of the newer schema is which of the older one, and what each is called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.evolution.members import follow

Alternatives = tuple[Mapping[str, Any], Sequence[Any]]
"""The document, and the alternatives of one of its keywords."""
One = tuple[Any] | None


def pair_variants(old: Alternatives, new: Alternatives) -> Iterator[tuple[str, One, One]]:
    """The name of each alternative with its older and its newer schema; None where it is on one side only.

    Equal ones belong together, then those of one name, then those that are left, in their order.
    """
    names = [_names(old), _names(new)]
    left = list(range(len(old[1])))
    partners: dict[int, int] = {}
    for alike in (_equal(old, new), _of_one_name(names)):
        for index in range(len(new[1])):
            if index not in partners and (found := [each for each in left if alike(each, index)]):
                partners[index] = found[0]
                left.remove(found[0])
    open_ones = [index for index in range(len(new[1])) if index not in partners]
    if len(open_ones) == len(left):
        partners |= dict(zip(open_ones, left, strict=True))
        left = []
    for index, schema in enumerate(new[1]):
        partner = partners.get(index)
        yield names[1][index], None if partner is None else (old[1][partner],), (schema,)
    for index in left:
        yield names[0][index], (old[1][index],), None


def _equal(old: Alternatives, new: Alternatives) -> Any:
    had, has = ([content_hash(each) for each in side[1]] for side in (old, new))
    return lambda one, other: had[one] == has[other]


def _of_one_name(names: Sequence[Sequence[str]]) -> Any:
    return lambda one, other: names[0][one] == names[1][other] and not names[0][one].isdigit()


def _names(side: Alternatives) -> list[str]:
    """By a reference, a title, a constant that distinguishes it, or its number."""
    root, schemas = side
    return [_name(root, schema) or str(index) for index, schema in enumerate(schemas, start=1)]


def _name(root: Mapping[str, Any], schema: Any) -> str:
    followed = follow(root, schema)
    if not isinstance(followed, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if isinstance(followed.get("title"), str):
        return f"`{followed['title']}`"
    if "const" in followed:
        return json.dumps(followed["const"], ensure_ascii=False)[:60]
    members = followed.get("properties")
    for member in members.values() if isinstance(members, dict) else ():
        if isinstance(member, dict) and "const" in member:
            return json.dumps(member["const"], ensure_ascii=False)[:60]
    return ""
