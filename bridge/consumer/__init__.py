"""The kit for subscribers: apply events correctly. It needs only the standard library; ``Upcaster``, which is
imported when it is first used, also needs jsonpath-ng."""

from typing import TYPE_CHECKING, Any

from bridge.consumer.order import supersedes

if TYPE_CHECKING:
    from bridge.consumer.upcast import Upcaster

__all__ = ["Upcaster", "supersedes"]


def __getattr__(name: str) -> Any:
    if name != "Upcaster":
        raise AttributeError(f"module 'bridge.consumer' has no attribute {name!r}")
    from bridge.consumer import upcast

    return upcast.Upcaster
