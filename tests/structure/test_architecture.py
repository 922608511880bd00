"""docs/architecture.md: every folder, the folders that run in Lambda, and what may be imported."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import bridge
from infra.packaging.modules import reachable
from tests.builders.places import ROOT

PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = ROOT / "bridge"
LINES_MAX = 150
TOLERANCE = 0.05


def section(title: str) -> str:
    (text,) = re.findall(
        rf"^## {title}$\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(text)


def rows(title: str) -> dict[str, str]:
    """The rows of a section's table: what is in backquotes in the first cell, and the rest of the row."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", section(title), re.MULTILINE))


SERVICE = rows("The service")
TOOLS = rows("The tools around it")


def row_of(path: Path) -> str:
    """The row of the deepest folder that has one; "" for the files directly in ``bridge/``."""
    parts = path.relative_to(PACKAGE).parts[:-1]
    prefixes = ("/".join(parts[:length]) + "/" for length in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in SERVICE or prefix in TOOLS), "")


def lines_of(paths: list[Path]) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def folders() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


def test_the_page_is_short() -> None:
    assert len(PAGE.read_text("utf-8").splitlines()) <= LINES_MAX


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_folder_has_its_line_on_the_page(folder: Path) -> None:
    row = row_of(folder / "__init__.py")
    rest = f"{folder.relative_to(PACKAGE)}/".removeprefix(row)
    assert row, "add a row to docs/architecture.md"
    assert not rest or f"`{rest}`" in (SERVICE | TOOLS)[row], f"name `{rest}` in the row of {row}"


def test_every_row_is_a_folder_that_exists() -> None:
    assert [row for row in (*SERVICE, *TOOLS) if not (PACKAGE / row / "__init__.py").is_file()] == []
    assert not SERVICE.keys() & TOOLS.keys()


def test_lambda_handlers_import_only_the_folders_of_the_service() -> None:
    outside = [path for path in reachable(ROOT) if row_of(path) in TOOLS and not _is_purpose(path)]
    assert [str(path.relative_to(ROOT)) for path in outside] == []


def test_the_line_counts_of_the_service_are_right() -> None:
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if row_of(path) not in TOOLS]
    printed = [
        int(number.replace(",", "")) for number in re.findall(r"about ([\d,]+)", section("The service"))
    ]
    assert printed == [
        pytest.approx(lines_of(files), rel=TOLERANCE),
        pytest.approx(lines_of(reachable(ROOT)), rel=TOLERANCE),
    ]


def test_every_place_to_add_something_exists() -> None:
    places = re.findall(r"`((?:bridge|tests)/[^`<]*)", section("Where do I add …\\?"))
    assert len(places) >= 10
    assert [place for place in places if not (ROOT / place).exists()] == []


# --- what may be imported from outside -----------------------------------------------------------

PUBLIC = rows("What may be imported from outside")


def test_the_list_of_public_names_is_complete() -> None:
    handlers = {
        f"bridge.lambdas.{path.stem}.handler"
        for path in (PACKAGE / "lambdas").glob("*.py")
        if any(isinstance(node, ast.FunctionDef) and node.name == "handler" for node in _body(path))
    }
    consumer = importlib.import_module("bridge.consumer").__all__
    faces = {f"bridge.{name}" for name in bridge.__all__} | {f"bridge.consumer.{name}" for name in consumer}
    assert PUBLIC.keys() == faces | handlers


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert getattr(importlib.import_module(module), attribute) is not None


def test_templates_and_pages_use_only_public_names() -> None:
    templates = [*ROOT.glob("infra/*.yaml"), *ROOT.glob("infra/terraform/**/*.tf")]
    used = {
        name
        for path in templates
        for name in re.findall(r"[Hh]andler\s*[:=] \"?(bridge\.[\w.]+)", path.read_text("utf-8"))
    }
    assert used
    assert used <= PUBLIC.keys()
    for page in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for code in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            names = {name for name, _ in _imports_of(code) if name.split(".")[0] == "bridge"}
            assert {name for name in names if name not in ("bridge", "bridge.consumer")} <= PUBLIC.keys(), (
                page.name
            )


def test_generated_projects_import_nothing_of_the_package() -> None:
    """What ``init`` writes runs ``python -m bridge`` and imports no module of it."""
    files = (PACKAGE / "onboarding" / "files.py").read_text("utf-8")
    template = max(
        (node.value for node in ast.walk(ast.parse(files)) if isinstance(node, ast.Constant)),
        key=lambda value: "def stream_bridge" in str(value),
    )
    assert "def stream_bridge" in str(template)
    assert [line for line in str(template).splitlines() if re.match(r"(from|import) bridge", line)] == []


def _is_purpose(path: Path) -> bool:
    """An ``__init__.py`` that holds only the purpose of its folder."""
    return path.name == "__init__.py" and len(_body(path)) == 1


def _body(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text("utf-8")).body


def _imports_of(code: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found
