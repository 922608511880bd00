"""What every object of ours in S3 has in common: where it lies and how it is encrypted."""

from __future__ import annotations


def folder(prefix: str) -> str:
    """A prefix that ends in one slash, so that keys of two prefixes never meet; "" stays the root."""
    trimmed = prefix.strip("/")
    return f"{trimmed}/" if trimmed else ""


def encryption(kms_key: str | None) -> dict[str, str | bool]:
    """PutObject's parameters: S3's own keys, or a KMS key with one data key for the bucket instead of one
    KMS request an object. Said aloud, so that a bucket policy that demands it is satisfied."""
    if kms_key is None:
        return {"ServerSideEncryption": "AES256"}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key, "BucketKeyEnabled": True}
