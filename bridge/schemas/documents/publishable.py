"""Which versions of a set others may build on: all but those of drafts."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.meta import Status
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion


def is_draft(schemas: SchemaSet, type_name: str) -> bool:
    meta = schemas.metas.get(type_name)
    return meta is not None and meta.status is Status.DRAFT


def publishable(schemas: SchemaSet) -> Mapping[Name, SchemaVersion]:
    """The versions to publish or to lock, in the order of the set."""
    drafts = {type_name for type_name in schemas.types if is_draft(schemas, type_name)}
    return {name: schema for name, schema in schemas.schemas.items() if name[0] not in drafts}
