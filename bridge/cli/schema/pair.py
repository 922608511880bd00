"""Two schemas named on a command line: files anywhere, or versions of the folder as ``TYPE@VERSION``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bridge.cli.schema.options import LIMIT_S, named_folder
from bridge.errors import ConfigurationError, Problem
from bridge.schemas.compatibility.compare import compare
from bridge.schemas.compatibility.verdict import Comparison, Mode, Policy, Verdict
from bridge.schemas.documents.json_document import read_json
from bridge.schemas.documents.layout import read_layout
from bridge.schemas.documents.names import is_shared
from bridge.schemas.documents.registry import REGISTRY_FILE
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.evolution.promises import with_example
from bridge.schemas.finding import Finding


class Named(NamedTuple):
    """A schema, the name that was given for it, and its file."""

    name: str
    file: str
    document: Any
    type: str = ""


Documents = Mapping[str, Any]


class Pair(NamedTuple):
    """Two schemas and the verdict on them."""

    old: Named
    new: Named
    found: Comparison

    def findings(self) -> list[Finding]:
        found, file = self.found, self.new.file
        if found.verdict is Verdict.INVALID:
            # The problem begins with the side that it is about: "old: /type: …".
            wrong = self.old if found.problem.startswith("old: ") else self.new
            return [Finding(wrong.file, 0, 0, "", found.problem, rule="invalid")]
        findings = []
        for each in found.breaks:
            wrong_place = each.new_pointer or ""
            finding = Finding(file, 0, 0, wrong_place, each.message, each.hint, rule=each.rule)
            findings.append(with_example(finding, each, "the old schema", "the new schema"))
        return findings + [
            Finding(file, 0, 0, each.new_pointer or "", each.message, rule="unproven")
            for each in found.unproven
        ]


def compare_pair(
    texts: tuple[str, str],
    schemas: Path | None,
    mode: Mode | None = None,
    policy: Policy | None = None,
    limit_s: float = LIMIT_S,
) -> Pair:
    """Compare two schemas, by default with the mode and policy of their type.

    Raises ``ConfigurationError`` for a file that is not JSON, ``SchemaNotFound`` for a version that does not
    exist.
    """
    found: SchemaSet | None = None
    if any(not _is_file(text) for text in texts):
        found = SchemaSet.load(_folder(texts, schemas))
    old, new = (_named(text, found) for text in texts)
    documents: dict[str, Any] = {}
    if found is not None:
        documents |= found.documents
    for each in (old, new):
        documents |= _beside(each)
    defaults = (Mode.FULL_TRANSITIVE, Policy.VIEWS)
    if found is not None and new.type:
        defaults = (found.mode_of(new.type), found.policy_of(new.type))
    mode, policy = mode or defaults[0], policy or defaults[1]
    return Pair(
        old,
        new,
        compare(old.document, new.document, mode=mode, policy=policy, documents=documents, limit_s=limit_s),
    )


def _is_file(text: str) -> bool:
    """Whether the text is an existing file or looks like a path; else it names a type."""
    if Path(text).is_file() or text.endswith(".json"):
        return True
    return "@" not in text and "/" in text and not is_shared(text)


def _folder(texts: tuple[str, str], schemas: Path | None) -> Path:
    folder = named_folder(schemas)
    if folder.is_dir():
        return folder
    text = next(text for text in texts if not _is_file(text))
    message = f"does not exist, so {text} cannot be found"
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
    """The other schemas of the folder that a file is in, if it is a folder of schemas."""
    above = Path(named.file).resolve().parents[1:3]  # a shared definition is one folder deeper
    folder = next((each for each in above if (each / REGISTRY_FILE).is_file()), None)
    if folder is None:
        return {}
    files = read_layout(folder).files
    return {
        file.document["$id"]: file.document
        for file in files
        if isinstance(file.document, dict) and isinstance(file.document.get("$id"), str)
    }
