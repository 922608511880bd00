"""Lambda's on-failure destination: where batches that were given up are sent and read again."""
