"""What happens to the database? It ends, throws people out, rolls back, or has no space left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from tests.drivers.installation import SMALL_DISK
from tests.faults.distributed.site import Site
from tests.servers.postgres import wait_for_postgres

HOT = {"directory": ("users", "identities", "memberships"), "downstream": ("sync_records",)}
"""Tables that every transaction of a side writes to."""

LOCKED = {"directory": "identities", "downstream": "sync_records"}
KEY = {"directory": "id", "downstream": "identity"}
"""Where rivals lock rows. Muster does so in the order of these keys, which are random."""

DEADLOCK_TRIES = 30
SERIALISATION_FAILURE, DEADLOCK = "40001", "40P01"
EVERY = 3
"""Of so many statements one fails."""


class FaultDidNotHappen(Exception):
    """What was meant to go wrong went well, so that nothing was shown."""


async def restart(site: Site) -> None:
    """Restart it as operators do."""
    await asyncio.to_thread(site.installation.postgres.restart)
    await _answers(site)


async def kill(site: Site) -> None:
    """End it with SIGKILL, and start it again; it recovers from its log."""
    await asyncio.to_thread(site.installation.postgres.kill)
    await _answers(site)


async def terminate_backends(site: Site, side: str) -> None:
    """Throw a part of those out who are connected to a side's database."""
    share = site.drawn.uniform(0.3, 1)
    async with site.superuser() as db:
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = $1 AND random() < $2",
            side,
            share,
        )


async def fail_statements(site: Site, side: str, code: str) -> None:
    """Let every third statement that writes fail, as if other transactions were in the way."""
    async with site.superuser(side) as db:
        await db.execute(f"""
            CREATE SEQUENCE turns;
            CREATE FUNCTION fail_in_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF nextval('turns') % {EVERY} = 0 THEN
                    RAISE EXCEPTION 'in turn' USING ERRCODE = '{code}';
                END IF;
                RETURN NULL;
            END $$;
        """)
        try:
            for table in HOT[side]:
                await db.execute(f"""
                    CREATE TRIGGER in_turn BEFORE INSERT OR UPDATE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION fail_in_turn()
                """)
            await asyncio.sleep(site.drawn.uniform(0.5, 1.5))
            for _ in range(100):  # until somebody's turn has come
                if (turns := await db.fetchval("SELECT last_value FROM turns")) >= EVERY:
                    break
                await asyncio.sleep(0.1)
            site.note("failed statements", number=turns // EVERY, side=side, code=code)
        finally:
            for table in HOT[side]:  # one by one, so that nobody waits for another's lock
                await db.execute(f"DROP TRIGGER IF EXISTS in_turn ON {table}")
            await db.execute("DROP FUNCTION fail_in_turn; DROP SEQUENCE turns")
    if turns < EVERY:
        raise FaultDidNotHappen("no statement has failed")


async def deadlock(site: Site, side: str) -> None:
    """Lock rows in the other order, and never be the one who gives way."""
    async with site.superuser(side) as rival:
        # Who waits looks for a deadlock once, after a second: one that comes about later is found
        # by nobody, and the rival starts anew.
        await rival.execute("SET deadlock_timeout = '60s'; SET lock_timeout = '3s'")
        before = await _deadlocks(rival)
        for _ in range(DEADLOCK_TRIES):
            with suppress(asyncpg.LockNotAvailableError):
                async with rival.transaction():
                    await _lock_in_two_steps(rival, LOCKED[side], KEY[side])
            if await _deadlocks(rival) > before:
                return
            await asyncio.sleep(0.1)
    raise FaultDidNotHappen("nobody has met the rival")


async def fill_disk(site: Site, side: str) -> None:
    """Let the disk of a side's database be full for a while."""
    # An engine forgets who may write there when it starts a container again.
    postgres = site.installation.postgres
    await asyncio.to_thread(postgres.execute, "chmod", "1777", SMALL_DISK, user="root")
    async with site.superuser() as admin:
        try:
            await _move(admin, side, await _small_disk(admin))
        except asyncpg.DiskFullError:  # a long soak has made it so
            raise FaultDidNotHappen("the database is larger than the small disk") from None
        try:
            await _on_server(admin, f"head -c 1G /dev/zero > {SMALL_DISK}/filler; true")
            await _check_that_it_is_full(site, side)
            await asyncio.sleep(site.drawn.uniform(1, 2))
        finally:
            await _on_server(admin, f"rm {SMALL_DISK}/filler")
            await _move(admin, side, "pg_default")


@asynccontextmanager
async def closed(admin: asyncpg.Connection, database: str) -> AsyncIterator[None]:
    """Keep everybody from a database."""
    await admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
            database,
        )
        yield
    finally:
        await admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


async def _small_disk(admin: asyncpg.Connection) -> str:
    """Make a tablespace on the small disk, which is empty after each start of the server."""
    await admin.execute("DROP TABLESPACE IF EXISTS small")
    await _on_server(admin, f"mkdir -p {SMALL_DISK}/space")
    await admin.execute(f"CREATE TABLESPACE small LOCATION '{SMALL_DISK}/space'")
    return "small"


async def _move(admin: asyncpg.Connection, database: str, tablespace: str) -> None:
    async with closed(admin, database):
        await admin.execute(f"ALTER DATABASE {database} SET TABLESPACE {tablespace}")


async def _check_that_it_is_full(site: Site, side: str) -> None:
    async with site.superuser(side) as db:
        try:
            await db.execute("CREATE TABLE too_much AS SELECT generate_series(1, 100000)")
        except asyncpg.DiskFullError:
            return
        await db.execute("DROP TABLE too_much")
    raise FaultDidNotHappen("there is space left")


async def _on_server(admin: asyncpg.Connection, command: str) -> None:
    """Run a command as the server's own user, whoever that is."""
    await admin.execute(f"COPY (SELECT 1) TO PROGRAM '{command}'")


async def _lock_in_two_steps(rival: asyncpg.Connection, table: str, key: str) -> None:
    for which in (">= '8'", "< '8'"):
        await rival.execute(
            f"SELECT FROM {table} WHERE {key} {which} ORDER BY {key} DESC FOR UPDATE"
        )
        await asyncio.sleep(0.2)


async def _deadlocks(db: asyncpg.Connection) -> int:
    await db.execute("SELECT pg_stat_clear_snapshot()")
    return int(
        await db.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    )


async def _answers(site: Site) -> None:
    for side in ("directory", "downstream"):
        url = site.installation.database_url(side)
        await asyncio.to_thread(wait_for_postgres, url)
