"""How do the costs of requests for a group grow with the group? In the largest directory."""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

from api.directory.dialects import DirectoryDatabase
from tests.benchmarks.load.bodies import patch
from tests.benchmarks.load.http_load import took
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.scim_growth.setting import (
    MEMBERS,
    ROUNDS,
    SLOW_ROUNDS,
    Directory,
    Row,
    fill_groups,
)
from tests.drivers.in_process import GROUP

MOST_GROWTH = 2.0
"""The aim: one member more or less in the largest group costs at most as many times as much as in
the smallest."""


class GroupFigures:
    """Measures requests for groups of several sizes, a row of the table for each kind."""

    def __init__(self, database: DirectoryDatabase, directory: Directory) -> None:
        self.database = database
        self.directory = directory
        self.numbers = count(1)
        self.rows: list[Row] = []
        self.failures: list[str] = []

    async def measure(self) -> None:
        """Measure what is asked of groups of several sizes, in the largest directory."""
        directory = self.directory
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
        self.rows.append(Row(what, "ms", {size: f"{ms:,.1f}" for size, ms in milliseconds.items()}))
