"""What does a situation reach? Requests, members, pages, a steady load, and what it all costs."""

from tests.benchmarks.figures.delivery import PER_SECOND, arrival, cost_of_floor, highest_rate
from tests.benchmarks.figures.members import measure_members
from tests.benchmarks.figures.pages import pages_of
from tests.benchmarks.figures.rates import (
    CREATE,
    DEACTIVATE,
    FLOOR,
    LOOK_UP,
    OF_FLOOR,
    measure_rates,
)
from tests.benchmarks.figures.situation import Situation
from tests.benchmarks.load.http_load import p50_p99, percentile
from tests.benchmarks.report import AIM, Table

WORKS = ((CREATE, 1), (CREATE, 16), (DEACTIVATE, 16), (LOOK_UP, 16))
MUSTER = "Muster"


async def measure_requests(it: Situation) -> None:
    """Measure rates, pages and members."""
    asked = {FLOOR: it.floor.asked, MUSTER: it.running.asked}
    processors, number = it.running.processors, it.extent.pages
    await measure_rates(it.report, it.where, asked, WORKS, processors, it.extent)
    table = _table(it, "a page")
    bare, _ = await pages_of(it.floor.asked, number, processors)
    ours, _ = await pages_of(it.paged, number, processors)
    _add(it, table, "a page of 100, ms", bare, ours)
    await measure_members(it.report, it.where, it.paged, it.floor.asked, it.extent)


async def measure_delivery(it: Situation) -> None:
    """Measure what a write costs, when it arrives, and how many arrive."""
    table = _table(it, "delivery")
    bare = await cost_of_floor(it.floor.asked, it.running.processors, it.extent.steady_seconds)
    arrived = await arrival(it.running, it.extent.steady_seconds)
    used = arrived.taken.of_muster(arrived.writes)
    _add(it, table, f"processor ms for a write at {PER_SECOND}/s", bare, used)
    for part, ms in arrived.taken.milliseconds_for_each(arrived.writes).items():
        if ms and part != FLOOR:
            table.add(f"of these {part}", {MUSTER: f"{ms:.1f}"})
    p50, p99 = (percentile(arrived.lags, percent) for percent in (50, 99))
    aims = [
        it.report.hold(f"{it.where}: from the answer to the commit downstream, {name}", lag)
        for name, lag in (("p50", p50), ("p99", p99))
    ]
    shown = {AIM: " · ".join(aim[AIM] for aim in aims if aim)}
    cells = {MUSTER: p50_p99(arrived.lags)}
    table.add("from the answer to the commit downstream, p50 · p99 ms", cells | shown)
    highest = await highest_rate(it.running, it.extent)
    floor = it.floor.creates.per_second
    share = highest / floor
    aim = it.report.hold(f"{it.where}: highest steady writes/s", share)
    cells = {FLOOR: f"{floor:,.0f}", MUSTER: f"{highest:,}", OF_FLOOR: f"{share:.0%}"}
    table.add("highest steady writes/s, beside creates at 16", cells | aim)


def _table(it: Situation, what: str) -> Table:
    return it.report.table(f"{it.where}: {what}", FLOOR, MUSTER, OF_FLOOR, AIM)


def _add(it: Situation, table: Table, what: str, floor: float, ours: float) -> None:
    """Add what is better the less it is: its share is that of the floor in ours."""
    share = floor / ours
    cells = {FLOOR: f"{floor:.1f}", MUSTER: f"{ours:.1f}", OF_FLOOR: f"{share:.0%}"}
    table.add(what, cells | it.report.hold(f"{it.where}: {what}", share))
