"""How long does one member more or less take? In groups of several sizes, in turn."""

import statistics
from collections.abc import Sequence

from tests.benchmarks.aims import IN_LARGEST, LESS, MORE
from tests.benchmarks.extent import Extent
from tests.benchmarks.figures.rates import FLOOR, OF_FLOOR
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.http_load import took
from tests.benchmarks.report import AIM, Report

GROWTH = "largest beside smallest"

Times = dict[str, dict[int, float]]
"""Medians in milliseconds, by what was done and by the size of the group."""


async def measure_members(
    report: Report, where: str, asked: Asked, floor: Asked, extent: Extent
) -> None:
    """Measure one member more and less, beside the floor."""
    ours, bare = await _times(asked, extent), await _times(floor, extent)
    sizes = [f"{size:,}" for size in asked.people.groups]
    columns = (FLOOR, *sizes, OF_FLOOR, AIM, GROWTH, f"{AIM} of it")
    table = report.table(f"{where}: ms, by the size of the group", *columns)
    for what in (MORE, LESS):
        [least] = bare[what].values()
        by_size = ours[what]
        largest, smallest = by_size[max(by_size)], by_size[min(by_size)]
        cells = {f"{size:,}": f"{ms:.1f}" for size, ms in by_size.items()}
        share = least / largest
        growth = largest / smallest
        cells |= {FLOOR: f"{least:.1f}", OF_FLOOR: f"{share:.0%}", GROWTH: f"{growth:.1f} times"}
        aim = report.hold(f"{where}: {what}", share)
        flat = report.hold(f"{where}: {what} {IN_LARGEST}", growth)
        table.add(what, cells | aim | {f"{AIM} of it": flat.get(AIM, "")})


async def _times(asked: Asked, extent: Extent) -> Times:
    people, client = asked.people, await asked.client()
    newcomer = await people.create(client)
    taken: dict[str, dict[int, list[float]]] = {
        what: {size: [] for size in people.groups} for what in (MORE, LESS)
    }
    for _ in range(extent.changes):
        for size in people.groups:
            taken[MORE][size].append(await took(people.add_member(client, size, newcomer)))
            taken[LESS][size].append(await took(people.remove_member(client, size, newcomer)))
    client.close()
    await asked.settle()
    return {what: _medians(by_size) for what, by_size in taken.items()}


def _medians(taken: dict[int, Sequence[float]] | dict[int, list[float]]) -> dict[int, float]:
    return {size: statistics.median(times) for size, times in taken.items()}
