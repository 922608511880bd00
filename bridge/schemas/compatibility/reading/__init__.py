"""How a schema is read before it is compared: normalized, with references resolved, opened or closed."""
