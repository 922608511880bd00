"""stream-bridge: DynamoDB stream changes as versioned, validated CloudEvents.

The public names are ``Relay`` (the pipeline), ``Reconciler`` (finds and re-emits missed changes), ``Change``
(a decoded record) and ``BridgeError`` (the base of every error raised on purpose). They are imported when
they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.core.change import Change
    from bridge.errors import BridgeError
    from bridge.reconcile import Reconciler
    from bridge.relay.relay import Relay

__all__ = ["BridgeError", "Change", "Reconciler", "Relay"]
__version__ = "0.1.0"

_HOMES = {
    "BridgeError": "bridge.errors",
    "Change": "bridge.core.change",
    "Reconciler": "bridge.reconcile",
    "Relay": "bridge.relay.relay",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
