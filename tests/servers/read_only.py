"""How does a test let a server take no writes, as after a failover, and take them again?"""

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.database_urls import async_url

END_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = :name AND backend_type = 'client backend'
"""


async def demote(database_url: str) -> None:
    """Let a database of PostgreSQL be read-only for sessions from now on, and end all others."""
    async with _elsewhere(database_url) as db:
        name = make_url(database_url).database
        await db.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        await db.execute(text(END_SESSIONS), {"name": name})


async def promote(database_url: str) -> None:
    """Let sessions write that begin from now on; those that are there stay as they are."""
    async with _elsewhere(database_url) as db:
        name = make_url(database_url).database
        await db.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))


def _elsewhere(database_url: str) -> AsyncConnection:
    """Return a connection to the server's own database."""
    url = make_url(database_url).set(database="postgres")
    engine = create_async_engine(
        async_url(url.render_as_string(hide_password=False)),
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
    )
    return engine.connect()
