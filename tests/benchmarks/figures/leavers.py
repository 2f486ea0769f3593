"""Do leavers overtake everybody else? While joiners queue, and after a mapped group has gone."""

import time
from dataclasses import dataclass, replace
from math import inf

from contracts.topology import Lane
from tests.benchmarks.figures.relay import publish_all
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.load.people import People
from tests.benchmarks.report import AIM, Table
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.commits import lags
from tests.benchmarks.watching.postgres_commits import LEAVERS, PostgresCommits
from tests.benchmarks.watching.sight import moment
from tests.end_to_end.counters import scrape

MOST_SECONDS = 2.0
"""A bucket of the workers' own histogram, which bears witness."""

WAITING, LONGEST, WITNESS = (
    "waiting in bulk, before · after",
    "longest s, answer to commit",
    "histogram: within 2 s",
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves, whom the api is asked by, and where the figures go."""

    setting: Setting
    people: People
    client: Client
    table: Table

    async def while_others_wait(self, what: str, since: int) -> None:
        """Let some people leave, one after the other; see how long the last one takes."""
        sight, report = self.setting.sight, self.setting.report
        before, seen = await sight.unapplied(since), await self._seen()
        watch = PostgresCommits(sight.downstream, LEAVERS)
        async with watch.watching():
            answered: dict[str, float] = {}
            for _ in range(self.setting.extent.leavers):
                answered[await self.people.deactivate(self.client)] = time.time()
            ids = list(answered)
            await sight.until_these_are_applied(ids)
            after = await sight.unapplied(since)
            commits = await watch.commits()
        longest = max(lags(answered, await sight.versions(ids), commits))
        quick, all_ = (now - then for now, then in zip(await self._seen(), seen, strict=True))
        cells = {
            WAITING: f"{before:,} · {after:,}",
            LONGEST: f"{longest:.2f}",
            WITNESS: f"{quick:.0f} of {all_:.0f}",
        }
        valid = all_ == len(ids) and after > 0
        if not valid:
            report.note(
                f"The longest leaver {what} is void: nobody waited any more when the last one had"
                " gone, or the histogram of the workers has seen others."
            )
        aim = report.hold(f"the longest leaver {what}", longest if valid else inf)
        self.table.add(f"{len(ids)} leave {what}", cells | aim)

    async def _seen(self) -> tuple[float, float]:
        """Return how many urgent events the workers' histogram holds in time, and how many."""
        counters = await scrape(self.setting.installed.inspected.values())
        quick = counters.total("muster_sync_lag_seconds_bucket", Lane.URGENT, str(MOST_SECONDS))
        return quick, counters.total("muster_sync_lag_seconds_count", Lane.URGENT)


async def measure_leavers(setting: Setting) -> None:
    """Let people leave while bulk has much to do."""
    extent = setting.extent
    [people, joiners] = await setting.people(
        replace(setting.large, groups=extent.groups[-1:], is_downstream=True), setting.joiners
    )
    table = setting.report.table("leavers first", WAITING, LONGEST, WITNESS, AIM)
    since = (await publish_all(setting, joiners)).since
    async with setting.running() as ports:
        client = await Client.open(people.at(ports)[0])
        leaving = Leaving(setting, people, client, table)
        await leaving.while_others_wait("while joiners queue", since)
        await setting.sight.until_applied(since)
        setting.delivered.add(joiners.connection)

        since = moment()
        mapped = people.groups.pop(extent.groups[-1])
        await client.send("DELETE", f"/Groups/{mapped}")
        await leaving.while_others_wait("when a mapped group has gone", since)
        await setting.sight.until_applied(since)
        client.close()
