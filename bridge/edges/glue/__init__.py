"""The Glue Schema Registry."""
