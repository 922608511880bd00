"""Which shards may be read: a child only after its parents are done (docs: DynamoDB Streams, shards; Kinesis
Data Streams, resharding: a merged shard has two parents)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bridge.ports.stream import Shard


def ready_shards(shards: Iterable[Shard], *, ended: Collection[str], reading: Collection[str]) -> list[Shard]:
    """The shards that can be begun now, in the order listed.

    ``ended``: shards whose every record is done. ``reading``: shards begun and not ended. A parent that
    the stream no longer lists has been trimmed away, so its children are roots - unless it is still being
    read here: then they wait for it all the same, or their keys' order would break.
    """
    listed = list(shards)
    open_parents = {shard.id for shard in listed if shard.id not in ended} | set(reading)
    return [
        shard
        for shard in listed
        if shard.id not in ended
        and shard.id not in reading
        and open_parents.isdisjoint((shard.parent, shard.adjacent_parent))
    ]
