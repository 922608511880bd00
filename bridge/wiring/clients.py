"""The clients of AWS, which are made here and nowhere else."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, Final

from bridge import __version__
from bridge.errors import ClientNotMade

ClientFactory = Callable[[str], Any]
"""Gives the boto3 client of a service, such as ``events``."""

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10

_ATTEMPTS: Final = {
    **dict.fromkeys(("events", "eventbridgev2", "sns"), 1),  # the dispatcher repeats what failed, no more
    **dict.fromkeys(("glue", "schemas"), 1),  # bridge.schemas.registries.patience repeats, and knows the time
    **dict.fromkeys(("s3", "sqs"), 2),  # a store that hangs must not eat the invocation
}


def client_factory(
    *, endpoint_url: str | None = None, region: str | None = None, max_connections: int = 32
) -> ClientFactory:
    """Clients that share one session, so that a service model and the trust store are loaded once.

    Publishing does its own retries, inside the deadline and entry by entry: botocore's are off there. Stores
    are asked twice at most. Raises :class:`ClientNotMade`, the factory as well as what it gives.
    """
    from boto3 import __version__ as boto3_version
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        session = Session(region_name=region)
    except BotoCoreError as error:
        raise _not_made("AWS", error) from error
    # botocore puts a longer one together twice for every call, which is a sixth of what a call costs.
    user_agent = f"stream-bridge/{__version__} Boto3/{boto3_version} Python/{platform.python_version()}"
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            config = Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=max_connections,
                # A request of a hundred keys is walked once for its own check and once to be written. The
                # service checks it anyway.
                parameter_validation=service != "dynamodb",
                user_agent=user_agent,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS.get(service, 4)},
            )
            try:
                made[service] = session.client(service, endpoint_url=endpoint_url, config=config)
            except BotoCoreError as error:
                raise _not_made(service, error) from error
        return made[service]

    return client


def _not_made(service: str, error: Exception) -> ClientNotMade:
    hint = "name the Region in AWS_DEFAULT_REGION, or in the profile that AWS_PROFILE names"
    return ClientNotMade(f"no client of {service} can be made: {error}", hint=hint)
