"""bridge.yaml as frozen models: the only reader of files and environment.

``load_settings`` reads the file, replaces references to the environment, and either returns ``Settings`` or
raises ``ConfigurationError`` with all problems. The models take a while to build: they are imported when they
are first used, which verbs about schemas do not.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.settings.model import Settings, load_settings, read_settings

__all__ = ["Settings", "load_settings", "read_settings"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'bridge.settings' has no attribute {name!r}")
    from bridge.settings import model

    return getattr(model, name)
