"""S3: the claim check, the quarantine bucket and the run store."""
