"""Converts JSON Schema 2020-12 to the older drafts of registries, and refuses what they cannot express."""

from bridge.schemas.conversion.convert import convert
from bridge.schemas.conversion.source import NotExpressible, Obstacle
from bridge.schemas.conversion.target import DRAFT4, DRAFT7, Draft

__all__ = ["DRAFT4", "DRAFT7", "Draft", "NotExpressible", "Obstacle", "convert"]
