"""Two schemas named on a command line: files anywhere, or versions of the folder as ``TYPE@VERSION``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.cli.schema.options import named_folder
from bridge.errors import ConfigurationError, Problem
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.json_document import read_json
from bridge.schemas.documents.layout import read_layout
from bridge.schemas.documents.registry import REGISTRY_FILE
from bridge.schemas.documents.schema_set import SchemaSet


@dataclass(frozen=True, slots=True)
class Named:
    """A schema with the name that was given for it, and its file."""

    name: str
    file: str
    document: Any
    type: str = ""


Documents = Mapping[str, Any]


def name_pair(
    texts: tuple[str, str], schemas: Path | None
) -> tuple[Named, Named, Documents, tuple[Mode, Policy]]:
    """Both schemas, the documents that their references may mean, and the mode and policy of their type.

    Raises ``ConfigurationError`` for a file that is no JSON, ``SchemaNotFound`` for a version that is not
    there.
    """
    found: SchemaSet | None = None
    if any(not _is_file(text) for text in texts):
        found = SchemaSet.load(_folder(texts, schemas))
    old, new = (_named(text, found) for text in texts)
    documents: dict[str, Any] = {}
    if found is not None:
        documents = {schema.id: schema.document for schema in found}
    for each in (old, new):
        documents |= _beside(each)
    defaults = (Mode.FULL_TRANSITIVE, Policy.VIEWS)
    if found is not None and new.type:
        defaults = (found.mode_of(new.type), found.policy_of(new.type))
    return old, new, documents, defaults


def _is_file(text: str) -> bool:
    """Anything that stands there, or looks like a path; the rest names a type, with or without a version."""
    return Path(text).is_file() or ("@" not in text and ("/" in text or text.endswith(".json")))


def _folder(texts: tuple[str, str], schemas: Path | None) -> Path:
    folder = named_folder(schemas)
    if folder.is_dir():
        return folder
    text = next(text for text in texts if not _is_file(text))
    message = f"there is no such folder, where {text} would stand"
    raise ConfigurationError([Problem(str(folder), 0, 0, "", message, "name it with --schemas")])


def _named(text: str, found: SchemaSet | None) -> Named:
    if found is not None and not _is_file(text):
        schema = found.find(text)
        return Named(f"{schema.type}@{schema.version}", schema.file, schema.document, schema.type)
    document = read_json(Path(text))
    if not isinstance(document, dict | bool):
        message = "is not a JSON Schema: neither an object nor true or false"
        raise ConfigurationError([Problem(text, 0, 0, "", message)])
    return Named(text, text, document)


def _beside(named: Named) -> Documents:
    """The other schemas of the folder in which a file stands, if that is a folder of schemas."""
    folder = Path(named.file).resolve().parent.parent
    if not (folder / REGISTRY_FILE).is_file():
        return {}
    files = read_layout(folder).files
    return {
        file.document["$id"]: file.document
        for file in files
        if isinstance(file.document, dict) and isinstance(file.document.get("$id"), str)
    }
