"""The table of what AWS's error codes mean.

Sources: botocore's service models (errors of each operation), the services' "Common errors" pages, and
PutEventsResultEntry.ErrorCode for the codes inside an answer.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Meaning = Literal["unavailable", "denied", "credentials", "missing", "too_large", "broken", "refused"]

_CODES: Final[dict[Meaning, frozenset[str]]] = {
    "unavailable": frozenset(
        {
            # throttling
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "KMSThrottling",
            "KMS.ThrottlingException",  # with a dot: by SQS
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
            # failures inside the service
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
            "KMS.AccessDeniedException",
            "KMS.OptInRequired",
            "KmsAccessDenied",
            "KmsOptInRequired",
            "NotAuthorized",
            "NotAuthorizedForDetailTypeException",
            "NotAuthorizedForSourceException",
            "OptInRequired",
            "UnauthorizedException",  # EventBridge schemas
            "UnauthorizedOperation",
        }
    ),
    # Not "unavailable": credentials do not come back by waiting, and somebody must be notified.
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
            "KMS.NotFoundException",
            "KmsNotFound",
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
            "KMS.DisabledException",
            "KMS.InvalidKeyUsageException",
            "KMS.InvalidStateException",
            "KmsInvalidKeyUsage",
            "KmsInvalidState",
        }
    ),
    "refused": frozenset(),  # everything else below 500
}
_MEANINGS: Final[dict[str, Meaning]] = {code: meaning for meaning, codes in _CODES.items() for code in codes}

# A code that this table does not know, inside an answer without a status of its own.
_SOUNDS_TRANSIENT: Final = re.compile(r"Throttl|Internal|Unavailable|Timeout|TooManyRequests|Exceeded")

# EventBridge and SNS report an oversized call as a plain validation error; only its text says so.
_SAYS_TOO_LARGE: Final = re.compile(
    r"over the limit|too long|too large|must be shorter than|exceeds? the (maximum|limit)", re.I
)


def meaning_of_answer(code: str, status: int, message: str) -> Meaning:
    """The meaning of an error answer; ``status`` is the HTTP status, 0 where it is not known."""
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


def meaning_of_entry(code: str, sender_fault: bool | None) -> Meaning:
    """The meaning of a code inside a successful answer. ``sender_fault`` is what the service says about whose
    fault it is, None where it says nothing. A known code counts more: SNS calls KMS throttling the sender's
    fault."""
    known = _MEANINGS.get(code)
    if known is not None:
        return known
    if sender_fault is None:
        return "unavailable" if _SOUNDS_TRANSIENT.search(code) else "refused"
    return "refused" if sender_fault else "unavailable"
