"""Do two sessions of Muster share one of the server's? They do where a pooler pools transactions.

Muster's prepared statements, settings and locks belong to a session. A pooler of transactions, as
PgBouncer is with ``pool_mode = transaction``, leaves them to whichever session comes next.
"""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

TRIES = 3
"""How often two sessions are compared: another client may come between them."""


class SessionsAreShared(ConnectionError):
    """Two sessions of Muster, both open, are one session of the server."""


async def refuse_shared_sessions(engine: AsyncEngine) -> None:
    """Connect, and look whether sessions of this engine are Muster's own.

    The engine runs each statement by itself. Without a pooler the server has told its number for
    the session while connecting, and one statement is all that is asked. SQLite has no sessions.

    :raises SessionsAreShared: when they are not.
    """
    async with engine.connect() as db:
        if engine.dialect.name != "postgresql" or await _number_now(db) == await _number_told(db):
            return
        async with engine.connect() as another:
            for _ in range(TRIES):
                if await _number_now(db) == await _number_now(another):
                    raise SessionsAreShared


async def _number_now(db: AsyncConnection) -> int:
    """Return the server's number of the session that runs a statement at this moment."""
    number: int = (await db.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
    return number


async def _number_told(db: AsyncConnection) -> int:
    """Return the number that came while connecting, in whose place PgBouncer tells one of its own.

    It serves to cancel a statement.
    """
    session = (await db.get_raw_connection()).driver_connection
    assert session is not None, "the connection is open"
    number: int = session.get_server_pid()
    return number
