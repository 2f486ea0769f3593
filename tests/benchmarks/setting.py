"""Where are several processes measured? On one installation, with a look at both of its sides."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from api.directory.dialects import DirectoryDatabase
from tests.benchmarks.extent import Extent
from tests.benchmarks.floors.processes import Floor, postgres_floor
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.lean_http import Target
from tests.benchmarks.load.people import People, fill, group_name, make_groups
from tests.benchmarks.report import Report
from tests.benchmarks.watching.processors import Processors
from tests.benchmarks.watching.sight import Sight, moment
from tests.drivers.api_process import api_processes
from tests.drivers.installation import NO_BRAKE, Installation, is_ready
from tests.drivers.muster_process import START_SECONDS

API_PROCESSES = 2

RULES = (
    *("--on-create", "create-collaborator", "--role", "viewer"),
    *("--on-deactivate", "remove-collaborator"),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A directory that is needed."""

    name: str
    size: int
    groups: tuple[int, ...] = ()
    is_downstream: bool = False


@dataclass(slots=True)
class Setting:
    """Servers in containers, what is known of them, and where figures go."""

    extent: Extent
    installed: Installation
    directory: DirectoryDatabase
    sight: Sight
    processors: Processors
    report: Report
    filled: dict[str, People] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)
    """The connections whose people are downstream."""

    @property
    def small(self) -> Crowd:
        """The smallest directory."""
        return Crowd("small", self.extent.small)

    @property
    def large(self) -> Crowd:
        """The largest directory."""
        return Crowd("large", self.extent.large)

    @property
    def joiners(self) -> Crowd:
        """The people of a backlog."""
        return Crowd("joiners", self.extent.joiners)

    async def people(self, *crowds: Crowd) -> list[People]:
        """Return the people of some directories, which are filled as far as they are not yet."""
        if any(self._lacks(crowd) for crowd in crowds):
            async with self.running(1) as [port]:
                for crowd in crowds:
                    await self._fill(crowd, port)
        return [self.filled[crowd.name] for crowd in crowds]

    def _lacks(self, crowd: Crowd) -> bool:
        people = self.filled.get(crowd.name)
        return (
            people is None
            or not people.groups.keys() >= set(crowd.groups)
            or (crowd.is_downstream and people.connection not in self.delivered)
        )

    async def _fill(self, crowd: Crowd, port: int) -> None:
        if crowd.name not in self.filled:
            self.filled[crowd.name] = await self._new(crowd, port)
        people = self.filled[crowd.name]
        await make_groups(self.directory, port, people, crowd.groups)
        if crowd.is_downstream and people.connection not in self.delivered:
            await self.sight.until_applied(await self.mark(people))
            self.delivered.add(people.connection)

    async def _new(self, crowd: Crowd, port: int) -> People:
        mapped = f"{group_name(self.extent.groups[-1])}=editor"
        rules = (*RULES, *NO_BRAKE, "--map-role", mapped)
        opened = await self.installed.connect(crowd.name, "dashboard", *rules)
        since, target = moment(), Target.of(opened, port)

        async def settle() -> None:
            await self.sight.until_applied(since)

        return await fill(self.directory, target, settle, crowd.size)

    async def settle(self, since: int) -> None:
        """Let everything that has changed since a moment arrive."""
        async with self.running():
            await self.sight.until_applied(since)

    async def mark(self, people: People) -> int:
        """Mark everybody for publication; return the moment before that."""
        since = moment()
        printed = await self.installed.command("resync", people.connection, "--json")
        assert json.loads(printed)["marked"] >= len(people.active)
        return since

    @asynccontextmanager
    async def apis_alone(self) -> AsyncIterator[list[int]]:
        """Run the api without relay and worker, which no command does; yield the ports."""
        url = self.installed.database_url("directory")
        async with api_processes(url, API_PROCESSES, self.installed.log) as ports:
            yield ports

    @asynccontextmanager
    async def running(self, apis: int = API_PROCESSES) -> AsyncIterator[list[int]]:
        """Run so many api processes, each with a relay, and one worker; yield the api's ports."""
        async with (
            self.installed.apis(apis) as origins,
            self.installed.workers(1) as [worker],
            httpx2.AsyncClient() as http,
        ):
            async with asyncio.timeout(START_SECONDS):
                await is_ready(http, self.installed.inspected[worker.pid])
            yield [int(origin.rpartition(":")[2]) for origin in origins]

    @asynccontextmanager
    async def floor(self) -> AsyncIterator[Floor]:
        """Run the floor of the api beside whatever is measured."""
        url = self.installed.database_url("directory")
        async with postgres_floor(url, API_PROCESSES, self.extent) as floor:
            self.report.note(floor.said)
            yield floor

    def asked(self, people: People, ports: list[int]) -> Asked:
        """Return what is asked while everything is running: it is at rest once all is applied."""
        since = moment()
        return Asked(people, ports, lambda: self.sight.until_applied(since))
