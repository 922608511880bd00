"""Findings about a bridge.yaml that is legal and can never do what it says, for `stream-bridge check`.

What items look like is known from sample records, from the examples and schemas of events whose data is the
whole change, and from the paths of mappings. Nothing here runs in the Lambda functions.
"""

from bridge.settings.lint.findings import find_never

__all__ = ["find_never"]
