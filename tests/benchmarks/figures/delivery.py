"""How does Muster bear a load that does not end? Lags, the highest rate, and what a write costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.extent import Extent
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.steady import push
from tests.benchmarks.watching.commits import CommitWatch, lags
from tests.benchmarks.watching.processors import Processors, Taken
from tests.benchmarks.watching.sight import Sight, moment

PER_SECOND = 50

CLOSE_ENOUGH = 1.15
"""The search for the highest rate ends when the lowest that was too high is so near."""

MOST_BEHIND = 1.0
"""Seconds of writes that may wait, and that answers may be late, where nothing piles up."""


@dataclass(frozen=True, slots=True)
class Running:
    """Muster with everything at work, the people who are pushed, and who watches."""

    asked: Asked
    sight: Sight
    watch: CommitWatch
    processors: Processors


@dataclass(frozen=True, slots=True)
class Arrival:
    """The seconds from each answer to the commit downstream, and what was taken for the writes."""

    lags: Sequence[float]
    taken: Taken
    writes: int


async def arrival(running: Running, seconds: float) -> Arrival:
    """Push at a moderate rate; see when it is committed, and what it costs."""
    since, sight = moment(), running.sight
    async with running.watch.watching():
        with running.processors.watched() as taken:
            load = await push(running.asked, PER_SECOND, seconds)
            await sight.until_applied(since)
        commits = await running.watch.commits()
    versions = await sight.versions(list(load.answered))
    return Arrival(lags(load.answered, versions, commits), taken, load.writes)


async def cost_of_floor(floor: Asked, processors: Processors, seconds: float) -> float:
    """Push the same to a floor; return the milliseconds that a write takes of the processors."""
    with processors.watched() as taken:
        load = await push(floor, PER_SECOND, seconds)
    return taken.of_floor(load.writes)


async def highest_rate(running: Running, extent: Extent) -> int:
    """Search for the highest rate at which neither answers nor arrivals fall behind."""
    good, bad, rate = 0, 0, extent.first_rate
    while rate and (not bad or bad > good * CLOSE_ENOUGH):
        if await _keeps_up(running, rate, extent.search_seconds):
            good = rate
        else:
            bad = rate
        rate = (good + bad) // 2 if bad else good * 2
    return good


async def _keeps_up(running: Running, rate: int, seconds: float) -> bool:
    since, sight = moment(), running.sight
    load = await push(running.asked, rate, seconds)
    behind = await sight.unapplied(since)
    await sight.until_applied(since)
    return behind <= rate * MOST_BEHIND and load.late <= MOST_BEHIND
