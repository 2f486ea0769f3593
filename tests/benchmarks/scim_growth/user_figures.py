"""How fast are requests for users, in directories of several sizes?"""

import statistics
from collections.abc import Callable, Sequence
from itertools import count

from tests.benchmarks.load.bodies import patch, user
from tests.benchmarks.load.http_load import Ask, rate, took
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.scim_growth.setting import CONNECTIONS, ROUNDS, SECONDS, Directory, Row


class UserFigures:
    """Measures requests for users, a row of the table for each kind."""

    def __init__(self, directories: Sequence[Directory]) -> None:
        self.directories = directories
        self.numbers = count(1)
        self.rows: list[Row] = []

    async def measure(self) -> None:
        """Measure what is asked of users, in directories of several sizes."""
        asks: dict[str, Callable[[Directory], Ask]] = {
            "create a user": lambda _: self._create,
            "look up by userName": self.look_up,
            "PATCH a user": self._change,
        }
        for what, ask in asks.items():
            at = {d.size: await _rate(d, ask(d)) for d in self.directories}
            self.rows.append(Row(what, f"/s · p50 ms · p99 ms, {CONNECTIONS} connections", at))
        for what, query in {
            "last page of 100": "",
            "last page of 100 by userName": "&sortBy=userName",
        }.items():
            times = {d.size: await self._page(d, query) for d in self.directories}
            self.rows.append(Row(what, "ms", times))

    async def _create(self, client: Client) -> None:
        await client.send("POST", "/Users", user(f"new-{next(self.numbers)}"))

    def look_up(self, directory: Directory) -> Ask:
        """Return a look-up of one user after the other by userName."""

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


async def _rate(directory: Directory, ask: Ask) -> str:
    return str(await rate(directory.targets, ask, connections=CONNECTIONS, seconds=SECONDS))
