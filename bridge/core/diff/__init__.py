"""What changed between two images, field by field."""
