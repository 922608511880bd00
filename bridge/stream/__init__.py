"""The Lambda event source mapping on one machine."""
