"""The rooms of the event source mapping runner: each holds one of Lambda's rules.

``settings`` what can be set, ``lineage`` which shard may be read, ``reader`` reading one shard, ``intake``
one record made ready, ``batch`` cutting, splitting and judging batches, ``answer`` what a response means,
``lane`` the order of work within a shard, ``frontier`` how far a shard is done, ``position`` what a
checkpoint says, ``invocation`` what the function and the on-failure destination are given, ``stats`` counts.
"""
