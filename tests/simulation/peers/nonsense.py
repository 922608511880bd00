"""Answers that are not AWS's: a 200 from a proxy, a portal or a gateway, as botocore parses it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any, Final

_HTML: Final[Mapping[str, Any]] = {
    "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "text/html"}}
}
"""HTML, or JSON that is cut off: botocore makes an answer without members of it."""

# What AWS sends in every answer: written down here, not read from the product's own table.
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "BatchGetItem": ("Responses", "UnprocessedKeys"),
    "BatchWriteItem": ("UnprocessedItems",),
    "DescribeEventBus": ("Name", "Arn"),
    "DescribeStream": ("StreamDescription", "StreamDescription.Shards"),
    "DescribeTable": ("Table",),
    "GetObject": ("ETag",),
    "GetRecords": ("Records", "NextShardIterator"),
    "GetShardIterator": ("ShardIterator",),
    "GetTopicAttributes": ("Attributes",),
    "HeadObject": ("LastModified",),
    "PublishBatch": ("Successful",),
    "PutEvents": ("Entries",),
    "PutRawEvents": ("Entries",),
    "PutObject": ("ETag",),
    "Scan": ("Items",),
    "SendMessage": ("MessageId",),
}

# Lists with one part for each of the request's.
_PAIRED: Final[Mapping[str, str]] = {
    "PutEvents": "Entries",
    "PutRawEvents": "Entries",
    "PublishBatch": "Successful",
}


def nonsense(operation: str, answer: Mapping[str, Any] | None, rng: Random) -> tuple[str, dict[str, Any]]:
    """The kind of nonsense, and the answer spoiled by it. ``answer`` None: the call never reached AWS."""
    kinds = ["empty", "html"]
    if answer is not None and operation in _MEMBERS:
        kinds += ["without", "null"]
        if answer.get(_PAIRED.get(operation, "")):
            kinds.append("short")
    kind = rng.choice(kinds)
    if answer is None or kind == "empty":
        return kind, {} if kind == "empty" else deepcopy(dict(_HTML))
    if kind == "html":
        return kind, deepcopy(dict(_HTML))
    if kind == "short":
        name = _PAIRED[operation]
        return f"{kind} {name}", {**answer, name: answer[name][:-1]}
    path = rng.choice(_MEMBERS[operation])
    return f"{kind} {path}", _without(answer, path.split("."), null=kind == "null")


def _without(answer: Mapping[str, Any], path: list[str], *, null: bool) -> dict[str, Any]:
    spoiled = dict(answer)
    name, rest = path[0], path[1:]
    if rest:
        spoiled[name] = _without(spoiled.get(name) or {}, rest, null=null)
    elif null:
        spoiled[name] = None
    else:
        spoiled.pop(name, None)
    return spoiled
