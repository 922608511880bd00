"""Commands for what failed: quarantined records, and batches that were given up."""
