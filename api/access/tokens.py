"""How does a connection get its tokens? This module makes, issues and revokes them.

Commands use it, too, and load nothing of SCIM with it.
"""

import hashlib
import secrets
from collections.abc import Collection

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import Token

MUSTER_PREFIX = "muster_"
"""The start of every token, by which scanners of leaked secrets recognise one."""

ID_LENGTH = 12
"""Hexadecimal digits of a token's id: too few to learn anything of the token by them."""


def new_token() -> str:
    """Return a token of 256 random bits."""
    return MUSTER_PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return the digest under which a token is stored; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def id_of(digest: str) -> str:
    """Return the id by which administrators name a token: the beginning of its digest."""
    return digest[:ID_LENGTH]


async def issue_token(
    db: AsyncConnection,
    connection_id: str,
    now: int,
    created_by: str,
    *,
    name: str | None = None,
    expires_at: int | None = None,
) -> str:
    """Store a new token of a connection and return it; the directory keeps only its digest."""
    token = new_token()
    values = {
        "digest": digest_of(token),
        "connection_id": connection_id,
        "created_at": now,
        "created_by": created_by,
        "name": name,
        "expires_at": expires_at,
    }
    await db.execute(insert(Token).values(values))
    return token


async def revoke_tokens(db: AsyncConnection, digests: Collection[str], now: int) -> None:
    """Revoke tokens that have not been revoked before."""
    if digests:
        of_tokens = col(Token.digest).in_(digests)
        await db.execute(update(Token).where(of_tokens).values(revoked_at=now))
