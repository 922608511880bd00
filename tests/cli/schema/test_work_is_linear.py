"""The work of the schema verbs grows with the number of files and not with its square."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from benchmarks.schema_tree import VERSIONS, write_project
from bridge.edges.local import folder_watch
from bridge.schemas.compatibility import prepare
from bridge.schemas.documents import build
from tests.cli.shell import Shell

FEW = 4
WATCHED: dict[str, tuple[Any, str]] = {
    "schemas compiled when a set is loaded": (build, "compile_schema"),
    "schemas compiled for a comparison": (prepare, "compile_document"),
    "registries made when a set is loaded": (build, "offline_registry"),
    "proofs": (jsonschema_rs, "canonicalize"),
}


def counted(shell: Shell, types: int, words: tuple[str, ...]) -> Counter[str]:
    """What a verb does with a folder of ``types`` types."""
    folder = shell.folder / f"tree-{types}"
    config = write_project(folder, types)
    counts: Counter[str] = Counter()

    def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            counts[name] += 1
            return real(*args, **more)

        return call

    def reading(path: Path) -> bytes:
        counts["files read"] += path.suffix == ".json"
        return read_bytes(path)

    read_bytes = Path.read_bytes
    with shell.monkeypatch.context() as patched:
        for name, (module, function) in WATCHED.items():
            patched.setattr(module, function, counting(name, getattr(module, function)))
        patched.setattr(Path, "read_bytes", reading)
        patched.chdir(folder)
        given = ("--config", str(config)) if words[1] == "asyncapi" else ("--schemas", "event_schemas")
        done = shell.run(*words, *given)
    assert done.code == 0, done.err
    return counts


VERBS = (("check",), ("check", "--no-cache"), ("lint",), ("list",), ("asyncapi",))


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_the_same_number_of_further_files_costs_the_same(shell: Shell, words: tuple[str, ...]) -> None:
    few, more, many = (counted(shell, times * FEW, ("schema", *words)) for times in (1, 2, 3))
    assert few["files read"] > 0
    for what in {*few, *more, *many}:
        assert many[what] - more[what] <= more[what] - few[what], what


def test_a_check_compiles_each_version_once(shell: Shell) -> None:
    counts = counted(shell, FEW, ("schema", "check"))
    assert counts["schemas compiled for a comparison"] == FEW * len(VERSIONS)
    assert counts["schemas compiled when a set is loaded"] == 0
    assert counts["files read"] == FEW * len(VERSIONS)


def test_a_second_check_compiles_nothing(shell: Shell) -> None:
    counted(shell, FEW, ("schema", "check"))
    again = counted(shell, FEW, ("schema", "check"))
    assert set(again) == {"registries made when a set is loaded", "files read"}


def test_a_list_compiles_nothing(shell: Shell) -> None:
    counts = counted(shell, FEW, ("schema", "list"))
    assert set(counts) == {"registries made when a set is loaded", "files read"}
    assert counts["files read"] == FEW * len(VERSIONS)


def test_lint_proves_each_distinct_part_once(shell: Shell) -> None:
    few, many = (counted(shell, types, ("schema", "lint")) for types in (3 * FEW, 6 * FEW))
    assert 0 < many["proofs"] < 1.5 * few["proofs"]


def test_a_watch_looks_at_no_file_of_an_example(tmp_path: Path) -> None:
    write_project(tmp_path, FEW)
    seen = folder_watch.look(tmp_path / "event_schemas")
    assert sum(name.endswith(".json") for name in seen) == FEW * len(VERSIONS)
    assert json.loads(
        (tmp_path / "event_schemas").joinpath(next(n for n in seen if n.endswith(".json"))).read_text()
    )
