"""Commands for the registry of event schemas."""
