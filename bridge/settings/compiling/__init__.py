"""From settings and schemas to compiled tables and event versions."""
