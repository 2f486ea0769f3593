"""How are floors run? As processes of their own, by the faster of the parsers that there are."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.extent import Extent
from tests.benchmarks.floors.bare_postgres_api import make_tables
from tests.benchmarks.floors.bare_sqlite_api import make_file
from tests.benchmarks.floors.serving import PARSERS
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.bare_people import BarePeople, bare_id, bare_people
from tests.benchmarks.load.bodies import user
from tests.benchmarks.load.http_load import Rate, median_of
from tests.drivers.served_processes import served
from tests.servers.ports import free_port

CONNECTIONS = 16
"""With so many, creating users, the parsers are held against each other."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor of an api, and what is to be said of it."""

    asked: Asked
    creates: Rate
    """At 16 connections."""
    said: str


@asynccontextmanager
async def postgres_floor(url: str, processes: int, extent: Extent) -> AsyncIterator[Floor]:
    """Run so many processes of the floor on PostgreSQL."""
    people = bare_people(extent.paged)
    await make_tables(url, _users(people))
    async with _fastest("bare_postgres_api", url, people, processes, extent) as floor:
        yield floor


@asynccontextmanager
async def sqlite_floor(folder: Path, extent: Extent) -> AsyncIterator[Floor]:
    """Run the floor of a single process, on a file of its own."""
    people, file = bare_people(extent.paged), folder / "floor.sqlite3"
    make_file(file, _users(people))
    async with _fastest("bare_sqlite_api", str(file), people, 1, extent) as floor:
        yield floor


def _users(people: BarePeople) -> list[tuple[str, str, str]]:
    names = [bare_id(it) for it in range(people.at_first)]
    return [(name, f"{name}@bench.test", json.dumps(user(name))) for name in names]


@asynccontextmanager
async def _fastest(
    module: str, store: str, people: BarePeople, processes: int, extent: Extent
) -> AsyncIterator[Floor]:
    """Run the floor with each of the parsers, and go on with the fastest."""
    rounds: dict[str, list[Rate]] = {parser: [] for parser in PARSERS}
    async with AsyncExitStack() as running:
        served_by = {
            parser: Asked(
                people,
                await running.enter_async_context(_serving(module, store, parser, processes)),
            )
            for parser in PARSERS
        }
        for _ in range(extent.rounds):
            for parser, asked in served_by.items():
                measured = await asked.rate(BarePeople.create, CONNECTIONS, extent.seconds)
                rounds[parser].append(measured)
        creates = {parser: median_of(rates) for parser, rates in rounds.items()}
        best = max(creates, key=lambda parser: creates[parser].per_second)
        shown = ", ".join(f"{it.per_second:,.0f}/s by {parser}" for parser, it in creates.items())
        said = f"{module}, {processes} of it: {shown}; goes on with {best}"
        yield Floor(served_by[best], creates[best], said)


@asynccontextmanager
async def _serving(
    module: str, store: str, parser: str, processes: int
) -> AsyncIterator[list[int]]:
    ports = [free_port() for _ in range(processes)]
    start = (sys.executable, "-m", f"tests.benchmarks.floors.{module}", store)
    async with served({port: (*start, str(port), parser) for port in ports}):
        yield ports
