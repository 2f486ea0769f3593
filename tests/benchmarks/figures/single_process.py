"""How fast is a single process on SQLite? Beside the same rows by bare FastAPI and aiosqlite."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx2

from tests.benchmarks.aims import SINGLE
from tests.benchmarks.extent import Extent
from tests.benchmarks.figures.as_used import measure_delivery, measure_requests
from tests.benchmarks.figures.delivery import Running
from tests.benchmarks.figures.situation import Situation
from tests.benchmarks.floors.processes import sqlite_floor
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.lean_http import Target
from tests.benchmarks.load.people import People, fill, make_groups
from tests.benchmarks.report import Report
from tests.benchmarks.setting import RULES
from tests.benchmarks.watching.processors import Processors
from tests.benchmarks.watching.sight import Sight, moment, sight
from tests.benchmarks.watching.sqlite_commits import SqliteCommits
from tests.drivers.in_process import opened_directory
from tests.drivers.installation import NO_BRAKE, is_ready
from tests.drivers.muster_process import MusterProcess, running_part
from tests.servers.ports import free_port

LOGGING = {"MUSTER_LOG_LEVEL": "info", "MUSTER_LOG_FORMAT": "json", "MUSTER_SWEEP_SECONDS": "0"}


@dataclass(frozen=True, slots=True)
class SingleProcess:
    """``muster run`` in a folder of its own, with the embedded transport."""

    muster: MusterProcess
    sight: Sight

    async def people(self, size: int, name: str) -> People:
        """Fill a directory, all of whose people are downstream in the end."""
        since = moment()

        async def settle() -> None:
            await self.sight.until_applied(since)

        create = ("connections", "create", name, "dashboard", "--new-workspace", *NO_BRAKE)
        opened = self.muster.command(*create, *RULES)
        target = Target.of(opened, self.muster.port)
        async with opened_directory(self.muster.urls[0]) as directory:
            people = await fill(directory, target, settle, size)
        self.muster.command("resync", people.connection)
        await settle()
        return people

    async def with_groups(self, people: People, sizes: tuple[int, ...]) -> None:
        """Make groups out of some people."""
        async with opened_directory(self.muster.urls[0]) as directory:
            await make_groups(directory, self.muster.port, people, sizes)

    def asked(self, people: People) -> Asked:
        """Return what is asked: it is at rest once all is applied."""
        since = moment()
        return Asked(people, [self.muster.port], lambda: self.sight.until_applied(since))


async def measure_single_process(
    report: Report, folder: Path, log: BinaryIO, extent: Extent
) -> None:
    """Measure the single process."""
    async with _single_process(folder, log) as single, sqlite_floor(folder, extent) as floor:
        report.note(floor.said)
        looked_up = await single.people(extent.looked_up, "lookedup")
        paged = await single.people(extent.paged, "paged")
        await single.with_groups(paged, extent.groups_of_peers)
        watch = SqliteCommits(folder / "downstream.sqlite3")
        running = Running(single.asked(looked_up), single.sight, watch, Processors({}))
        situation = Situation(SINGLE, running, single.asked(paged), floor, report, extent)
        await measure_requests(situation)
        await measure_delivery(situation)


@asynccontextmanager
async def _single_process(folder: Path, log: BinaryIO) -> AsyncIterator[SingleProcess]:
    muster = MusterProcess(folder, free_port())
    async with (
        running_part("run", muster.environment | LOGGING, log),
        httpx2.AsyncClient() as http,
    ):
        await is_ready(http, f"http://127.0.0.1:{muster.port}")
        async with sight(*muster.urls) as looking:
            yield SingleProcess(muster, looking)
