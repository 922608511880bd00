"""Imports run one way, and each outside library is used in its own folders. See docs/architecture.md."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.builders.places import ROOT
from tests.structure.imports import by_folder, circles, graph, imports, modules

PACKAGE = ROOT / "bridge"
BRIDGE = modules("bridge")
CODE = modules("bridge", "benchmarks", "infra")

# From the ground up. A folder imports folders of lower floors, and its own files.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "limits", "metrics"),
    ("core",),
    ("consumer",),
    ("ports",),
    ("settings", "relay", "edges.answers"),
    ("schemas", "delivery", "reconcile", "doctor", "infra"),
    ("schemas.registries", "settings.compiling", "stream", "redrive", "onboarding"),
    ("edges", "settings.lint"),
    ("wiring",),
    ("lambdas", "demo"),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}

TOP_FILES = {"__init__.py", "__main__.py", "errors.py", "limits.py", "metrics.py"}
FILES_MAX = 25
SAME_WORD_MAX = 2  # files of one folder whose names begin with the same word; more are a folder

LIBRARIES: dict[str, set[str]] = {
    "boto3": {"wiring"},
    "botocore": {"edges", "wiring"},
    "typer": {"cli", "__main__"},
    "rich": {"cli"},
    "aws_lambda_powertools": {"edges"},
    "aws_xray_sdk": {"edges"},
    "jsonschema_rs": {"schemas"},
    "cloudevents": {"core"},
    "jsonpath_ng": {"core"},
    "pydantic": {"settings"},
    "yaml": {"settings", "schemas"},
    "ministack": {"edges"},
}
IMPURE = {"os", "time", "random", "secrets", "socket", "subprocess", "threading", "pathlib", "logging", "sys"}
CLOCKS = {"now", "utcnow", "today"}

each_module = pytest.mark.parametrize("module", sorted(BRIDGE))


def layer_of(module: str) -> str:
    """The part of the tree that has a floor: ``bridge.schemas.registries.plan`` is ``schemas.registries``."""
    parts = module.split(".")[1:]
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in FLOOR_OF), "")


@each_module
def test_a_file_imports_only_its_own_layer_and_lower_ones(module: str) -> None:
    layer = layer_of(module)
    if module == "bridge":
        return  # the public names, looked up when they are asked for
    assert layer, f"{module} is on no floor: give it one in FLOORS"
    wrong = [
        f"{BRIDGE[module].relative_to(ROOT)}:{line} imports {name}"
        for name, line in imports(BRIDGE[module])
        if name.startswith("bridge.") and name in BRIDGE and layer_of(name)
        if layer_of(name) != layer and FLOOR_OF[layer_of(name)] >= FLOOR_OF[layer]
    ]
    assert wrong == []


def test_no_two_files_import_each_other_in_a_circle() -> None:
    assert circles(graph(CODE)) == []


def test_no_two_folders_import_each_other_in_a_circle() -> None:
    files = {module: path for module, path in CODE.items() if module != "bridge"}
    assert circles(by_folder(graph(files), files)) == []


@pytest.mark.parametrize("module", [name for name in sorted(BRIDGE) if name.startswith("bridge.edges.")])
def test_one_service_never_imports_another(module: str) -> None:
    service = module.split(".")[2]
    others = [
        f"line {line} imports {name}"
        for name, line in imports(BRIDGE[module])
        if name.startswith("bridge.edges.") and name.split(".")[2] not in (service, "answers")
    ]
    assert others == []


def folders() -> list[Path]:
    return sorted({path.parent for base in ("bridge", "tests") for path in (ROOT / base).rglob("*.py")})


def own_files(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_is_small_and_no_prefix_replaces_a_folder(folder: Path) -> None:
    assert len(own_files(folder)) <= FILES_MAX
    words = Counter(name.removeprefix("test_").split("_")[0] for name in own_files(folder))
    assert {word: count for word, count in words.items() if count > SAME_WORD_MAX} == {}


def test_the_top_of_the_package_holds_five_files_and_folders() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == TOP_FILES


def test_only_conftest_is_directly_in_tests() -> None:
    assert {path.name for path in (ROOT / "tests").glob("*.py")} == {"conftest.py"}


@pytest.mark.parametrize(
    "folder",
    [folder for folder in folders() if folder.is_relative_to(PACKAGE)],
    ids=lambda folder: str(folder.relative_to(ROOT)),
)
def test_every_folder_says_its_purpose_in_one_sentence(folder: Path) -> None:
    purpose = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    assert purpose.split("\n\n")[0].rstrip().endswith(".")


def test_every_floor_holds_folders_and_files_that_exist() -> None:
    assert [name for name in FLOOR_OF if f"bridge.{name}" not in BRIDGE] == []


@each_module
def test_every_outside_library_stays_in_its_own_folders(module: str) -> None:
    top = layer_of(module).split(".")[0]
    wrong = [
        f"{BRIDGE[module].relative_to(ROOT)}:{line} imports {name}"
        for name, line in imports(BRIDGE[module])
        if top not in LIBRARIES.get(name.split(".")[0], {top})
    ]
    assert wrong == []


@pytest.mark.parametrize("module", [name for name in sorted(BRIDGE) if name.startswith("bridge.core")])
def test_the_core_asks_neither_the_clock_nor_the_environment(module: str) -> None:
    path = BRIDGE[module]
    wrong = [f"line {line} imports {name}" for name, line in imports(path) if name.split(".")[0] in IMPURE]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            wrong.append(f"line {node.lineno} asks for {node.attr}")
    assert wrong == []


@each_module
def test_no_client_is_made_at_import(module: str) -> None:
    imported: set[str] = set()
    for node in ast.parse(BRIDGE[module].read_text()).body:
        if isinstance(node, ast.Import):
            imported |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert "boto3" not in imported, f"{module}: boto3 is imported at module level"
