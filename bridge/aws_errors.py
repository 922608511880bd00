"""What AWS's error answers mean to us: one classification for every edge.

An edge makes one :class:`AwsTarget` for the thing it talks to and writes::

    try:
        answer = client.put_events(Entries=entries)
    except AWS_ERRORS as error:
        raise target.translate(error) from error

AWS's own message is never copied: a validation message quotes the value it did not like.

Sources of the codes: botocore's service models (errors of each operation), the services' "Common errors"
pages, and PutEventsResultEntry.ErrorCode for the codes inside an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

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

from bridge.errors import AccessDenied, BatchError, BridgeError, TargetMissing, Unavailable

AWS_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)
"""Everything a botocore client raises on purpose."""

Meaning = Literal["unavailable", "denied", "credentials", "missing", "too_large", "broken", "refused"]

_CODES: Final[dict[Meaning, frozenset[str]]] = {
    "unavailable": frozenset(
        {
            # throttling
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "KMSThrottling",
            "KMSThrottlingException",
            "KmsThrottled",
            "LimitExceededException",
            "OverLimit",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            # the service's own trouble
            "ConcurrentModificationException",
            "ConditionalRequestConflict",  # S3: another conditional write of the same key is under way
            "InternalError",
            "InternalErrorException",
            "InternalException",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "InternalServiceException",  # Glue
            "KMSInternalException",
            "OperationAborted",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "TransactionInProgressException",
        }
    ),
    "denied": frozenset(
        {
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "AuthorizationError",
            "AuthorizationErrorException",
            "ForbiddenException",  # EventBridge schemas
            "InvalidSecurity",
            "InvalidSecurityException",
            "KMSAccessDenied",
            "KMSAccessDeniedException",
            "KMSOptInRequired",
            "KmsAccessDenied",
            "NotAuthorized",
            "NotAuthorizedForDetailTypeException",
            "NotAuthorizedForSourceException",
            "OptInRequired",
            "UnauthorizedException",  # EventBridge schemas
            "UnauthorizedOperation",
        }
    ),
    # Waiting does not bring credentials back, and somebody must hear of it: not "unavailable".
    "credentials": frozenset(
        {
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        }
    ),
    "missing": frozenset(
        {
            "AWS.SimpleQueueService.NonExistentQueue",
            "EntityNotFoundException",  # Glue, with status 400
            "KMSNotFound",
            "KMSNotFoundException",
            "NoSuchBucket",
            "NotFound",
            "NotFoundException",
            "QueueDoesNotExist",
            "ResourceNotFound",
            "ResourceNotFoundException",
        }
    ),
    "too_large": frozenset(
        {"BatchRequestTooLong", "BatchRequestTooLongException", "EntityTooLarge", "RequestEntityTooLarge"}
    ),
    "broken": frozenset(
        {
            "EndpointDisabled",
            "InvalidAccountIdException",
            "InvalidAction",
            "InvalidStateException",
            "KMSDisabled",
            "KMSDisabledException",
            "KMSInvalidState",
            "KMSInvalidStateException",
            "KmsDisabled",
            "KmsInvalidState",
        }
    ),
    "refused": frozenset(),  # everything else below 500
}
_MEANINGS: Final[dict[str, Meaning]] = {code: meaning for meaning, codes in _CODES.items() for code in codes}

# A code AWS has yet to invent, inside an answer that has no status of its own.
_SOUNDS_TRANSIENT: Final = re.compile(r"Throttl|Internal|Unavailable|Timeout|TooManyRequests|Exceeded")

# EventBridge and SNS report an oversized call as a plain validation error; only the text tells.
_SAYS_TOO_LARGE: Final = re.compile(
    r"over the limit|too long|too large|must be shorter than|exceeds? the (maximum|limit)", re.I
)

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
            return self._build(_meaning(code, status, message), code, str(error.operation_name), message)
        code = type(error).__name__
        return self._build(_local_meaning(error), code, "", "")

    def entry_error(self, code: str, operation: str, *, sender_fault: bool | None = None) -> BridgeError:
        """Our error for a code that stands inside a successful answer, for one entry.

        ``sender_fault`` is the service's own word on whose fault it was, where it gives one; a code that
        is known counts more (KMS throttling is called the sender's fault).
        """
        meaning = _MEANINGS.get(code)
        if meaning is None:
            if sender_fault is None:
                meaning = "unavailable" if _SOUNDS_TRANSIENT.search(code) else "refused"
            else:
                meaning = "refused" if sender_fault else "unavailable"
        return self._build(meaning, code, operation, "")

    def _build(self, meaning: Meaning, code: str, operation: str, message: str) -> BridgeError:
        # An edge's stage is the stage of what it calls unavailable: publish, settle, quarantine, read.
        stage = self.unavailable.stage
        action = f"{self.service}:{operation}" if operation else self.service
        said = f"{self.resource}: {action} answered {code}"
        if meaning == "unavailable":
            return self.unavailable(said, hint="repeated until the time is up, then handed back", code=code)
        if meaning == "denied":
            named = _DENIED_ACTION.search(message)
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


def _meaning(code: str, status: int, message: str) -> Meaning:
    known = _MEANINGS.get(code)
    if known is not None:
        return known
    if status >= 500 or status == 429 or code in ("500", "502", "503", "504", "429"):
        return "unavailable"
    if status == 413 or _SAYS_TOO_LARGE.search(message):
        return "too_large"
    if status == 403 or code == "403":
        return "denied"
    if status == 404 or code == "404":
        return "missing"
    if not status and _SOUNDS_TRANSIENT.search(code):
        return "unavailable"
    return "refused"


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
