"""The kit for subscribers: what to do with the events that arrive. The standard library is all it needs."""

from bridge.consumer.order import supersedes

__all__ = ["supersedes"]
