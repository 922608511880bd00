"""Generated code is the recorded code, and the same files are in every Python package."""

from __future__ import annotations

from pathlib import Path

from bridge.schemas.authoring.codegen import runtime
from bridge.schemas.authoring.codegen.generate import generated_files
from bridge.schemas.authoring.codegen.python import GENERATED, RUNTIME
from tests.schemas.authoring.codegen import golden


def test_the_example_events_have_the_recorded_code() -> None:
    recorded = {path.name: path.read_text("utf-8") for path in golden.PLACE.iterdir()}
    assert golden.samples() == recorded


def test_every_package_has_the_files_that_its_classes_need_unchanged() -> None:
    folder = Path(str(runtime.__file__)).parent
    files = generated_files([], "python")
    assert {path.name for path in folder.glob("*.py")} == {*RUNTIME, "__init__.py"}
    for name in RUNTIME:
        assert files[name] == f"# {GENERATED}\n\n{(folder / name).read_text('utf-8')}"
