"""How fast do workers apply a backlog? Beside a bare upsert of a row for each identity."""

import asyncio
import statistics
from dataclasses import dataclass, replace

import httpx2

from tests.benchmarks.figures.rates import FLOOR, OF_FLOOR
from tests.benchmarks.figures.relay import publish_all
from tests.benchmarks.floors import loops
from tests.benchmarks.load.people import People
from tests.benchmarks.report import AIM, Table
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.sight import moment
from tests.drivers.installation import is_ready
from tests.drivers.muster_process import START_SECONDS

APPLIED = "identities/s"
MADE = "one worker makes accounts"
CHANGED, BY_TWO = "one worker goes over accounts", "two workers go over accounts"
DRAINED = "drain, everything running"


@dataclass(frozen=True, slots=True)
class Backlog:
    """People who are published again and again, and where their figures go."""

    setting: Setting
    people: People
    table: Table

    async def apply(self, workers: int) -> float:
        """Publish everybody, then apply that; return how many a second."""
        setting = self.setting
        since = (await publish_all(setting, self.people)).since
        async with setting.installed.workers(workers) as running, httpx2.AsyncClient() as http:
            at = [setting.installed.inspected[worker.pid] for worker in running]
            async with asyncio.timeout(START_SECONDS):
                await asyncio.gather(*(is_ready(http, origin) for origin in at))
            left = await setting.sight.unapplied(since)
            return left / await setting.sight.until_applied(since)

    async def drain(self) -> float:
        """Mark everybody while everything is running; return how many arrive a second."""
        sight = self.setting.sight
        async with self.setting.running():
            since = moment()
            marking = asyncio.create_task(self.setting.mark(self.people))
            while not (left := await sight.unapplied(since)):
                await asyncio.sleep(0.01)
            rate = left / await sight.until_applied(since)
            await marking
        return rate

    def add(self, what: str, rate: float, floor: float) -> None:
        """Add a figure, beside the floor."""
        share = rate / floor
        cells = {FLOOR: f"{floor:,.0f}", APPLIED: f"{rate:,.0f}", OF_FLOOR: f"{share:.0%}"}
        self.table.add(what, cells | self.setting.report.hold(what, share))


async def measure_worker(setting: Setting) -> None:
    """Measure what is applied: accounts that are made, and accounts that are there."""
    columns = (FLOOR, APPLIED, OF_FLOOR, AIM)
    await setting.people(replace(setting.large, is_downstream=True))
    [joiners] = await setting.people(setting.joiners)
    table = setting.report.table("a backlog", *columns)
    backlog = Backlog(setting, joiners, table)
    floors = [await _upserted(setting)]
    made = await backlog.apply(1)
    setting.delivered.add(joiners.connection)
    changed, by_two = await backlog.apply(1), await backlog.apply(2)
    drained = await backlog.drain()
    floors.append(await _upserted(setting))
    floor = statistics.mean(floors)
    backlog.add(MADE, made, floor)
    backlog.add(CHANGED, changed, floor)
    backlog.add(BY_TWO, by_two, floor)
    backlog.add(DRAINED, drained, floor)
    gain = by_two / changed
    aim = setting.report.hold(f"{BY_TWO}, beside one", gain)
    table.add("two workers beside one", {OF_FLOOR: f"{gain:.0%} of one"} | aim)


async def _upserted(setting: Setting) -> float:
    url = setting.installed.database_url("downstream")
    return await loops.upsert(url, setting.extent.floor_seconds)
