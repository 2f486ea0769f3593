"""Who may speak SCIM on a connection? Whoever holds one of its live tokens."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from scim2_models import UnauthorizedException
from sqlalchemy import select
from sqlmodel import col

from api.directory.database import DirectoryDatabase
from api.directory.tables import Connection, Token
from contracts.rules import RULES, Rules

PREFIX = "muster_"
"""Lets scanners of leaked secrets recognise a token."""

SCHEME = "bearer "

CONNECTION_ID = re.compile("[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class OpenedConnection:
    """A connection whose token was shown, with its rules as they are now."""

    id: str
    rules: Rules


def new_token() -> str:
    """Return a token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what is kept of a token. A plain hash will do: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()


async def open_connection(
    database: DirectoryDatabase, connection_id: str, authorization: str | None
) -> OpenedConnection:
    """Return the connection that a request may use.

    :raises UnauthorizedException: when the token is missing or wrong, or there is no such
        connection; the answers do not differ.
    """
    if not CONNECTION_ID.fullmatch(connection_id):
        raise _unauthorized()
    digest = digest_of(_token_in(authorization or ""))
    statement = (
        select(col(Connection.rules), col(Token.digest))
        .join(Token, col(Token.connection_id) == col(Connection.id))
        .where(col(Connection.id) == connection_id, col(Token.revoked_at).is_(None))
    )
    async with database.read() as db:
        rows = (await db.execute(statement)).all()
    matching = [rules for rules, live in rows if hmac.compare_digest(live, digest)]
    if not matching:
        raise _unauthorized()
    return OpenedConnection(connection_id, RULES.validate_python(matching[0]))


def seal_of(authorization: str) -> str:
    """Return what cursors are sealed with for whoever shows this token.

    Every process can tell it, a rotated token ends it, and no other connection has the same.
    """
    return digest_of(_token_in(authorization))


def _unauthorized() -> UnauthorizedException:
    return UnauthorizedException(
        detail="Send a token of this connection in a header: Authorization: Bearer TOKEN"
    )


def _token_in(authorization: str) -> str:
    is_bearer = authorization[: len(SCHEME)].lower() == SCHEME
    return authorization[len(SCHEME) :].strip() if is_bearer else ""
