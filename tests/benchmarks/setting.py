"""Where is delivery measured? On one installation, with a look at both of its sides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from api.directory.dialects import DirectoryDatabase
from tests.benchmarks.processors import Processors
from tests.benchmarks.report import Report
from tests.benchmarks.sight import Sight
from tests.drivers.installation import Installation, is_ready

API_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Setting:
    """Servers in containers, what is known of them, and where figures go."""

    installed: Installation
    directory: DirectoryDatabase
    sight: Sight
    processors: Processors
    report: Report

    @asynccontextmanager
    async def running(self) -> AsyncIterator[list[int]]:
        """Run api, relay and one worker; yield the ports of the api."""
        async with (
            self.installed.apis(API_PROCESSES) as origins,
            self.installed.workers(1) as [worker],
            httpx.AsyncClient() as http,
        ):
            await is_ready(http, self.installed.inspected[worker.pid])
            yield [int(origin.rpartition(":")[2]) for origin in origins]
