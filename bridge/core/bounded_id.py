"""Group and deduplication ids that every target of the FIFO kind takes."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

# Letters, digits and punctuation of ASCII (model: SNS PublishBatchRequestEntry, MessageGroupId and
# MessageDeduplicationId; the same alphabet as SQS FIFO, where such ids often end up).
_PLAIN: Final = re.compile(r"[!-~]+")


def bounded_id(text: str, max_chars: int) -> str:
    """``text`` where it is plain and at most ``max_chars`` (64 or more) long, else its hash: equal texts
    still meet in one group."""
    if len(text) <= max_chars and _PLAIN.fullmatch(text):
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
