"""What every object of ours in S3 has in common: where it lies and how it is encrypted."""

from __future__ import annotations


def folder(prefix: str) -> str:
    """A prefix that ends in one slash, so that keys of two prefixes never meet; "" stays the root."""
    trimmed = prefix.strip("/")
    return f"{trimmed}/" if trimmed else ""


def encryption(kms_key: str | None) -> dict[str, str | bool]:
    """PutObject's parameters: a KMS key, with one data key for the bucket instead of a request an object.

    None says nothing, so that the bucket's own default applies: S3 encrypts every object since 2023, and
    asking for AES256 would take an object out of a bucket's SSE-KMS (docs: "Setting default server-side
    encryption behavior").
    """
    if kms_key is None:
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key, "BucketKeyEnabled": True}
