"""Schema registries in AWS: what to publish there, publishing it, and reading it at start."""
