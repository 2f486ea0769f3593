"""What do sessions with PostgreSQL do by their settings? No query takes more than its process.

A server may have settings of its own for all of them; those of Muster count.
"""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.database_urls import async_url
from deploy.databases.engines import open_directory_engines

pytestmark = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)

HELP_IS_FREE = (
    "parallel_setup_cost = 0",
    "parallel_tuple_cost = 0",
    "min_parallel_table_scan_size = 0",
    "min_parallel_index_scan_size = 0",
)


async def test_no_query_has_further_processes_of_the_server_help(directory_url: str) -> None:
    engines = open_directory_engines(directory_url, searches=1)
    assert [await _would_have_help(it) for it in engines] == [False] * len(engines)


async def test_a_session_of_others_has_them_help(directory_url: str) -> None:
    assert await _would_have_help(create_async_engine(async_url(directory_url)))


async def _would_have_help(engine: AsyncEngine) -> bool:
    """Return whether a count of many rows is planned with helpers where these cost nothing."""
    async with engine.connect() as db:
        for setting in HELP_IS_FREE:
            await db.exec_driver_sql(f"SET {setting}")
        plan = (await db.exec_driver_sql("EXPLAIN SELECT count(*) FROM pg_attribute")).scalars()
    await engine.dispose()
    return any("Gather" in line for line in plan)
