"""Has the provider called as it should, and if not, what is wrong? Log and tokens tell it.

A call that names no connection of this installation, or never arrives, leaves no trace: it can
only be told then that nothing has come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.requests import FIRST_ERROR, ListedRequest, list_requests
from api.admin.tokens import OF_DOCTOR, ListedToken, TokenState, list_tokens
from api.requests.answered import CONNECTION_OFF

LOOKED_AT = 50
"""The newest requests in which a call that was answered well is looked for."""

UNAUTHORIZED, NO_ENDPOINT = "unauthorized", {"not_found", "method_not_allowed"}
"""Codes of refusals in the request log."""


class Wrong(StrEnum):
    """The reason why a call of a provider was refused."""

    UNAUTHORIZED = "unauthorized"
    NO_ENDPOINT = "no-endpoint"
    SWITCHED_OFF = "switched-off"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    """The calls of a provider. Times are in microseconds since the epoch.

    ``answered_at`` is when a call was answered well last, and ``refused`` the newest call, if it
    was refused, for the reason ``wrong``. ``waiting_since`` is when the newest live token was made.
    ``newest_used`` says whether that token was used, and ``has_token`` whether there is one.
    """

    answered_at: int | None
    refused: ListedRequest | None
    wrong: Wrong | None
    waiting_since: int | None
    has_token: bool
    newest_used: bool

    @property
    def connected(self) -> bool:
        """Return whether the provider has called with the newest token, and was answered well."""
        return self.answered_at is not None and self.newest_used


async def provider_calls(it: Administration, actor: Actor, connection_id: str) -> ProviderCalls:
    """Return the calls of a connection's provider, by a fixed number of statements.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    tokens = await list_tokens(it, actor, connection_id, revoked=True)
    requests = await list_requests(it, actor, connection_id, most=LOOKED_AT)
    return calls_in(tokens, requests)


def calls_in(tokens: Sequence[ListedToken], requests: Sequence[ListedRequest]) -> ProviderCalls:
    """Return the calls that tokens and requests tell, both with the newest first. Pure."""
    given = [token for token in tokens if token.name != OF_DOCTOR]
    newest = next((token for token in given if token.state is TokenState.LIVE), None)
    refused = requests[0] if requests and requests[0].status >= FIRST_ERROR else None
    return ProviderCalls(
        answered_at=_answered_at(given, requests),
        refused=refused,
        wrong=None if refused is None else _wrong(refused),
        waiting_since=None if newest is None else newest.created_at,
        has_token=newest is not None,
        newest_used=newest is not None and newest.last_used_at is not None,
    )


def _answered_at(tokens: Sequence[ListedToken], requests: Sequence[ListedRequest]) -> int | None:
    """Return when a call was answered well last, which the log has forgotten after a week."""
    used = [token.last_used_at for token in tokens if token.last_used_at is not None]
    if not used:
        return None  # all calls were those of an examination, or had no token
    answered = [request.at for request in requests if request.status < FIRST_ERROR]
    if answered:
        return answered[0]
    return None if requests else max(used)


def _wrong(refused: ListedRequest) -> Wrong:
    if refused.code == UNAUTHORIZED:
        return Wrong.UNAUTHORIZED
    if refused.code in NO_ENDPOINT and refused.resource is None:
        return Wrong.NO_ENDPOINT
    return Wrong.SWITCHED_OFF if refused.code == CONNECTION_OFF else Wrong.REFUSED
