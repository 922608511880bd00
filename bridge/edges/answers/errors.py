"""The one place that every AWS call passes, and the errors that its answers become.

An edge makes one :class:`AwsTarget` for each thing it talks to and writes::

    answer = target.call("PutEvents", Entries=entries)

An answer that lacks what AWS always sends is not AWS's: it becomes the target's ``unavailable``, to be tried
again (:mod:`bridge.edges.answers.always`).

Errors never copy AWS's own message, because a validation message quotes the value that it rejects. The module
:mod:`bridge.edges.answers.codes` says what each code means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from bridge.edges.answers.always import what_is_missing
from bridge.edges.answers.codes import Meaning, meaning_of_answer, meaning_of_entry
from bridge.edges.answers.limited import limited
from bridge.errors import (
    AccessDenied,
    BatchError,
    BridgeError,
    EventRefused,
    EventTooLarge,
    IteratorExpired,
    SinkUnavailable,
    SourceUnavailable,
    TargetMissing,
    Unavailable,
)
from bridge.ports.clock import Deadline, limit_here

AWS_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)
"""Every error that a botocore client raises on purpose."""

# The prefix of the IAM actions of a service, where it differs from the name of its boto3 client.
_PREFIX_OF: Final = {"dynamodbstreams": "dynamodb", "eventbridgev2": "events"}

# The IAM action of an operation, where their names differ (docs: "Required permissions for Amazon S3 API
# operations", service authorization reference). A HEAD answer has no message that names the action.
_ACTION_OF: Final = {
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}

NOT_FROM_AWS: Final = "NotFromAws"
"""The code of an answer that is not AWS's."""

REFUSED_EVENT: Final = "stream-bridge-answer-refused"
"""Emitted by a client's own event system, where it has one, for each answer that is not believed; handlers
get ``resource``, ``action`` and ``missing``. Clients are made in ``wiring``, which listens."""

# Where an answer is read: an error of another kind that is raised there is the answer's fault.
_PARSERS: Final = ("botocore.parsers", "bridge.edges.dynamodb.scan")

_ALLOW_KEY: Final = (
    "allow kms:Decrypt and kms:GenerateDataKey on that key, in the role's policy and in the key's own"
)
_DENIED_ACTION: Final = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
_DENIED_RESOURCE: Final = re.compile(r"on resource:? (arn:[\w:/.*+=,@-]+)")


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """What an edge talks to, and which of our errors AWS's answers become.

    ``client`` is a boto3 client, ``service`` the name that boto3 knows it by (``dynamodbstreams``), and
    ``resource`` names the target for people (``event bus orders``). ``unavailable`` is raised for what may
    succeed later; ``refused`` and ``too_large`` for a call that never will: a sink sets ``EventRefused`` and
    ``EventTooLarge``, other edges keep ``BatchError``. ``by_code`` makes the error of a code that means
    something else to this target than the table of codes says. ``missing_hint`` says what to do about a
    target that does not exist; ``denied_hint`` is added to what to do about a denied action.
    """

    client: Any
    service: str
    resource: str
    unavailable: type[Unavailable]
    refused: type[BridgeError] = BatchError
    too_large: type[BridgeError] = BatchError
    by_code: Mapping[str, Callable[[str], BridgeError]] = field(default_factory=dict)
    missing_hint: str = "check its name, the region and the account"
    denied_hint: str = ""
    until: Deadline | None = None

    def call(self, operation: str, /, **request: Any) -> Any:
        """The answer to one call; ``operation`` has the name that AWS gives it (``PutEvents``).

        Raises our error for each of ``AWS_ERRORS``, with AWS's code as ``code`` and the original as cause;
        and ``unavailable`` with the code ``NOT_FROM_AWS`` for an answer that AWS would not send.
        """
        method = getattr(self.client, xform_name(operation))
        try:
            answer = limited(method, limit_here(self.until))(**request)
        except AWS_ERRORS as error:
            if unlike_aws := _unlike_aws(error):
                raise self._not_from_aws(operation, unlike_aws) from None
            raise self.translate(error) from error
        except Exception as error:
            if not _raised_by_a_parser(error):
                raise
            raise self._not_from_aws(operation, "a body that can be read") from None
        missing = what_is_missing(self.service, operation, request, answer, self._shape(operation))
        if missing:
            body: Any = answer.get("Body") if isinstance(answer, Mapping) else None
            if body is not None:  # of an object, which is not going to be read
                body.close()
            raise self._not_from_aws(operation, missing)
        return answer

    def within(self, deadline: Deadline | None) -> AwsTarget:
        """The same target for calls that end with ``deadline``; see :mod:`bridge.edges.answers.limited`."""
        return self if deadline is None else replace(self, until=deadline)

    def _shape(self, operation: str) -> Any:
        model = getattr(getattr(self.client, "meta", None), "service_model", None)
        return None if model is None else model.operation_model(operation).output_shape

    def _action(self, operation: str) -> str:
        """The IAM action, or the service's prefix where no operation is known."""
        prefix = _PREFIX_OF.get(self.service, self.service)
        return f"{prefix}:{operation}" if operation else prefix

    def _not_from_aws(self, operation: str, missing: str) -> Unavailable:
        action = self._action(operation)
        events = getattr(getattr(self.client, "meta", None), "events", None)
        if events is not None:
            events.emit(REFUSED_EVENT, resource=self.resource, action=action, missing=missing)
        return self.unavailable(
            f"{self.resource}: the answer to {action} is not AWS's: it lacks {missing}",
            hint="something between here and AWS answers in its place: check proxies and the endpoint's URL",
            code=NOT_FROM_AWS,
        )

    def pages(
        self, operation: str, /, *, token: tuple[str, str] = ("NextToken", "NextToken"), **request: Any
    ) -> Iterator[Any]:
        """The answers to a call that lists in pages. ``token`` names the member of the answer that holds the
        start of the next page, and the parameter that takes it. Raises as :meth:`call` does."""
        member, parameter = token
        while True:
            page = self.call(operation, **request)
            yield page
            if not page.get(member):
                return
            request[parameter] = page[member]

    def body(self, streamed: Any) -> bytes:
        """The whole body of an object, which is read after its call has returned. Raises as :meth:`call`
        does, also when the time is up."""
        try:
            content: bytes = limited(streamed.read, limit_here(self.until))()
        except AWS_ERRORS as error:
            raise self.translate(error) from error
        return content

    def translate(self, error: Exception) -> BridgeError:
        """Our error for one of ``AWS_ERRORS``. The caller raises it ``from`` the original."""
        if isinstance(error, ClientError):
            response: dict[str, Any] = error.response
            details = response.get("Error") or {}
            code = code_of(error)
            if code in self.by_code:
                return self.by_code[code](code)
            message = str(details.get("Message") or "")
            status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
            return self._build(
                meaning_of_answer(code, status, message), code, str(error.operation_name), message
            )
        code = type(error).__name__
        return self._build(_local_meaning(error), code, "", "", _what_failed_here(error))

    def entry_error(self, code: str, operation: str, *, sender_fault: bool | None = None) -> BridgeError:
        """Our error for the code of one entry inside a successful answer.

        ``sender_fault`` as :func:`bridge.edges.answers.codes.meaning_of_entry` has it.
        """
        return self._build(meaning_of_entry(code, sender_fault), code, operation, "")

    def _build(
        self, meaning: Meaning, code: str, operation: str, message: str, failed_here: str = ""
    ) -> BridgeError:
        # The stage of a target is the stage of its ``unavailable``: publish, settle, quarantine, read.
        stage = self.unavailable.stage
        action = self._action(operation)
        said = f"{self.resource}: {action} answered {code}"
        if failed_here:  # AWS answered nothing
            said = f"{self.resource}: {self.service} was not called: {failed_here}"
            if meaning == "unavailable":
                said = f"{self.resource}: {self.service} did not answer: {failed_here}"
        more = f"; {self.denied_hint}" if self.denied_hint else ""
        if meaning == "unavailable":
            return self.unavailable(
                said, hint="repeated until the time is up, then returned for retry", code=code
            )
        if meaning == "denied":
            named = _DENIED_ACTION.search(message)
            if named is None and code.upper().startswith("KMS"):
                text = f"access denied to the KMS key of {self.resource} in {action} ({code})"
                return AccessDenied(text, hint=_ALLOW_KEY + more, stage=stage, code=code)
            where = _DENIED_RESOURCE.search(message)
            action = named.group(1) if named else _ACTION_OF.get(action, action)
            resource = where.group(1) if where else self.resource
            text = f"access denied to {action} on {resource} ({code})"
            hint = f"allow {action} in the role's policy, and in the resource's own policy where it has one"
            return AccessDenied(text, hint=hint + more, stage=stage, code=code)
        if meaning == "credentials":
            hint = "the credentials are expired or wrong, or this machine's clock is off"
            if failed_here:
                hint = "name a profile in AWS_PROFILE, set AWS_ACCESS_KEY_ID, or sign in again"
            return AccessDenied(said, hint=hint + more, stage=stage, code=code)
        if meaning == "missing":
            text = f"{self.resource} does not exist ({action}: {code})"
            return TargetMissing(text, hint=self.missing_hint, stage=stage, code=code)
        if meaning == "too_large":
            return self.too_large(said, hint="over the target's size limit", stage=stage, code=code)
        if meaning == "broken":
            hint = "the target or the configuration is not usable"
            return BatchError(said, hint=hint, stage=stage, code=code)
        return self.refused(said, hint="the same request will be refused again", stage=stage, code=code)


def sink_target(client: Any, service: str, resource: str) -> AwsTarget:
    """The target of a sink: a call that never succeeds is the fault of its events."""
    return AwsTarget(client, service, resource, SinkUnavailable, EventRefused, EventTooLarge)


def code_of(error: Exception) -> str:
    """AWS's error code, or ``""`` where the error does not come from the service."""
    if not isinstance(error, ClientError):
        return ""
    return str((error.response.get("Error") or {}).get("Code") or "")


def stream_target(
    client: Any, service: str, arn: str, by_code: Mapping[str, Callable[[str], BridgeError]]
) -> AwsTarget:
    """For a reader of a stream: its iterators expire, and what may succeed later is ``SourceUnavailable``."""

    def expired(code: str) -> BridgeError:
        return IteratorExpired(f"an iterator of {arn} is too old", code=code)

    errors = {"ExpiredIteratorException": expired, **by_code}
    return AwsTarget(client, service, f"stream {arn}", unavailable=SourceUnavailable, by_code=errors)


def _what_failed_here(error: Exception) -> str:
    """In words, without botocore's text, which may quote a value."""
    for kind, words in _FAILED_HERE.items():
        if isinstance(error, kind):
            return words
    return type(error).__name__


_FAILED_HERE: Final[dict[type[Exception], str]] = {
    NoCredentialsError: "no AWS credentials were found",
    PartialCredentialsError: "the AWS credentials are incomplete",
    CredentialRetrievalError: "the AWS credentials could not be fetched",
    MetadataRetrievalError: "the AWS credentials could not be fetched",
    LoginError: "the sign-in to AWS is missing or has expired",
    NoAuthTokenError: "the sign-in to AWS is missing or has expired",
    SSOError: "the sign-in to AWS is missing or has expired",
    TokenRetrievalError: "the sign-in to AWS is missing or has expired",
    EndpointConnectionError: "its endpoint cannot be reached",
    ConnectTimeoutError: "its endpoint cannot be reached in time",
    ReadTimeoutError: "no answer in time",
    ConnectionClosedError: "the connection was closed before an answer",
    BotoConnectionError: "the connection failed",
    IncompleteReadError: "the answer broke off",
    ResponseParserError: "the answer is not AWS's",
    ParamValidationError: "the request is not valid (ParamValidationError)",
}


def _unlike_aws(error: Exception) -> str:
    """What AWS sends with every error and this one lacks; "" where it lacks nothing. AWS's errors have a code
    that is a name, or, to a HEAD request, a request id."""
    if isinstance(error, ResponseParserError):
        return "a body that can be read"
    if not isinstance(error, ClientError):
        return ""
    code, metadata = code_of(error), error.response.get("ResponseMetadata") or {}
    named = code and not code.isdecimal() and code != "Unknown"
    return "" if named or metadata.get("RequestId") else "an error code"


def _raised_by_a_parser(error: Exception) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") in _PARSERS:
            return True
        trace = trace.tb_next
    return False


def _local_meaning(error: Exception) -> Meaning:
    """The meaning of an error that botocore raises without an answer of the service."""
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
