"""Redrive: processes failed batches and quarantined records again, marked ``redriven``."""

from bridge.redrive.redriver import Hole, Redriven, Redriver, redrive
from bridge.redrive.retry import KeptEntry, Retried, Retry

__all__ = ["Hole", "KeptEntry", "Redriven", "Redriver", "Retried", "Retry", "redrive"]
