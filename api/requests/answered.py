"""What is known of an answered request? The caller tells it, with personal values.

``api.requests.log`` keeps no personal value of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

RATE_EXCEEDED = "rate_exceeded"
"""The code of requests that are refused because there are too many: the log shows few of them."""

CONNECTION_OFF = "connection_off"
"""The code of requests to a connection that is switched off, which takes nothing of its rate."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The refusal of a request: the code of the error, and its detail, which may quote values."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A request to an existing connection, and its answer.

    :param token: the digest of its token; None if it was not valid.
    :param path: below the base URL, decoded; ``query`` as it was sent.
    :param location: the URL of a resource that was created.
    :param client: the address at the other end of the connection, if it has one.
    :param forwarded: the values of X-Forwarded-For, in their order.
    """

    connection: str
    token: str | None
    method: str
    path: str
    query: bytes
    status: int
    refusal: Refusal | None
    location: str
    seconds: float
    correlation_id: str
    client: str | None
    forwarded: Sequence[str] = ()
