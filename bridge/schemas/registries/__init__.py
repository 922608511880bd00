"""Schema registries outside: what is to be published there, publishing it, and reading it at start."""
