"""How fast does the api answer? Held against a bare FastAPI route, asked in turn."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from api.directory.dialects import DirectoryDatabase
from tests.benchmarks.bodies import patch
from tests.benchmarks.http_load import Rate, rate, took
from tests.benchmarks.lean_http import Client
from tests.benchmarks.people import People
from tests.benchmarks.processors import Processors, Taken
from tests.benchmarks.report import Report, Table
from tests.drivers.in_process import GROUP
from tests.drivers.many_users import join

CONNECTIONS = (1, 16, 64)
SECONDS, ROUNDS = 2.0, 3
"""How long a rate is measured, and how often: each is the median of its rounds."""

SHARES = {"create": 0.4, "deactivate": 0.3, "look up by userName": 0.5}
"""The aims: of what the floor does at 16 connections."""

AIMED_AT = 16
MEMBERS = (100, 1_000, 10_000, 100_000)
PAGES, PAGE_MILLISECONDS = 60, 10.0
CHANGES = 21
MOST_GROWTH = 2.0

ASKS: Mapping[str, Callable[[People, Client], Awaitable[object]]] = {
    "create": lambda people, client: people.create(client),
    "deactivate": lambda people, client: people.deactivate(client),
    "look up by userName": lambda people, client: people.look_up(client),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """People, and the processes that are asked for them."""

    people: People
    ports: Sequence[int]


async def measure_rates(report: Report, table: Table, asked: Mapping[str, Asked]) -> None:
    """Measure what is asked of users, of each of some directories (and floors) in turn."""
    for connections in CONNECTIONS:
        for what, ask in ASKS.items():
            rounds: dict[str, list[Rate]] = {column: [] for column in asked}
            for _ in range(ROUNDS):
                for column, it in asked.items():
                    rounds[column].append(await _rate(it, ask, connections))
            medians = {column: _median(rates) for column, rates in rounds.items()}
            cells = {column: str(median) for column, median in medians.items()}
            if "floor" in medians:
                share = _share(medians)
                cells["of the floor"] = f"{share:.0%}"
                if connections == AIMED_AT:
                    cells["aim"] = f"{SHARES[what]:.0%}"
                    report.aim(f"{what}: {share:.0%} of the floor", reached=share >= SHARES[what])
            table.add(f"{what}, {connections} at a time", cells)


async def groups_of(directory: DirectoryDatabase, asked: Asked) -> dict[int, str]:
    """Make groups of several sizes out of the same users; return their ids by size."""
    client = await Client.open(asked.people.at(asked.ports)[0])
    groups = {}
    for size in MEMBERS:
        body = {"schemas": [GROUP], "displayName": group_name(size)}
        groups[size] = (await client.send("POST", "/Groups", body)).json()["id"]
        members = list(asked.people.active)[:size]
        await join(directory, asked.people.connection, groups[size], members)
    client.close()
    return groups


def group_name(size: int) -> str:
    """Return what the group of a size is called."""
    return f"Group of {size}"


async def _rate(
    asked: Asked, ask: Callable[[People, Client], Awaitable[object]], connections: int
) -> Rate:
    async def once(client: Client) -> None:
        await ask(asked.people, client)

    return await rate(asked.people.at(asked.ports), once, connections=connections, seconds=SECONDS)


def _median(rates: Sequence[Rate]) -> Rate:
    return sorted(rates, key=lambda it: it.per_second)[len(rates) // 2]


def _share(medians: Mapping[str, Rate]) -> float:
    """Return the least share of the floor, whatever the directory's size."""
    ours = min(it.per_second for column, it in medians.items() if column != "floor")
    return ours / medians["floor"].per_second


async def measure_pages(
    report: Report, table: Table, asked: Mapping[str, Asked], processors: Processors
) -> None:
    """Measure the last pages of 100, one after the other as a provider reads them."""
    for column, it in asked.items():
        client = await Client.open(it.people.at(it.ports)[0])
        number = len(it.people.names)
        paths = [
            f"/Users?startIndex={start}&count=100"
            for start in range(number - PAGES * 100 + 1, number, 100)
        ]
        first = await took(client.send("GET", paths[0]))
        with processors.watched() as taken:
            times = [await took(client.send("GET", path)) for path in paths[1:]]
        client.close()
        used = _of_servers(taken, len(times))
        table.add(f"a page of 100 deep in {column} users, the first", {"ms": f"{first:.1f}"})
        table.add(
            "and those after it",
            {"ms": f"{statistics.median(times):.1f}", "processor ms": f"{used:.1f}"},
        )
        report.aim(
            f"page of 100 of {column}: {used:.1f} ms of processor",
            reached=used < PAGE_MILLISECONDS,
        )


def _of_servers(taken: Taken, number: int) -> float:
    each = taken.milliseconds_for_each(number)
    return each["api"] + each["database"]


async def measure_members(
    report: Report, table: Table, asked: Asked, groups: Mapping[int, str]
) -> None:
    """Measure one member more and less, in groups of several sizes in turn."""
    client = await Client.open(asked.people.at(asked.ports)[0])
    newcomer = await asked.people.create(client)
    add = patch({"op": "add", "path": "members", "value": [{"value": newcomer}]})
    remove = patch({"op": "remove", "path": f'members[value eq "{newcomer}"]'})
    times: dict[str, dict[int, list[float]]] = {
        "one member more": {size: [] for size in groups},
        "one member less": {size: [] for size in groups},
    }
    for _ in range(CHANGES):
        for size, group in groups.items():
            for what, body in (("one member more", add), ("one member less", remove)):
                change = client.send("PATCH", f"/Groups/{group}", body)
                times[what][size].append(await took(change))
    client.close()
    for what, by_size in times.items():
        medians = {size: statistics.median(taken) for size, taken in by_size.items()}
        for size, median in medians.items():
            table.add(f"{what}, in a group of {size:,}", {"ms": f"{median:.1f}"})
        growth = medians[max(medians)] / medians[min(medians)]
        report.aim(f"{what}: {growth:.1f} times as long", reached=growth <= MOST_GROWTH)
