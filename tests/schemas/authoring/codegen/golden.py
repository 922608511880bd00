"""Golden samples of generated code: what subscribers of two example events get, byte for byte.

``python -m tests.schemas.authoring.codegen.golden`` writes them again. Look at what changed before you commit
it: subscribers see a change of this code in their next build.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bridge.schemas.authoring.codegen.generate import generated_files
from bridge.schemas.authoring.codegen.python import RUNTIME
from tests.builders.places import ROOT
from tests.schemas.authoring.codegen import rig

PLACE: Final = Path(__file__).parent / "golden"
EVENTS: Final = ("com.example.order.placed.v1", "com.example.user.plan_changed.v2")


def samples() -> dict[str, str]:
    """File to content. Files of Python end in ``.txt``, so that no tool formats them."""
    schemas = [each for each in rig.newest(ROOT / "event_schemas") if each.event_type in EVENTS]
    python = generated_files(schemas, "python")
    texts = {f"{name}.txt": text for name, text in python.items() if name not in RUNTIME}
    return {**texts, **generated_files(schemas, "typescript")}


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name, text in samples().items():
        (PLACE / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
