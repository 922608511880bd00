"""The configuration that is deployed: infra/example/bridge.yaml with shorter waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bridge.errors import BridgeError
from bridge.infra.environment import sample_environment
from bridge.infra.rendered import Rendered, render
from bridge.settings import Settings, load_settings
from infra.local.templates import INFRA
from infra.local.workload import TABLE

EXAMPLE: Final = INFRA / "example" / "bridge.yaml"
SCHEMAS: Final = INFRA.parent / "event_schemas"

CHANGED: Final[tuple[tuple[str, str, str], ...]] = (
    ("grace: 15m", "grace: 2s", "the scenario cannot wait 15 minutes, and the stream lags by seconds"),
    ("segments: 4", "segments: 2", "each segment is a process here, with its own cold start"),
)
"""The differences from the example, and why."""


def write_configuration(folder: Path) -> Path:
    """The example with the changes of :data:`CHANGED`, as ``folder``/bridge.yaml."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new, _ in CHANGED:
        text = _replaced(text, old, new)
    path = folder / "bridge.yaml"
    path.write_text(_replaced(text, "../../event_schemas", str(SCHEMAS)), encoding="utf-8")
    return path


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise BridgeError(f"{EXAMPLE} contains {old} {text.count(old)} times, not once", stage="configure")
    return text.replace(old, new)


def read_settings(config: Path) -> Settings:
    return load_settings(config, sample_environment())


def rendered_for(settings: Settings) -> Rendered:
    """What ``stream-bridge infra render`` writes for it."""
    return render(settings, TABLE)


def published_types(settings: Settings) -> list[str]:
    """The published types with their majors."""
    return [
        f"{event.type}.v{version.major}"
        for event in settings.tables[TABLE].events
        for version in event.versions
    ]


def parameters_of(rendered: Rendered, template: str, **own: Any) -> dict[str, str]:
    """The parameters that bridge.yaml decides, and the deployer's ``own``."""
    return {**rendered.parameters[f"{template}.parameters.json"], **own}
