"""How much does SCIM cost, and how does the cost grow? ``make bench-scim``; ``--check`` for aims.

Two api processes serve a PostgreSQL database of their own, whose writes are durable, to a load
generator on the same machine. What grows is measured at several sizes, in turn, so that a busy
moment hits all of them.
"""

import asyncio
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from rich.console import Console
from rich.table import Table

from api.admin.connections import create_connection
from api.connection_urls import SCIM_PREFIX
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY
from tests.benchmarks.bodies import patch, user
from tests.benchmarks.durability import durability
from tests.benchmarks.http_load import Ask, percentile, rate, took
from tests.benchmarks.lean_http import Client, Target
from tests.drivers.api_process import api_processes
from tests.drivers.in_process import GROUP, RULES
from tests.drivers.many_users import join, multiply
from tests.servers.postgres import PostgresServer, postgres_service
from tests.servers.services import ServiceSettings, find

USERS = (1_000, 10_000, 100_000, 200_000)
MEMBERS = (100, 1_000, 10_000, 100_000)
PROCESSES, CONNECTIONS = 2, 16
SECONDS = 4.0
"""How long a rate is measured."""

ROUNDS, SLOW_ROUNDS = 31, 5
"""How often a time is taken; of what takes a second, less often."""

MOST_GROWTH = 2.0
"""The aim: one member more or less in the largest group costs at most as many times as much as in
the smallest."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A connection with many users, as each of the processes serves it."""

    size: int
    targets: Sequence[Target]
    users: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    unit: str
    at: dict[int, str]


# --- setting up -------------------------------------------------------------------------------


async def fill(database: DirectoryDatabase, ports: Sequence[int], size: int) -> Directory:
    """Make a connection with so many users: one is pushed, the others are copies."""
    made = await create_connection(database, f"bench {size}", RULES, now())
    targets = [Target(port, f"{SCIM_PREFIX}/{made.id}", made.token) for port in ports]
    client = await Client.open(targets[0])
    pattern = (await client.send("POST", "/Users", user("person-0"))).json()["id"]
    client.close()
    return Directory(size, targets, await multiply(database, made.id, pattern, range(1, size)))


async def fill_groups(
    database: DirectoryDatabase, directory: Directory, client: Client
) -> dict[int, str]:
    """Make groups of each size out of the same users; return their ids by size."""
    groups = {}
    connection = directory.targets[0].path.rpartition("/")[2]
    for size in MEMBERS:
        body = {"schemas": [GROUP], "displayName": f"Group of {size}"}
        groups[size] = (await client.send("POST", "/Groups", body)).json()["id"]
        await join(database, connection, groups[size], directory.users[:size])
    return groups


# --- measuring --------------------------------------------------------------------------------


class Bench:
    """What is measured, line by line."""

    def __init__(self, database: DirectoryDatabase, directories: Sequence[Directory]) -> None:
        self.database = database
        self.directories = directories
        self.numbers = count(1)
        self.users: list[Row] = []
        self.groups: list[Row] = []
        self.failures: list[str] = []

    async def measure_users(self) -> None:
        """Measure what is asked of users, in directories of several sizes."""
        asks: dict[str, Callable[[Directory], Ask]] = {
            "create a user": lambda _: self._create,
            "look up by userName": self._look_up,
            "PATCH a user": self._change,
        }
        for what, ask in asks.items():
            at = {d.size: await _rate(d, ask(d)) for d in self.directories}
            self.users.append(Row(what, f"/s · p50 ms · p99 ms, {CONNECTIONS} connections", at))
        for what, query in {
            "last page of 100": "",
            "last page of 100 by userName": "&sortBy=userName",
        }.items():
            times = {d.size: await self._page(d, query) for d in self.directories}
            self.users.append(Row(what, "ms", times))

    async def _create(self, client: Client) -> None:
        await client.send("POST", "/Users", user(f"new-{next(self.numbers)}"))

    def _look_up(self, directory: Directory) -> Ask:
        async def ask(client: Client) -> None:
            number = next(self.numbers) * 7919 % (directory.size - 1) + 1
            query = f'filter=userName eq "Person-{number}@bench.test"'
            found = await client.send("GET", f"/Users?{query}")
            assert b'"totalResults":1,' in found.body

        return ask

    def _change(self, directory: Directory) -> Ask:
        async def ask(client: Client) -> None:
            number = next(self.numbers)
            id_ = directory.users[number * 7919 % len(directory.users)]
            title = {"op": "replace", "path": "title", "value": f"Weaver {number}"}
            await client.send("PATCH", f"/Users/{id_}", patch(title))

        return ask

    async def _page(self, directory: Directory, query: str) -> str:
        client = await Client.open(directory.targets[0])
        path = f"/Users?startIndex={directory.size - 99}&count=100{query}"
        times = [await took(client.send("GET", path)) for _ in range(ROUNDS)]
        client.close()
        return f"{statistics.median(times):.1f}"

    async def measure_groups(self) -> None:
        """Measure what is asked of groups of several sizes, in the largest directory."""
        directory = self.directories[-1]
        client = await Client.open(directory.targets[0])
        groups = await fill_groups(self.database, directory, client)
        await self._measure_one_member(client, groups, directory.users[-1])
        await self._measure(client, "rename", groups, self._rename, SLOW_ROUNDS)
        await self._measure(client, "GET without members", groups, self._get_without, ROUNDS)
        await self._measure(client, "GET with all members", groups, self._get, SLOW_ROUNDS)
        await self._measure_puts(client, groups, directory.users)
        await self._measure(client, "DELETE the group", groups, self._delete, 1)
        client.close()

    async def _measure_one_member(
        self, client: Client, groups: dict[int, str], newcomer: str
    ) -> None:
        add = {"op": "add", "path": "members", "value": [{"value": newcomer}]}
        remove = {"op": "remove", "path": f'members[value eq "{newcomer}"]'}
        medians = {}
        for what, operation in (("add one member", add), ("remove one member", remove)):
            undo = remove if operation is add else add
            times: dict[int, list[float]] = {size: [] for size in groups}
            for _ in range(ROUNDS):
                for size, group in groups.items():
                    await client.send("PATCH", f"/Groups/{group}", patch(undo))
                    request = client.send("PATCH", f"/Groups/{group}", patch(operation))
                    times[size].append(await took(request))
            medians = {size: statistics.median(taken) for size, taken in times.items()}
            self._note(what, medians)
            growth = medians[MEMBERS[-1]] / medians[MEMBERS[0]]
            if growth > MOST_GROWTH:
                self.failures.append(f"{what}: {growth:.1f} times as much in the largest group")

    async def _measure(
        self,
        client: Client,
        what: str,
        groups: dict[int, str],
        ask: Callable[[Client, str], Awaitable[Any]],
        rounds: int,
    ) -> None:
        times: dict[int, list[float]] = {size: [] for size in groups}
        for _ in range(rounds):
            for size, group in groups.items():
                times[size].append(await took(ask(client, group)))
        self._note(what, {size: statistics.median(taken) for size, taken in times.items()})

    async def _rename(self, client: Client, group: str) -> None:
        operation = {"op": "replace", "value": {"displayName": f"Group {next(self.numbers)}"}}
        await client.send("PATCH", f"/Groups/{group}", patch(operation))

    async def _get_without(self, client: Client, group: str) -> None:
        await client.send("GET", f"/Groups/{group}?excludedAttributes=members")

    async def _get(self, client: Client, group: str) -> None:
        await client.send("GET", f"/Groups/{group}")

    async def _delete(self, client: Client, group: str) -> None:
        await client.send("DELETE", f"/Groups/{group}")

    async def _measure_puts(
        self, client: Client, groups: dict[int, str], users: Sequence[str]
    ) -> None:
        """PUT the whole list: half of it new, then as it was, then as it is."""
        times: dict[str, dict[int, float]] = {"PUT with half of it new": {}, "PUT of the same": {}}
        for size, group in groups.items():
            name = f"Group {next(self.numbers)}"
            for what, first in (
                ("PUT with half of it new", size // 2),
                ("PUT of the same", size // 2),
            ):
                members = [{"value": id_} for id_ in users[first : first + size]]
                body = {"schemas": [GROUP], "displayName": name, "members": members}
                path = f"/Groups/{group}?excludedAttributes=members"
                times[what][size] = await took(client.send("PUT", path, body))
        for what, taken in times.items():
            self._note(what, taken)

    def _note(self, what: str, milliseconds: dict[int, float]) -> None:
        self.groups.append(
            Row(what, "ms", {size: f"{ms:,.1f}" for size, ms in milliseconds.items()})
        )

    async def measure_others(self) -> list[Row]:
        """Measure what others wait while one process is busy with the longest list."""
        directory = self.directories[-1]
        busy, other = [await Client.open(directory.targets[0]) for _ in range(2)]
        size = MEMBERS[-1]
        members = [{"value": id_} for id_ in directory.users[:size]]
        body = {"schemas": [GROUP], "displayName": "Everybody", "members": members}
        path = "/Groups?excludedAttributes=members"
        look_up = self._look_up(directory)
        rows = [
            Row(
                "meanwhile nothing",
                "p50 · p99 · longest ms",
                {size: await _waits(look_up, other, asyncio.sleep(2))},
            )
        ]
        made = asyncio.create_task(busy.send("POST", path, body))
        rows.append(
            Row("meanwhile POST of all members", "", {size: await _waits(look_up, other, made)})
        )
        group = (await made).json()["id"]
        path = f"/Groups/{group}"
        reads = _repeat(lambda: busy.send("GET", path), SLOW_ROUNDS)
        rows.append(
            Row("meanwhile GET of all members", "", {size: await _waits(look_up, other, reads)})
        )
        put = busy.send("PUT", path, body | {"members": members[size // 2 :]})
        rows.append(
            Row("meanwhile PUT of half of them", "", {size: await _waits(look_up, other, put)})
        )
        busy.close()
        other.close()
        return rows


async def _rate(directory: Directory, ask: Ask) -> str:
    return str(await rate(directory.targets, ask, connections=CONNECTIONS, seconds=SECONDS))


async def _repeat(ask: Callable[[], Awaitable[Any]], times: int) -> None:
    for _ in range(times):
        await ask()


async def _waits(ask: Ask, client: Client, until: Awaitable[Any]) -> str:
    """Ask again and again while something else is going on; return what it took."""
    other = asyncio.ensure_future(until)
    times = []
    while not other.done():
        times.append(await took(ask(client)) / 1_000)
    await other
    longest = max(times) * 1_000
    return f"{percentile(times, 50):.1f} · {percentile(times, 99):.0f} · {longest:.0f}"


# --- showing ----------------------------------------------------------------------------------


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
    """Measure everything; return which aims were missed."""
    plain = url.replace("+asyncpg", "")
    database = DirectoryDatabase(*open_engines(plain))
    await DIRECTORY.migrate(database.writing)
    async with api_processes(plain, PROCESSES) as ports:
        measured = Bench(database, [await fill(database, ports, size) for size in USERS])
        await measured.measure_users()
        await measured.measure_groups()
        others = await measured.measure_others()
    await database.reading.dispose()
    await database.writing.dispose()
    console.print(f"{PROCESSES} api processes; PostgreSQL: {await durability(plain)}")
    console.print(
        f"Rates over {SECONDS:g} s; times are medians of {ROUNDS} ({SLOW_ROUNDS}), in turn."
    )
    show(console, "Users in the directory", USERS, measured.users)
    show(console, f"Members of the group, of {USERS[-1]:,} users", MEMBERS, measured.groups)
    show(console, "Look-ups by userName on the one process that is busy", MEMBERS[-1:], others)
    return measured.failures


def main() -> None:
    """Run the benchmark; with ``--check``, fail where an aim is missed."""
    console = Console(width=120)
    settings = ServiceSettings()
    service = postgres_service(settings)
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
