"""Do leavers overtake everybody else? While joiners queue, and after a mapped group has gone."""

from dataclasses import dataclass

from contracts.clock import now
from contracts.topology import Lane
from tests.benchmarks.backlog_figures import publish_all
from tests.benchmarks.lean_http import Client
from tests.benchmarks.people import People
from tests.benchmarks.report import Table
from tests.benchmarks.setting import Setting
from tests.end_to_end.counters import scrape

LEAVERS = 20
MOST_SECONDS = 2.0
"""The aim, and a bucket of the histogram."""

WAITING, LONGEST, WITNESS = "waiting in bulk, before · after", "longest s", "histogram: within 2 s"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves, whom the api is asked by, and where the figures go."""

    setting: Setting
    people: People
    client: Client
    table: Table

    async def while_others_wait(self, what: str, since: int) -> None:
        """Let some people leave, one after the other; see how long the last one takes."""
        sight = self.setting.sight
        before, seen = await sight.unapplied(since), await self._seen()
        left = now()
        ids = [await self.people.deactivate(self.client) for _ in range(LEAVERS)]
        await sight.until_these_are_applied(ids, left)
        after, longest = await sight.unapplied(since), max(await sight.lags(ids))
        quick, all_ = (now - then for now, then in zip(await self._seen(), seen, strict=True))
        cells = {
            WAITING: f"{before:,} · {after:,}",
            LONGEST: f"{longest:.2f}",
            WITNESS: f"{quick:.0f} of {all_:.0f}",
            "aim": f"{MOST_SECONDS:g}",
        }
        self.table.add(f"{LEAVERS} leave while {what}", cells)
        reached = longest < MOST_SECONDS and quick == all_ == LEAVERS and after > 0
        self.setting.report.aim(f"leavers while {what}: {cells}", reached=reached)

    async def _seen(self) -> tuple[float, float]:
        """Return how many urgent events the workers' histogram holds in time, and how many."""
        counters = await scrape(self.setting.installed.inspected.values())
        quick = counters.total("muster_sync_lag_seconds_bucket", Lane.URGENT, str(MOST_SECONDS))
        return quick, counters.total("muster_sync_lag_seconds_count", Lane.URGENT)


async def measure_leavers(
    setting: Setting, joiners: People, people: People, mapped_group: str
) -> None:
    """Let people leave while bulk has much to do."""
    table = setting.report.table("leavers first", WAITING, LONGEST, WITNESS, "aim")
    await publish_all(setting, joiners)
    async with setting.running() as ports:
        client = await Client.open(people.at(ports)[0])
        leaving = Leaving(setting, people, client, table)
        await leaving.while_others_wait(f"{len(joiners.names):,} joiners queue", joiners.since)
        await setting.sight.until_applied(joiners.since)

        since = now()
        await client.send("DELETE", f"/Groups/{mapped_group}")
        await leaving.while_others_wait("a mapped group of 100,000 has just gone", since)
        await setting.sight.until_applied(since)
        client.close()
