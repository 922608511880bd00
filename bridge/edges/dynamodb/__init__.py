"""DynamoDB: tables, streams and the ledger table."""
