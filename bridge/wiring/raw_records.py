"""GetRecords answers as they are on the wire, record by record: one record must not cost its whole page.

botocore's parser makes bytes and times of a record's values and fails for the whole page where one of them is
not base64, or a time that no calendar has. Lambda hands both over as they are, and so does this: the pipeline
then judges each record, whichever way it came.

botocore emits ``before-parse`` with the raw answer and lets a handler fill ``customized_response_dict``
(botocore.endpoint); signing, retries and errors stay botocore's.
"""

from __future__ import annotations

from typing import Any, Final

from bridge.core.records.wire import loads

EVENTS: Final = {"dynamodbstreams": "dynamodb-streams", "kinesis": "kinesis"}
"""The names that botocore's events have for the services with records, by the names of their clients."""

_EMPTY: Final = b"{}"


def keep_records_raw(client: Any, service: str) -> None:
    """Idempotent. Other operations and other services are parsed as ever."""
    if service in EVENTS:
        client.meta.events.register(
            f"before-parse.{EVENTS[service]}.GetRecords", _parse, unique_id="stream-bridge-raw-records"
        )


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """What is not the answer of GetRecords is left to botocore, and to the check of its answer."""
    if response_dict["status_code"] != 200:
        return
    try:
        answer = loads(response_dict["body"])
    except RecursionError:
        response_dict["body"] = _EMPTY  # botocore would fail in the same way
        return
    except ValueError:
        return
    if isinstance(answer, dict) and isinstance(answer.get("Records"), list):
        customized_response_dict.update(answer)
        response_dict["body"] = _EMPTY
