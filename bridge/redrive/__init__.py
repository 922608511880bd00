"""What was given up or quarantined goes through the walk once more, marked ``redriven``."""

from bridge.redrive.redriver import Hole, Redriven, Redriver, redrive
from bridge.redrive.retry import Retried, Retry, StaysWhereItIs

__all__ = ["Hole", "Redriven", "Redriver", "Retried", "Retry", "StaysWhereItIs", "redrive"]
