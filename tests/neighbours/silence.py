"""How does noise end that nobody waits for? Its tenant loses the token, and its marks are dropped.

Up to sixteen requests are at work when their clients hang up, and keep a process busy for longer
than the noise has lasted. Each operation of a bulk request looks the token up, as does each other
request before it writes, and ends without it.
"""

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from api.access.tokens import issue_token
from api.directory.tables import Identity, Token
from contracts.clock import now
from tests.drivers.in_process import Ingress

TRIES = 12
"""The file of SQLite may be locked whenever a try looks, for ten seconds; PostgreSQL may end a try
for a deadlock with the relay."""


async def silence(ingress: Ingress) -> None:
    """Let what a connection has sent end, and publish nothing of it; it goes on by a new token."""
    ingress.http.headers["Authorization"] = f"Bearer {await _renewed_token(ingress)}"


@retry(retry=retry_if_exception_type(DBAPIError), stop=stop_after_attempt(TRIES), reraise=True)
async def _renewed_token(ingress: Ingress) -> str:
    async with ingress.database.write() as db:
        await _end_requests(db, ingress.connection)
        return await issue_token(db, ingress.connection, now(), "silence")


async def _end_requests(db: AsyncConnection, connection: str) -> None:
    tokens = update(Token).where(col(Token.connection_id) == connection)
    await db.execute(tokens.values(revoked_at=now()))
    own, marked = col(Identity.connection_id) == connection, col(Identity.dirty_lane).is_not(None)
    nothing = {"dirty_lane": None, "dirty_since": None, "due_at": None}
    in_order = select(col(Identity.id)).where(own, marked).order_by(col(Identity.id))
    await db.execute(in_order.with_for_update())  # as a relay does, which may be at them
    await db.execute(update(Identity).where(own, marked).values(nothing))
