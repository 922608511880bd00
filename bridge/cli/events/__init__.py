"""Commands for subscribers: rule patterns, and events as they arrive."""
