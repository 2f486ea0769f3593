"""Who may speak SCIM on a connection? Whoever holds one of its live tokens."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scim2_models import UnauthorizedException
from sqlalchemy import String, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.batching import Batcher
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Connection, Token
from contracts.rules import RULES, Rules

MUSTER_PREFIX = "muster_"
"""Lets scanners of leaked secrets recognise a token."""

BEARER_SCHEME = "bearer "

CONNECTIONS_OF_TOKENS = (
    select(col(Token.digest), col(Connection.id), cast(col(Connection.rules), String))
    .join(Connection, col(Token.connection_id) == col(Connection.id))
    .where(
        col(Token.digest).in_(bindparam("digests", expanding=True)),
        col(Token.revoked_at).is_(None),
    )
)
"""The connections that some tokens open, with their rules as they are stored."""

EXISTING_CONNECTIONS = select(col(Connection.id)).where(
    col(Connection.id).in_(bindparam("connections", expanding=True))
)

CONNECTION_ID = re.compile("[a-z0-9-]{1,100}")
"""What looks like the id of a connection."""


@dataclass(frozen=True, slots=True)
class OpenedConnection:
    """A connection whose token was shown, with its rules as they were at that moment.

    ``digest`` is that of the token, so that it can be looked up again.
    """

    id: str
    rules: Rules
    digest: str = ""


def new_token() -> str:
    """Return a token of 256 random bits."""
    return MUSTER_PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what is kept of a token. A plain hash will do: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()


class BearerTokens:
    """Lets requests in. Those that come at once are looked up together, by the digests they show.

    Every token is looked up after its request has come, so that a rotated one ends at once.
    """

    def __init__(self, database: DirectoryDatabase) -> None:
        self._database = database
        self._digests = Batcher(self._look_up_digests)
        self._connections = Batcher(self._look_up_connections)

    async def authenticate(self, connection_id: str, authorization: str) -> OpenedConnection:
        """Return the connection that a request may use.

        :raises UnauthorizedException: when the token is missing or wrong, or there is no such
            connection; the answers do not differ.
        """
        token = _token_in(authorization)
        opened = await self._digests.submit(digest_of(token)) if token else None
        if opened is None or opened.id != connection_id:
            raise unauthorized()
        return opened

    async def connection_exists(self, connection_id: str) -> bool:
        """Say whether there is such a connection, for the log; whoever asks is never told."""
        return bool(CONNECTION_ID.fullmatch(connection_id)) and await self._connections.submit(
            connection_id
        )

    async def _look_up_digests(self, digests: Sequence[str]) -> Sequence[OpenedConnection | None]:
        async with self._database.read() as db:
            found = await opened_by(db, digests)
        return [found.get(digest) for digest in digests]

    async def _look_up_connections(self, connection_ids: Sequence[str]) -> Sequence[bool]:
        async with self._database.read() as db:
            asked = {"connections": sorted(set(connection_ids))}
            found = frozenset(await db.scalars(EXISTING_CONNECTIONS, asked))
        return [connection_id in found for connection_id in connection_ids]


async def opened_by(db: AsyncConnection, digests: Iterable[str]) -> Mapping[str, OpenedConnection]:
    """Return the connections that live tokens open at this moment, by the tokens' digests."""
    rows = await db.execute(CONNECTIONS_OF_TOKENS, {"digests": sorted(set(digests))})
    return {digest: OpenedConnection(id_, _rules_of(text), digest) for digest, id_, text in rows}


def still_opened(
    connection: OpenedConnection, opened: Mapping[str, OpenedConnection]
) -> OpenedConnection:
    """Return a connection with its rules of now.

    :param opened: what the live tokens open now.
    :raises UnauthorizedException: when its token has ended meanwhile.
    """
    now = opened.get(connection.digest)
    if now is None or now.id != connection.id:
        raise unauthorized()
    return now


def unauthorized() -> UnauthorizedException:
    """Return the answer to a token that opens nothing, or not this connection."""
    return UnauthorizedException(
        detail="Send a token of this connection in a header: Authorization: Bearer TOKEN"
    )


@lru_cache(maxsize=1_000)
def _rules_of(text: str) -> Rules:
    return RULES.validate_json(text)


def cursor_secret(authorization: str) -> str:
    """Return what cursors are sealed with for whoever shows this token.

    Every process can tell it, a rotated token ends it, and no other connection has the same.
    """
    return digest_of(_token_in(authorization))


def _token_in(authorization: str) -> str:
    is_bearer = authorization[: len(BEARER_SCHEME)].lower() == BEARER_SCHEME
    return authorization[len(BEARER_SCHEME) :].strip() if is_bearer else ""
