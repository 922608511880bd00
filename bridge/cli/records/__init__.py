"""Offline commands on recorded changes: render them, or invoke the handler with them."""
