"""The engine of every sink that sends events in batches: packing calls, order per key, retries."""
