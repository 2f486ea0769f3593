"""How does a connection get its tokens? This module makes, issues and revokes them.

Commands use it, too, and load nothing of SCIM with it.
"""

import hashlib
import secrets

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import Token

MUSTER_PREFIX = "muster_"
"""The start of every token, by which scanners of leaked secrets recognise one."""


def new_token() -> str:
    """Return a token of 256 random bits."""
    return MUSTER_PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return the digest under which a token is stored; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


async def issue_token(db: AsyncConnection, connection_id: str, now: int) -> str:
    """Store a new token of a connection and return it; the directory keeps only its digest."""
    token = new_token()
    values = {"digest": digest_of(token), "connection_id": connection_id, "created_at": now}
    await db.execute(insert(Token).values(values))
    return token


async def revoke_tokens(db: AsyncConnection, connection_id: str, now: int) -> None:
    """Revoke every live token of a connection."""
    await db.execute(
        update(Token)
        .where(col(Token.connection_id) == connection_id, col(Token.revoked_at).is_(None))
        .values(revoked_at=now)
    )
