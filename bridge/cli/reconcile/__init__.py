"""Commands that compare a table with its ledger, and those for first contact: seed and backfill."""
