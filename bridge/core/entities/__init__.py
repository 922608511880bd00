"""Several kinds of items in one table: templates of keys, and which kind an item is."""
