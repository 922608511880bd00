"""The pipeline for one batch: from raw records to the outcome of each."""
