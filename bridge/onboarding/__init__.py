"""A first project from samples of a table: what ``stream-bridge init`` writes."""
