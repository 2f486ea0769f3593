"""How does a connection get its tokens? This module issues and revokes them."""

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.access.bearer import digest_of, new_token
from api.directory.tables import Token


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
