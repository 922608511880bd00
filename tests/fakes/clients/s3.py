"""A peer of boto3's ``s3`` client: one bucket with the rules of conditional writes, lists and encryption.

Sources of codes: docs (API references, "Error responses", "How to prevent object overwrites with conditional
writes"); [k] for the text of messages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.faults import Fault

KEY_BYTES = 1024
METADATA_BYTES = 2 * 1024
LIST_MAX = 1_000
DELETE_MAX = 1_000


_XML = "The XML you provided was not well-formed or did not validate against our published schema"


@dataclass
class Kept:
    data: bytes
    content_type: str
    encryption: str
    kms_key: str
    written: datetime
    writes: int

    @property
    def etag(self) -> str:
        """The same for the same content, as S3's own is."""
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


class S3Client(AwsPeer):
    """``objects`` holds what is kept, by key. ``page`` is the number of keys of a list answer.

    ``conflict(call)`` says whether another operation on the same key ends while PutObject number ``call``
    with a condition is under way. ``refuse_key(key)`` gives the code with which DeleteObjects leaves that
    key, or None. ``demanded_key`` is the KMS key that the bucket's policy demands of every PutObject, ``*``
    for any; ``kms_keys`` are the keys that exist, None for all. Metadata is refused unless a test allows it:
    it is shown in the clear.
    """

    conflict = Fault[Callable[[int], bool]](lambda call: False)
    refuse_key = Fault[Callable[[str], str | None]](lambda key: None)
    service = "s3"

    def __init__(
        self, bucket: str = "store", *, now: Callable[[], float] = lambda: 1_000.0, page: int = 2
    ) -> None:
        super().__init__()
        self.bucket = bucket
        self.objects: dict[str, Kept] = {}
        self.page = page
        self.demanded_key = ""
        self.kms_keys: set[str] | None = None
        self.allows_metadata = False
        self._now = now

    def head_bucket(self, **parameters: Any) -> dict[str, Any]:
        self._begin("HeadBucket", parameters)
        return with_request_id({"BucketRegion": "eu-central-1"})

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        self._begin("PutObject", parameters)
        key = parameters["Key"]
        if len(key.encode()) > KEY_BYTES:
            raise client_error("KeyTooLongError", "PutObject", 400, "Your key is too long")
        self._check_metadata(parameters.get("Metadata", {}))
        self._check_encryption(parameters)
        body = parameters.get("Body", b"")
        data = body.encode() if isinstance(body, str) else body.read() if hasattr(body, "read") else body
        before = self.objects.get(key)
        self._check_conditions(parameters, before)
        self.objects[key] = Kept(
            data=data,
            content_type=parameters.get("ContentType", "binary/octet-stream"),
            encryption=parameters.get("ServerSideEncryption", ""),
            kms_key=parameters.get("SSEKMSKeyId", ""),
            written=datetime.fromtimestamp(self._now(), UTC).replace(microsecond=0),
            writes=before.writes + 1 if before else 1,
        )
        self.end("PutObject")
        return with_request_id({"ETag": self.objects[key].etag})

    def head_object(self, **parameters: Any) -> dict[str, Any]:
        self._begin("HeadObject", parameters)
        kept = self.objects.get(parameters["Key"])
        if kept is None:  # a HEAD answer has no body, so no code but its status
            raise client_error("404", "HeadObject", 404, "Not Found")
        return with_request_id({"ContentLength": len(kept.data), "LastModified": kept.written})

    def get_object(self, **parameters: Any) -> dict[str, Any]:
        self._begin("GetObject", parameters)
        kept = self.objects.get(parameters["Key"])
        if kept is None:
            raise client_error("NoSuchKey", "GetObject", 404, "The specified key does not exist.")
        etag = kept.etag.strip('"')
        if parameters.get("IfMatch", etag).strip('"') != etag:
            text = "At least one of the pre-conditions you specified did not hold"
            raise client_error("PreconditionFailed", "GetObject", 412, text)
        if parameters.get("IfNoneMatch", "").strip('"') == etag:
            raise client_error("304", "GetObject", 304, "Not Modified")
        body = StreamingBody(io.BytesIO(kept.data), len(kept.data))
        return with_request_id({"Body": body, "ETag": kept.etag})

    def delete_object(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteObject", parameters)
        self.objects.pop(parameters["Key"], None)
        self.end("DeleteObject")
        return with_request_id()

    def delete_objects(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteObjects", parameters)
        keys = [each["Key"] for each in parameters["Delete"]["Objects"]]
        if not 1 <= len(keys) <= DELETE_MAX:
            raise client_error("MalformedXML", "DeleteObjects", 400, _XML)
        errors = [
            {"Key": key, "Code": code, "Message": "said the peer"}
            for key in keys
            if (code := self.refuse_key(key))
        ]
        deleted = [key for key in keys if not self.refuse_key(key)]
        for key in deleted:
            self.objects.pop(key, None)
        self.end("DeleteObjects")
        answer: dict[str, Any] = {"Errors": errors} if errors else {}
        if deleted and not parameters["Delete"].get("Quiet"):
            answer["Deleted"] = [{"Key": key} for key in deleted]
        return with_request_id(answer)

    def list_objects_v2(self, **parameters: Any) -> dict[str, Any]:
        self._begin("ListObjectsV2", parameters)
        asked = parameters.get("MaxKeys", LIST_MAX)
        if asked < 0:
            text = "Argument maxKeys must be an integer between 0 and 2147483647"
            raise client_error("InvalidArgument", "ListObjectsV2", 400, text)
        after = parameters.get("StartAfter", "")
        if "ContinuationToken" in parameters:
            after = _read_token(parameters["ContinuationToken"])
        prefix, delimiter = parameters.get("Prefix", ""), parameters.get("Delimiter", "")
        found: list[tuple[str, bool]] = []  # a key or a common prefix, and whether it is the latter
        for key in sorted(self.objects, key=str.encode):
            head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            name = prefix + head + cut if cut else key
            if key.startswith(prefix) and name > after and (name, bool(cut)) not in found[-1:]:
                found.append((name, bool(cut)))
        page = found[: min(self.page, asked, LIST_MAX)]
        truncated = len(found) > len(page) > 0
        answer = with_request_id({"IsTruncated": truncated, "KeyCount": len(page)})
        answer |= {"Name": self.bucket, "MaxKeys": min(asked, LIST_MAX), "Prefix": prefix}
        if keys := [name for name, common in page if not common]:
            answer["Contents"] = [
                {
                    "Key": key,
                    "LastModified": self.objects[key].written,
                    "ETag": self.objects[key].etag,
                    "Size": len(self.objects[key].data),
                }
                for key in keys
            ]
        if prefixes := [name for name, common in page if common]:
            answer["CommonPrefixes"] = [{"Prefix": name} for name in prefixes]
        if truncated:
            answer["NextContinuationToken"] = _token(page[-1][0])
        return answer

    # --- rules ---------------------------------------------------------------------------------------

    def _check_metadata(self, metadata: dict[str, str]) -> None:
        if metadata and not self.allows_metadata:
            raise AssertionError("metadata is shown in the clear")
        if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > METADATA_BYTES:
            text = "Your metadata headers exceed the maximum allowed metadata size"
            raise client_error("MetadataTooLarge", "PutObject", 400, text)

    def _check_encryption(self, parameters: dict[str, Any]) -> None:
        how, key = parameters.get("ServerSideEncryption", ""), parameters.get("SSEKMSKeyId", "")
        by_kms = how in ("aws:kms", "aws:kms:dsse")
        if key and not by_kms:
            text = (
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                "x-amz-server-side-encryption : aws:kms"
            )
            raise client_error("InvalidArgument", "PutObject", 400, text)
        if self.demanded_key and (not by_kms or self.demanded_key not in ("*", key)):
            who = "arn:aws:sts::111122223333:assumed-role/bridge/fn"
            text = f"User: {who} is not authorized to perform: s3:PutObject with an explicit deny"
            raise client_error("AccessDenied", "PutObject", 403, f"{text} in a resource-based policy")
        if key and self.kms_keys is not None and key not in self.kms_keys:
            raise client_error("KMS.NotFoundException", "PutObject", 400, f"Invalid keyId {key}")

    def _check_conditions(self, parameters: dict[str, Any], before: Kept | None) -> None:
        """The rules of conditional writes (docs: "How to prevent object overwrites with conditional
        writes"). Both conditions at once, or another value than these, are not implemented."""
        match, none_match = parameters.get("IfMatch"), parameters.get("IfNoneMatch")
        if match is None and none_match is None:
            return
        if None not in (match, none_match) or none_match not in (None, "*") or match == "*":
            text = "A header you provided implies functionality that is not implemented"
            raise client_error("NotImplemented", "PutObject", 501, text)
        if self.conflict(self.calls["PutObject"] - 1):
            text = (
                "The conditional request cannot succeed due to a conflicting operation against this resource."
            )
            raise client_error("ConditionalRequestConflict", "PutObject", 409, text)
        if match is not None and before is None:
            raise client_error("NoSuchKey", "PutObject", 404, "The specified key does not exist.")
        etag = before.etag.strip('"') if before else None
        if etag is not None and (none_match or etag != (match or "").strip('"')):
            text = "At least one of the pre-conditions you specified did not hold"
            raise client_error("PreconditionFailed", "PutObject", 412, text)

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.begin(operation, parameters)
        if parameters["Bucket"] != self.bucket:
            raise self.missing(operation)

    def denial_of(self, operation: str) -> ClientError:
        if operation.startswith("Head"):
            return client_error("403", operation, 403, "Forbidden")
        return super().denial_of(operation)

    def missing(self, operation: str) -> ClientError:
        if operation.startswith("Head"):
            return client_error("404", operation, 404, "Not Found")
        return client_error("NoSuchBucket", operation, 404, "The specified bucket does not exist")


def _token(name: str) -> str:
    """Nobody reads a token but the service."""
    return base64.b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        text = "The continuation token provided is incorrect"
        raise client_error("InvalidArgument", "ListObjectsV2", 400, text) from error
