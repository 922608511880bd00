"""The parts of the event source mapping runner: each file implements one of Lambda's rules.

``settings`` what can be set, ``shards`` which shard may be read, ``reader`` reading one shard, ``intake``
preparing one record, ``batch`` cutting, splitting and judging batches, ``lane`` the order of work within a
shard, ``shard`` how far a shard is done, ``position`` checkpoints, ``invocation`` what the function and the
on-failure destination get, ``behind`` and ``quiet`` the lag, ``stats`` counts.
"""
