"""How mappings, tables and queues are set up in AWS, read for the doctor."""
