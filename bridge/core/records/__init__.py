"""From a raw record to a change, for each kind of stream."""
