"""Commands for a project: start it, check it, and render what the templates need."""
