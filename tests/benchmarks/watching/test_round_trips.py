"""Does the proxy count how often a database is waited for? Statements are sent through it."""

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.benchmarks.watching.round_trips import CountingProxy


@pytest.mark.postgres
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_each_statement_that_is_waited_for_is_a_round_trip(database_url: str) -> None:
    url = make_url(database_url).set(drivername="postgresql")
    proxy = CountingProxy(url.host or "", url.port or 5432)
    async with proxy.serving():
        through = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        one, other = [await asyncpg.connect(through, ssl=False) for _ in range(2)]
        before = proxy.round_trips
        await one.execute("BEGIN")
        await one.execute("SELECT 1; SELECT 2")
        await other.execute("SELECT 3")
        await one.execute("COMMIT")
        assert proxy.round_trips - before == 4
        await one.close()
        await other.close()
