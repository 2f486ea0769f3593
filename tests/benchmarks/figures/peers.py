"""How fast are several processes in use? By the work that peers were measured by."""

from tests.benchmarks.aims import ONE_API, TWO_APIS
from tests.benchmarks.figures.as_used import measure_delivery, measure_requests
from tests.benchmarks.figures.delivery import Running
from tests.benchmarks.figures.situation import Situation
from tests.benchmarks.setting import Crowd, Setting
from tests.benchmarks.watching.postgres_commits import PostgresCommits


async def measure_peers(setting: Setting) -> None:
    """Measure two api processes, and one, each with relay inside, beside a worker."""
    extent, sight = setting.extent, setting.sight
    looked_up, paged = await setting.people(
        Crowd("looked-up", extent.looked_up, is_downstream=True),
        Crowd("paged", extent.paged, extent.groups_of_peers, is_downstream=True),
    )
    async with setting.floor() as floor:
        for where, apis in ((TWO_APIS, 2), (ONE_API, 1)):
            async with setting.running(apis) as ports:
                asked = setting.asked(looked_up, ports)
                watch = PostgresCommits(sight.downstream)
                running = Running(asked, sight, watch, setting.processors)
                situation = Situation(
                    where, running, setting.asked(paged, ports), floor, setting.report, extent
                )
                await measure_requests(situation)
                if where == ONE_API:
                    await measure_delivery(situation)
