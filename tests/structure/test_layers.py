"""Imports run one way, and every outside library has its rooms. See docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.places import ROOT

PACKAGE = ROOT / "bridge"

# From the ground up. A room imports rooms of lower floors, and of its own folder where that is allowed.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "limits", "metrics", "aws_codes", "consumer"),
    ("core",),
    ("ports",),
    ("stream_ports", "reconcile_ports", "registry_ports", "doctor_facts", "durable_file"),
    (
        "backoff",
        "aws_errors",
        "quarantine_entry",
        "s3_objects",
        "settings",
        "schemas",
        "breaker",
        "batch",
        "account",
        "silence",
        "traffic",
        "ledger_row",
        "run_rules",
        "entry_point",
        "dispatch_target",
    ),
    ("dispatch_run", "registries"),
    ("dispatch",),
    ("edges",),
    ("batch_report", "gaps", "versions"),
    ("settling",),
    ("relay", "compile", "mapping", "onboarding", "reconcile", "doctor", "infra"),
    ("runner", "redrive"),
    ("wiring_clients",),
    ("runners", "wiring_registries"),
    ("wiring",),
    ("door", "wiring_redrive", "wiring_reconcile"),
    ("lambdas",),
    ("wiring_run",),
    ("wiring_doctor",),
    ("demo",),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
KEEP_TO_THEMSELVES = {"edges", "lambdas"}  # their files never import each other

LIBRARIES: dict[str, set[str]] = {
    "boto3": {"wiring_clients"},
    "botocore": {"edges", "aws_errors", "wiring_clients"},
    "typer": {"cli", "__main__"},
    "rich": {"cli"},
    "aws_lambda_powertools": {"edges"},
    "aws_xray_sdk": {"edges"},
    "jsonschema_rs": {"schemas"},
    "datamodel_code_generator": {"schemas"},
    "cloudevents": {"core"},
    "jsonpath_ng": {"core"},
    "pydantic": {"settings"},
    "yaml": {"settings", "schemas"},
    "ministack": {"edges"},
}
IMPURE = {"os", "time", "random", "secrets", "socket", "subprocess", "threading", "pathlib", "logging", "sys"}
CLOCKS = {"now", "utcnow", "today"}


def rooms() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            if node.module == "bridge":
                for alias in node.names:
                    yield f"bridge.{alias.name}", node.lineno


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_stands_below_it(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert room in FLOOR_OF, f"{room} stands on no floor: give it one in FLOORS"
    wrong = []
    for name, line in imports(path):
        if not name.startswith("bridge."):
            continue
        other = name.split(".")[1]
        if other == "__version__":
            continue
        same = other == room and room not in KEEP_TO_THEMSELVES
        own_face = path.stem == "__init__" and other == room
        if not (same or own_face) and FLOOR_OF.get(other, 99) >= FLOOR_OF[room]:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def named_on_the_page() -> set[str]:
    """What the tables of docs/architecture.md name in their first column: ``core/``, ``relay.py``."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([a-z0-9_/]+(?:/|\.py))`", cell)}


def test_every_room_has_its_line_on_the_page_of_the_architecture() -> None:
    files = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    folders = {f"{path.parent.relative_to(PACKAGE)}/" for path in PACKAGE.rglob("*/__init__.py")}
    assert named_on_the_page() == files | folders


def test_every_floor_holds_rooms_that_are_there() -> None:
    there = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.name for path in PACKAGE.iterdir() if path.is_dir()
    }
    assert FLOOR_OF.keys() - there == set()


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_outside_library_stays_in_its_rooms(path: Path) -> None:
    room = room_of(path)
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for name, line in imports(path)
        if room not in LIBRARIES.get(name.split(".")[0], {room})
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "core").glob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_the_core_asks_neither_the_clock_nor_the_environment(path: Path) -> None:
    wrong = [f"line {line} imports {name}" for name, line in imports(path) if name.split(".")[0] in IMPURE]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            wrong.append(f"line {node.lineno} asks for {node.attr}")
    assert wrong == []


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_client_is_made_at_import(path: Path) -> None:
    """Module level holds definitions only: nothing there calls into boto3."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert (module or "").split(".")[0] != "boto3", f"{path}: boto3 is imported at module level"
