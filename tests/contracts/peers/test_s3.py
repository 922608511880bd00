"""Conditional writes of S3, with the codes and messages that AWS documents."""

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
