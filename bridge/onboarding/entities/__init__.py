"""The kinds of items of one table, proposed from a sample of its items. Pure."""
