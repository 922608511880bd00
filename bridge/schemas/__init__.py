"""Schema versions: read from a folder, checked as a whole, and held against events."""
