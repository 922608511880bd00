"""Schemas as files: layout, lock, validation, and the immutable set of all versions."""
