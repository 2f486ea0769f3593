"""What changes with the size of the directory, when everything is running?"""

from dataclasses import replace

from tests.benchmarks.figures.delivery import PER_SECOND, Running, arrival, highest_rate
from tests.benchmarks.figures.rates import CREATE, DEACTIVATE, FLOOR, LOOK_UP, measure_rates
from tests.benchmarks.figures.sizes import measure_memory, measure_rows
from tests.benchmarks.load.http_load import p50_p99, percentile
from tests.benchmarks.report import AIM
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.postgres_commits import PostgresCommits

WHERE = "two api processes with relay, and a worker, by size"
COMMITTED = "from the answer to the commit downstream"
HIGHEST = "highest steady writes/s"


async def measure_steady_load(setting: Setting) -> None:
    """Measure with everything running, in directories of several sizes."""
    extent, report = setting.extent, setting.report
    people = await setting.people(
        replace(setting.small, is_downstream=True), replace(setting.large, is_downstream=True)
    )
    sizes = [f"among {size:,}" for size in (extent.small, extent.large)]
    async with setting.floor() as floor, setting.running() as ports:
        asked = {size: setting.asked(it, ports) for size, it in zip(sizes, people, strict=True)}
        table = report.table(f"{WHERE}: {COMMITTED}", "p50 · p99 ms", AIM)
        watch = PostgresCommits(setting.sight.downstream)
        by_size = {
            size: Running(it, setting.sight, watch, setting.processors)
            for size, it in asked.items()
        }
        worst = 0.0
        for size, running in by_size.items():
            arrived = await arrival(running, extent.steady_seconds)
            worst = max(worst, percentile(arrived.lags, 99))
            aim = report.hold(f"{COMMITTED}, p99", worst)
            cells = {"p50 · p99 ms": p50_p99(arrived.lags)}
            table.add(f"at {PER_SECOND} writes/s {size}", cells | aim)
        await _measure_highest(setting, by_size, floor.creates.per_second)
        works = [(CREATE, 16), (DEACTIVATE, 16), (LOOK_UP, 16)]
        asked = {FLOOR: floor.asked} | asked
        await measure_rates(report, WHERE, asked, works, setting.processors, extent)
        measure_memory(report)
    await measure_rows(report, setting.sight)


async def _measure_highest(setting: Setting, by_size: dict[str, Running], floor: float) -> None:
    report = setting.report
    table = report.table(f"{WHERE}: {HIGHEST}", "writes/s", AIM)
    rates = {size: await highest_rate(it, setting.extent) for size, it in by_size.items()}
    small, large = rates.values()
    table.add("the floor creates, 16 at a time", {"writes/s": f"{floor:,.0f}"})
    for size, rate in rates.items():
        aim = report.hold(HIGHEST, min(small, large) / floor)
        table.add(size, {"writes/s": f"{rate:,}"} | aim)
    beside = large / small if small else 0.0
    aim = report.hold(f"{HIGHEST}, large beside small", beside)
    table.add("large beside small", {"writes/s": f"{beside:.0%}"} | aim)
