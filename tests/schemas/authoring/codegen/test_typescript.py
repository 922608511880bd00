"""TypeScript types parse as TypeScript, and allow what the schemas allow.

A parser of the language reads every file. Where its compiler is on the PATH (or ``BRIDGE_TSC`` names it), it
checks that valid data fits the types, strictly, and that wrong data does not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_typescript

from bridge.schemas.authoring.codegen.generate import generated_files
from bridge.schemas.documents.proposed import Proposed
from tests.builders.places import ROOT
from tests.schemas.authoring.codegen import rig
from tests.schemas.authoring.codegen.test_names import AWKWARD, TEXT, WHOLE

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_typescript()))
TSC = os.environ.get("BRIDGE_TSC") or shutil.which("tsc")


def errors_in(text: str) -> list[str]:
    """The places where a file is not TypeScript."""
    waiting, found = [PARSER.parse(text.encode()).root_node], []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {(node.text or b'')[:60].decode()}")
        waiting += node.children
    return found


def test_the_parser_finds_what_is_not_typescript() -> None:
    assert errors_in("export interface A { readonly a?: string; }") == []
    assert errors_in("export interface A { a b: string }")
    assert errors_in('export interface A { "a: string }')


def of_source(source: str, folder: Path) -> list[Proposed]:
    if source == "samples":
        return rig.samples()
    if source == "awkward":
        documents = [{"type": "object", "properties": properties} for properties, _ in AWKWARD.values()]
        return rig.all_proposed(folder, ((f"com.example.n{n}.thing", d) for n, d in enumerate(documents)))
    documents_of = rig.public_documents if source == "public" else rig.corpus_documents
    return rig.all_proposed(folder, documents_of().items())


@pytest.mark.parametrize("source", ["samples", "awkward", "public", "random"])
def test_every_file_parses(source: str, tmp_path: Path) -> None:
    files = generated_files(of_source(source, tmp_path / "schemas"), "typescript")
    assert len(files) > len(AWKWARD)
    assert {name: found for name, text in files.items() if (found := errors_in(text))} == {}


SHAPES: dict[str, tuple[dict[str, Any], str]] = {
    "a nullable member": ({"type": ["string", "null"]}, "string | null"),
    "an enumeration": ({"enum": ["a", 1, None, True]}, '"a" | 1 | null | true'),
    "an enumeration of numbers": ({"enum": [1.0, 1, 2.5]}, "1 | 2.5"),
    "an enumeration with a type": ({"type": "number", "enum": [1, 2.5, "x"]}, "1 | 2.5"),
    "a whole number or any": ({"anyOf": [WHOLE, {"type": "number"}, {"const": 3}]}, "number"),
    "lists of lists": (
        {"type": "array", "items": {"$ref": "#/properties/m"}},
        "ReadonlyArray<ReadonlyArray<unknown>>",
    ),
    "a constant object": ({"const": {"a": [1]}}, '{ readonly "a": readonly [1] }'),
    "a map": ({"type": "object", "additionalProperties": WHOLE}, "{ readonly [name: string]: number }"),
    "a closed pair": (
        {"type": "array", "prefixItems": [TEXT, WHOLE], "items": False, "minItems": 1},
        "readonly [string, (number)?]",
    ),
    "an open pair": (
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}},
        "readonly [(string)?, ...ReadonlyArray<null>]",
    ),
    "any value": ({"minLength": 2}, "unknown"),
    "a text or a number": ({"anyOf": [{**TEXT, "maxLength": 3}, {"type": "number"}]}, "string | number"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_type_says_what_it_can(name: str, tmp_path: Path) -> None:
    schema, wanted = SHAPES[name]
    document = {"type": "object", "required": ["m"], "properties": {"m": schema}}
    files = generated_files([rig.proposed(tmp_path, document, "com.example.thing")], "typescript")
    assert f"  readonly m: {wanted};\n" in files["com_example_thing_v1.ts"]


def test_a_member_that_must_not_be_there_has_no_type(tmp_path: Path) -> None:
    document = {"type": "object", "properties": {"m": TEXT, "gone": False}}
    files = generated_files([rig.proposed(tmp_path, document, "com.example.thing")], "typescript")
    assert "  readonly m?: string;\n}" in files["com_example_thing_v1.ts"]


def valid_examples() -> Iterator[tuple[Proposed, Any]]:
    for folder in rig.FOLDERS:
        for schema in rig.newest(ROOT / folder):
            for path in (ROOT / folder / schema.type / "examples" / schema.version).glob("valid/*.json"):
                yield schema, json.loads(path.read_text())


@pytest.mark.skipif(TSC is None, reason="the compiler of TypeScript is not installed")
@pytest.mark.parametrize("source", ["samples", "awkward", "public", "random"])
def test_the_compiler_accepts_every_file_and_valid_data_and_refuses_wrong_data(
    source: str, tmp_path: Path
) -> None:
    folder = rig.written(of_source(source, tmp_path / "schemas"), tmp_path / "events", "typescript")
    lines = ['import type { Events } from "./index.js";']
    for number, (schema, data) in enumerate(valid_examples() if source == "samples" else ()):
        event = json.dumps(rig.event_of(schema.event_type, data))
        lines.append(f"const v{number} = {event} as const;")
        lines.append(f"export const t{number}: Events[{json.dumps(schema.event_type)}] = v{number};")
        lines.append("// @ts-expect-error")
        lines.append(
            f"export const w{number}: Events[{json.dumps(schema.event_type)}] = {{...v{number}, data: 7}};"
        )
    (folder / "use.ts").write_text("\n".join(lines) + "\n", "utf-8")
    words = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "index.ts", "use.ts"]
    done = subprocess.run([str(TSC), *words], cwd=folder, capture_output=True, text=True)
    assert done.stdout[:2000] == ""
