"""How much does SCIM cost, and how does the cost grow? ``make bench-scim``; ``--check`` for aims.

Two api processes serve a PostgreSQL database of their own, whose writes are durable, to a load
generator on the same machine. What grows is measured at several sizes, in turn, so that a busy
moment hits all of them.
"""

import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY
from tests.benchmarks.scim_growth.bystander_figures import measure_bystanders
from tests.benchmarks.scim_growth.group_figures import GroupFigures
from tests.benchmarks.scim_growth.setting import (
    MEMBERS,
    PROCESSES,
    ROUNDS,
    SECONDS,
    SLOW_ROUNDS,
    USERS,
    Row,
    fill,
)
from tests.benchmarks.scim_growth.user_figures import UserFigures
from tests.benchmarks.watching.durability import durability
from tests.drivers.api_process import api_processes
from tests.servers.postgres import PostgresServer, postgres_service
from tests.servers.services import ServiceSettings, find


def show(console: Console, title: str, sizes: Sequence[int], rows: Sequence[Row]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("unit")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    for row in rows:
        table.add_row(row.what, row.unit, *(row.at.get(size, "") for size in sizes))
    console.print(table)


async def bench(url: str, console: Console) -> list[str]:
    """Measure everything; return the aims that were missed."""
    plain = url.replace("+asyncpg", "")
    database = DirectoryDatabase(*open_engines(plain))
    await DIRECTORY.migrate(database.writing)
    async with api_processes(plain, PROCESSES) as ports:
        directories = [await fill(database, ports, size) for size in USERS]
        users, groups = UserFigures(directories), GroupFigures(database, directories[-1])
        await users.measure()
        await groups.measure()
        others = await measure_bystanders(directories[-1], users.look_up(directories[-1]))
    await database.reading.dispose()
    await database.writing.dispose()
    console.print(f"{PROCESSES} api processes; PostgreSQL: {await durability(plain)}")
    console.print(
        f"Rates over {SECONDS:g} s; times are medians of {ROUNDS} ({SLOW_ROUNDS}), in turn."
    )
    show(console, "Users in the directory", USERS, users.rows)
    show(console, f"Members of the group, of {USERS[-1]:,} users", MEMBERS, groups.rows)
    show(console, "Look-ups by userName on the one process that is busy", MEMBERS[-1:], others)
    return groups.failures


def main() -> None:
    """Run the benchmark; with ``--check``, fail where an aim is missed."""
    console = Console(width=120)
    settings = ServiceSettings()
    service = postgres_service(settings, durable=True)
    with (
        find(service, local_services=settings.local_services) as found,
        PostgresServer(found.url).fresh_database() as url,
    ):
        failures = asyncio.run(bench(url, console))
    for failure in failures:
        console.print(f"missed: {failure}")
    if failures and "--check" in sys.argv[1:]:
        sys.exit(1)


if __name__ == "__main__":
    main()
