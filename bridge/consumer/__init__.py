"""The kit for subscribers: apply events correctly. It needs only the standard library."""

from bridge.consumer.order import supersedes

__all__ = ["supersedes"]
