"""Generated Python packages, written to a folder and imported; and the schemas that they are tested with."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import cfnlint
import jsonschema_rs

from bridge.errors import ConfigurationError
from bridge.schemas.authoring.codegen.generate import generated_files
from bridge.schemas.documents.event_document import REQUIRED
from bridge.schemas.documents.proposed import Proposed, from_file, newest_of, of_versions
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import DIALECT
from tests.builders.places import ROOT
from tests.schemas.compatibility import corpus

FOLDERS: Final = (
    "event_schemas",
    "bridge/demo/configuration/event_schemas",
    "examples/single-table/event_schemas",
)
EVERY: Final = 14
"""One in so many of the public schemas is tested."""


def newest(folder: Path) -> list[Proposed]:
    known = SchemaSet.load(folder)
    return of_versions(known, [each for name in known.types for each in newest_of(known, name)])


def written(schemas: Sequence[Proposed], folder: Path, language: str = "python") -> Path:
    folder.mkdir(parents=True)
    for name, text in generated_files(schemas, language).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def imported(schemas: Sequence[Proposed], folder: Path) -> ModuleType:
    """The generated package, below a name that no other test uses."""
    name = "generated_" + "".join(each if each.isalnum() else "_" for each in str(folder))
    path = written(schemas, folder / name)
    spec = importlib.util.spec_from_file_location(
        name, path / "__init__.py", submodule_search_locations=[str(path)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package


def forget(package: ModuleType) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == package.__name__]:
        del sys.modules[name]


def module(package: ModuleType, name: str) -> ModuleType:
    return importlib.import_module(f"{package.__name__}.{name}")


def event_of(event_type: str, data: Any) -> dict[str, Any]:
    plain = dict.fromkeys(REQUIRED, "x")
    fixed = {"specversion": "1.0", "type": event_type, "datacontenttype": "application/json"}
    return {**plain, **fixed, "time": "2026-01-01T00:00:00Z", "data": data}


def proposed(folder: Path, document: Any, type_name: str, version: str = "1.0.0") -> Proposed:
    path = folder / f"{type_name}-{version}.json"
    own = {"$id": f"https://x.example.com/{type_name}/{version}.json"}
    path.write_text(json.dumps({**document, **own}), "utf-8")
    return from_file(path)


@cache
def public_documents() -> dict[str, dict[str, Any]]:
    """Resource schemas of CloudFormation, as cfn-lint ships them: written by hundreds of teams."""
    place = Path(str(cfnlint.__file__)).parent / "data/schemas/resources"
    found = {}
    for path in sorted(place.glob("*.json"))[::EVERY]:
        document = json.loads(path.read_text("utf-8"))
        document.pop("$schema", None)
        name = "com.example." + document["typeName"].replace("::", ".").lower()
        try:
            jsonschema_rs.Draft202012Validator(document, validate_formats=True)
        except jsonschema_rs.ValidationError:
            continue  # a pattern that is written for another engine
        found[name] = document
    return found


@cache
def corpus_documents() -> dict[str, dict[str, Any]]:
    """The random schemas of the recorded comparisons that are of this draft: many odd combinations."""
    found: dict[str, dict[str, Any]] = {}
    for pair in corpus.read():
        for document in (pair["old"], pair["new"]):
            if isinstance(document, dict) and document.get("$schema", DIALECT) == DIALECT:
                plain = {name: each for name, each in document.items() if name != "$id"}
                if "x-extensible-enum" not in (text := json.dumps(plain, sort_keys=True)):
                    found.setdefault(text, plain)
    return {f"com.example.random.n{number}": each for number, each in enumerate(found.values())}


def all_proposed(folder: Path, documents: Iterable[tuple[str, Any]]) -> list[Proposed]:
    """The documents that the product itself takes as schemas."""
    folder.mkdir(parents=True)
    made = []
    for name, document in documents:
        try:
            made.append(proposed(folder, document, name))
        except ConfigurationError:
            continue
    return made


def samples() -> list[Proposed]:
    """The newest version of each major in all folders; of two folders with the same one, the first counts."""
    found: dict[str, Proposed] = {}
    for folder in FOLDERS:
        for each in newest(ROOT / folder):
            found.setdefault(each.event_type, each)
    return list(found.values())
