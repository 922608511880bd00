"""Makes every AWS client; no other module does."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from bridge import __version__
from bridge.edges.answers.limited import refuse_late_requests
from bridge.errors import ClientNotMade
from bridge.ports.telemetry import Telemetry
from bridge.wiring.raw_records import keep_records_raw

ClientFactory = Callable[[str], Any]
"""Returns the boto3 client of a service, such as ``events``."""

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10
CONNECTIONS = 32

_ATTEMPTS: Final = {
    **dict.fromkeys(("events", "eventbridgev2", "sns"), 1),  # the dispatcher repeats only failed entries
    **dict.fromkeys(("glue", "schemas"), 1),  # bridge.delivery.patience repeats, within its time
    **dict.fromkeys(("s3", "sqs"), 2),  # a store that hangs must not use up the invocation
}


def client_factory(
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    on_refused: Callable[..., None] | None = None,
) -> ClientFactory:
    """Clients that share one session, so that a service model and the trust store are loaded once.

    Sinks do their own retries, inside the deadline and entry by entry, so botocore's are off for them. Calls
    of stores are tried twice at most. ``on_refused`` is called for each answer that is not AWS's, with
    ``resource``, ``action`` and ``missing`` (see :func:`refused_to`). Both the factory and the returned
    function raise :class:`ClientNotMade`.
    """
    from boto3 import __version__ as boto3_version
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        session = Session(region_name=region)
    except BotoCoreError as error:
        raise _not_made("AWS", error) from error
    # botocore builds a longer one twice for every call, which is a sixth of the call's cost.
    user_agent = f"stream-bridge/{__version__} Boto3/{boto3_version} Python/{platform.python_version()}"
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            config = Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=CONNECTIONS,
                # botocore would visit every key of a request twice: to check it and to write it. The
                # service checks it anyway.
                parameter_validation=service != "dynamodb",
                user_agent=user_agent,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS.get(service, 4)},
            )
            try:
                made[service] = session.client(service, endpoint_url=endpoint_url, config=config)
                _ = urlsplit(made[service].meta.endpoint_url).port  # ValueError for a port that cannot be
                refuse_late_requests(made[service])
            except (BotoCoreError, ValueError) as error:  # botocore raises the latter for an endpoint
                raise _not_made(service, error) from error
            keep_records_raw(made[service], service)
            if on_refused is not None:
                from bridge.edges.answers.errors import REFUSED_EVENT

                made[service].meta.events.register(REFUSED_EVENT, _listener(on_refused))
        return made[service]

    return client


def refused_to(telemetry: Telemetry) -> Callable[..., None]:
    """For ``on_refused``: counts the answer and logs what it lacks, never what it says."""

    def refused(*, resource: str, action: str, missing: str) -> None:
        telemetry.count("AnswersRefused")
        telemetry.log(
            "warning",
            "an answer is not AWS's: it is not believed, and the call is repeated",
            resource=resource,
            action=action,
            missing=missing,
            hint="check proxies and the endpoint's URL",
        )

    return refused


def _listener(on_refused: Callable[..., None]) -> Callable[..., None]:
    def heard(*, resource: str, action: str, missing: str, **_: Any) -> None:
        on_refused(resource=resource, action=action, missing=missing)

    return heard


def _not_made(service: str, error: Exception) -> ClientNotMade:
    from botocore.exceptions import (
        BotoCoreError,
        ConfigParseError,
        InvalidRegionError,
        NoRegionError,
        ProfileNotFound,
    )

    hint = "check the AWS settings of this process: AWS_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL"
    if isinstance(error, NoRegionError):
        hint = "name the Region in AWS_DEFAULT_REGION, or in the profile that AWS_PROFILE names"
    elif isinstance(error, ProfileNotFound):
        hint = "correct AWS_PROFILE, or unset it: the profiles are in ~/.aws/config"
    elif isinstance(error, ConfigParseError):
        hint = "correct that file; AWS_CONFIG_FILE names it, else it is ~/.aws/config"
    elif isinstance(error, InvalidRegionError):
        hint = "correct --region, or AWS_DEFAULT_REGION: a Region is called eu-central-1, for example"
    elif not isinstance(error, BotoCoreError):
        hint = "write --endpoint-url, or AWS_ENDPOINT_URL, as http://host:port or https://host"
    return ClientNotMade(f"the client of {service} cannot be created: {error}", hint=hint)
