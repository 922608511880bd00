"""What a new version of a schema does to the rules of subscribers."""
