"""How fast does an api answer? Its rates beside those of a floor, which is asked in turn."""

import statistics
from collections.abc import Mapping, Sequence

from tests.benchmarks.extent import Extent
from tests.benchmarks.load.asked import Asked, PeopleAsk
from tests.benchmarks.load.http_load import Rate, median_of
from tests.benchmarks.report import AIM, Report
from tests.benchmarks.watching.processors import Processors

CREATE, DEACTIVATE, LOOK_UP = "create", "deactivate", "look up by userName"
ASKS: Mapping[str, PeopleAsk] = {
    CREATE: lambda people, client: people.create(client),
    DEACTIVATE: lambda people, client: people.deactivate(client),
    LOOK_UP: lambda people, client: people.look_up(client),
}
FLOOR, OF_FLOOR = "floor", "of the floor"
PROCESSOR = "processor ms for each"
"""Of all parts and servers, until all that was asked for is at rest: column by column."""


def rate_of(what: str, connections: int) -> str:
    """Return what a rate is called."""
    return f"{what}, {connections} at a time"


async def measure_rates(
    report: Report,
    where: str,
    asked: Mapping[str, Asked],
    works: Sequence[tuple[str, int]],
    processors: Processors,
    extent: Extent,
) -> None:
    """Measure what is asked of some directories, and of the floor among them, in turn.

    :param works: what is asked, and at how many connections.
    """
    columns = (*asked, OF_FLOOR, AIM, PROCESSOR)
    table = report.table(f"{where}, /s · p50 ms · p99 ms", *columns)
    for what, connections in works:
        rounds: dict[str, list[Rate]] = {column: [] for column in asked}
        used: dict[str, list[float]] = {column: [] for column in asked}
        for _ in range(extent.rounds):
            for column, it in asked.items():
                with processors.watched() as taken:
                    measured = await it.rate(ASKS[what], connections, extent.seconds)
                rounds[column].append(measured)
                each = taken.of_floor if column == FLOOR else taken.of_muster
                used[column].append(each(measured.number))
        medians = {column: median_of(rates) for column, rates in rounds.items()}
        share = _share(medians)
        name = rate_of(what, connections)
        cells = {column: str(median) for column, median in medians.items()}
        aim = report.hold(f"{where}: {name}", share)
        cells[PROCESSOR] = " · ".join(f"{statistics.median(ms):.1f}" for ms in used.values())
        table.add(name, cells | {OF_FLOOR: f"{share:.0%}"} | aim)


def _share(medians: Mapping[str, Rate]) -> float:
    """Return the least share of the floor, whatever the directory's size."""
    ours = min(it.per_second for column, it in medians.items() if column != FLOOR)
    return ours / medians[FLOOR].per_second
