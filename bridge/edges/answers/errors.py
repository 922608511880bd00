"""What AWS's error answers mean to us: one classification for every edge.

An edge makes one :class:`AwsTarget` for the thing it talks to and writes::

    try:
        answer = client.put_events(Entries=entries)
    except AWS_ERRORS as error:
        raise target.translate(error) from error

AWS's own message is never copied: a validation message quotes the value it did not like. What each code means
stands in :mod:`bridge.edges.answers.codes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from bridge.edges.answers.codes import Meaning, meaning_of_answer, meaning_of_entry
from bridge.errors import AccessDenied, BatchError, BridgeError, TargetMissing, Unavailable

AWS_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)
"""Everything a botocore client raises on purpose."""

# Where the IAM action has another name than the operation (docs: "Required permissions for Amazon S3 API
# operations", service authorization reference); a HEAD answer has no message to name it.
_ACTION_OF: Final = {
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}

_ALLOW_KEY: Final = (
    "allow kms:Decrypt and kms:GenerateDataKey on that key, in the role's policy and in the key's own"
)
_DENIED_ACTION: Final = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
_DENIED_RESOURCE: Final = re.compile(r"on resource:? (arn:[\w:/.*+=,@-]+)")


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """What an edge talks to, and which of our errors its answers become.

    ``service`` is the IAM prefix (``events``), ``resource`` what a person would look for (``event bus
    orders``). ``unavailable`` is for what may succeed later; ``refused`` and ``too_large`` are for a call
    that never will: a sink says ``EventRefused`` and ``EventTooLarge``, other edges keep ``BatchError``.
    """

    service: str
    resource: str
    unavailable: type[Unavailable]
    refused: type[BridgeError] = BatchError
    too_large: type[BridgeError] = BatchError

    def translate(self, error: Exception) -> BridgeError:
        """Our error for one of ``AWS_ERRORS``. The caller raises it ``from`` the original."""
        if isinstance(error, ClientError):
            response: dict[str, Any] = error.response
            details = response.get("Error") or {}
            code = code_of(error)
            message = str(details.get("Message") or "")
            status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
            return self._build(
                meaning_of_answer(code, status, message), code, str(error.operation_name), message
            )
        code = type(error).__name__
        return self._build(_local_meaning(error), code, "", "")

    def entry_error(self, code: str, operation: str, *, sender_fault: bool | None = None) -> BridgeError:
        """Our error for a code that stands inside a successful answer, for one entry.

        ``sender_fault`` as :func:`bridge.edges.answers.codes.meaning_of_entry` has it.
        """
        return self._build(meaning_of_entry(code, sender_fault), code, operation, "")

    def _build(self, meaning: Meaning, code: str, operation: str, message: str) -> BridgeError:
        # An edge's stage is the stage of what it calls unavailable: publish, settle, quarantine, read.
        stage = self.unavailable.stage
        action = f"{self.service}:{operation}" if operation else self.service
        said = f"{self.resource}: {action} answered {code}"
        if meaning == "unavailable":
            return self.unavailable(said, hint="repeated until the time is up, then handed back", code=code)
        if meaning == "denied":
            named = _DENIED_ACTION.search(message)
            if named is None and code.upper().startswith("KMS"):
                text = f"access denied to the KMS key of {self.resource} in {action} ({code})"
                return AccessDenied(text, hint=_ALLOW_KEY, stage=stage, code=code)
            where = _DENIED_RESOURCE.search(message)
            action = named.group(1) if named else _ACTION_OF.get(action, action)
            resource = where.group(1) if where else self.resource
            text = f"access denied to {action} on {resource} ({code})"
            hint = f"allow {action} in the role's policy, and in the resource's own policy where it has one"
            return AccessDenied(text, hint=hint, stage=stage, code=code)
        if meaning == "credentials":
            hint = "the credentials are missing, expired or wrong, or this machine's clock is off"
            return AccessDenied(said, hint=hint, stage=stage, code=code)
        if meaning == "missing":
            hint = "check its name, the region and the account"
            return TargetMissing(
                f"{self.resource} does not exist ({action}: {code})", hint=hint, stage=stage, code=code
            )
        if meaning == "too_large":
            return self.too_large(said, hint="over the target's size limit", stage=stage, code=code)
        if meaning == "broken":
            return BatchError(
                said, hint="the target or the configuration is not usable", stage=stage, code=code
            )
        return self.refused(said, hint="the same request will be refused again", stage=stage, code=code)


def code_of(error: Exception) -> str:
    """AWS's error code, or ``""`` where the error did not come from the service."""
    if not isinstance(error, ClientError):
        return ""
    return str((error.response.get("Error") or {}).get("Code") or "")


def _local_meaning(error: Exception) -> Meaning:
    """For what botocore raises without an answer of the service."""
    transient = (
        BotoConnectionError,
        CredentialRetrievalError,
        HTTPClientError,
        IncompleteReadError,
        MetadataRetrievalError,
        ResponseParserError,
    )
    credentials = (
        LoginError,
        NoAuthTokenError,
        NoCredentialsError,
        PartialCredentialsError,
        SSOError,
        TokenRetrievalError,
    )
    if isinstance(error, transient):
        return "unavailable"
    if isinstance(error, credentials):
        return "credentials"
    if isinstance(error, ParamValidationError):
        return "refused"
    return "broken"
