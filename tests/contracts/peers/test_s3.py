"""What the S3 peer refuses, with the codes that AWS documents."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clients.s3 import S3Client


def put(client: S3Client, body: bytes = b"1", **condition: str) -> dict[str, Any]:
    return client.put_object(Bucket="store", Key="k", Body=body, **condition)


def refused(client: S3Client, **condition: str) -> tuple[str, int]:
    before = dict(client.objects)
    with pytest.raises(ClientError) as caught:
        put(client, b"refused", **condition)
    assert client.objects == before, "a refused write changes nothing"
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_if_none_match_writes_only_what_is_not_there() -> None:
    client = S3Client()
    put(client, IfNoneMatch="*")
    assert refused(client, IfNoneMatch="*") == ("PreconditionFailed", 412)


def test_if_match_writes_only_over_the_content_it_names() -> None:
    client = S3Client()
    assert refused(client, IfMatch='"any"') == ("NoSuchKey", 404)
    first = put(client)["ETag"]
    second = put(client, b"2", IfMatch=first)["ETag"]
    assert refused(client, IfMatch=first) == ("PreconditionFailed", 412)
    put(client, b"3", IfMatch=second.strip('"'))


def test_a_conditional_write_may_meet_another_operation_and_a_plain_one_does_not() -> None:
    client = S3Client()
    client.conflict = lambda call: True
    assert refused(client, IfNoneMatch="*") == ("ConditionalRequestConflict", 409)
    etag = put(client)["ETag"]
    assert refused(client, IfMatch=etag) == ("ConditionalRequestConflict", 409)


@pytest.mark.parametrize(
    "condition", [{"IfNoneMatch": '"etag"'}, {"IfMatch": "*"}, {"IfMatch": '"e"', "IfNoneMatch": "*"}]
)
def test_other_conditions_are_not_implemented(condition: dict[str, str]) -> None:
    assert refused(S3Client(), **condition) == ("NotImplemented", 501)


def test_delete_objects_names_what_it_left() -> None:
    client = S3Client()
    for key in "abc":
        client.put_object(Bucket="store", Key=key, Body=b"")
    client.refuse_key = lambda key: "AccessDenied" if key == "b" else None
    objects = [{"Key": key} for key in "abcd"]
    quiet = client.delete_objects(Bucket="store", Delete={"Objects": objects, "Quiet": True})
    assert [(each["Key"], each["Code"]) for each in quiet["Errors"]] == [("b", "AccessDenied")]
    assert "Deleted" not in quiet
    assert set(client.objects) == {"b"}
    told = client.delete_objects(Bucket="store", Delete={"Objects": objects})
    assert [each["Key"] for each in told["Deleted"]] == ["a", "c", "d"], "also what was not there"


# --- what PutObject and ListObjectsV2 refuse; codes: docs ---


def put_refused(client: S3Client, **more: Any) -> str:
    with pytest.raises(ClientError) as caught:
        client.put_object(**{"Bucket": "store", "Key": "k", "Body": b"", **more})
    assert client.objects == {}
    return str(caught.value.response["Error"]["Code"])


def test_a_key_has_at_most_1024_bytes() -> None:
    S3Client().put_object(Bucket="store", Key="ö" * 512, Body=b"")
    assert put_refused(S3Client(), Key="ö" * 512 + "x") == "KeyTooLongError"


def test_a_bucket_whose_policy_demands_kms_refuses_what_is_not_encrypted_so() -> None:
    client = S3Client()
    client.demanded_key = "alias/data"
    assert put_refused(client) == "AccessDenied"
    assert put_refused(client, ServerSideEncryption="AES256") == "AccessDenied"
    assert put_refused(client, ServerSideEncryption="aws:kms") == "AccessDenied"
    assert put_refused(client, ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/x") == "AccessDenied"
    client.put_object(
        Bucket="store", Key="k", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/data"
    )


def test_a_kms_key_needs_kms_and_must_exist() -> None:
    client = S3Client()
    client.kms_keys = {"alias/data"}
    assert put_refused(client, SSEKMSKeyId="alias/data") == "InvalidArgument"
    assert put_refused(client, ServerSideEncryption="AES256", SSEKMSKeyId="a") == "InvalidArgument"
    assert put_refused(client, ServerSideEncryption="aws:kms", SSEKMSKeyId="a") == "KMS.NotFoundException"
    assert put_refused(client, ServerSideEncryption="kms") == "InvalidArgument"  # by the model


def test_metadata_is_refused_unless_a_test_allows_it_and_has_at_most_2_kib() -> None:
    client = S3Client()
    with pytest.raises(AssertionError, match="in the clear"):
        client.put_object(Bucket="store", Key="k", Body=b"", Metadata={"a": "b"})
    client.allows_metadata = True
    assert put_refused(client, Metadata={"a": "x" * 2_048}) == "MetadataTooLarge"
    client.put_object(Bucket="store", Key="k", Body=b"", Metadata={"a": "x" * 2_047})


def test_a_list_is_in_the_order_of_bytes_and_goes_on_only_by_its_own_token() -> None:
    client = S3Client(page=2)
    names = ["a", "b/1", "b/2", "\uffee", "\U0001f600"]
    for name in reversed(names):
        client.put_object(Bucket="store", Key=name, Body=b"")
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = client.list_objects_v2(Bucket="store", **more)
        seen += [each["Key"] for each in page["Contents"]]
        if not page["IsTruncated"]:
            break
        more = {"ContinuationToken": page["NextContinuationToken"]}
    assert seen == names
    with pytest.raises(ClientError, match="InvalidArgument"):
        client.list_objects_v2(Bucket="store", ContinuationToken="b/1")
    page = client.list_objects_v2(Bucket="store", Delimiter="/", StartAfter="a", MaxKeys=1)
    assert page["CommonPrefixes"] == [{"Prefix": "b/"}]
    assert page["IsTruncated"]
    assert client.list_objects_v2(Bucket="store", Prefix="b/", MaxKeys=1)["KeyCount"] == 1


@pytest.mark.parametrize("count", [0, 1_001])
def test_delete_objects_takes_one_to_a_thousand(count: int) -> None:
    objects = [{"Key": str(n)} for n in range(count)]
    with pytest.raises(ClientError, match="MalformedXML"):
        S3Client().delete_objects(Bucket="store", Delete={"Objects": objects})


def test_a_read_may_have_conditions_too() -> None:
    client = S3Client()
    etag = put(client)["ETag"]
    client.get_object(Bucket="store", Key="k", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.get_object(Bucket="store", Key="k", IfMatch='"other"')
    with pytest.raises(ClientError, match="304"):
        client.get_object(Bucket="store", Key="k", IfNoneMatch=etag)
