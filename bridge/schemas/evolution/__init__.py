"""What a new version means for others: lint, changes, promises between versions, impact on rules."""
