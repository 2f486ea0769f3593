"""How long do pages take? Deep in directories of several sizes, and one after the other."""

import statistics
from collections.abc import Mapping
from dataclasses import replace

from tests.benchmarks.aims import ALONE, FIRST_PAGE
from tests.benchmarks.figures.members import measure_members
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.http_load import took
from tests.benchmarks.report import AIM, Report
from tests.benchmarks.setting import Crowd, Setting
from tests.benchmarks.watching.processors import Processors
from tests.benchmarks.watching.sight import moment

FIRST, NEXT, PROCESSOR = "the first, ms", "each after it, ms", "processor of it, ms"


async def measure_pages(setting: Setting) -> None:
    """Measure pages, and members of groups, with the api alone."""
    extent = setting.extent
    sizes = [it for it in (extent.small, extent.medium, extent.large, extent.vast) if it]
    crowds = {it: Crowd(f"of-{it}", it) for it in sizes} | {
        extent.small: setting.small,
        extent.large: replace(setting.large, groups=extent.groups),
    }
    people = dict(zip(sizes, await setting.people(*crowds.values()), strict=True))
    since = moment()
    async with setting.apis_alone() as ports, setting.floor() as floor:
        asked = {size: Asked(it, ports) for size, it in people.items()}
        await _measure_deep_pages(setting.report, asked, floor.asked, setting)
        large = asked[extent.large]
        await measure_members(setting.report, ALONE, large, floor.asked, extent)
    await setting.settle(since)


async def _measure_deep_pages(
    report: Report, asked: Mapping[int, Asked], floor: Asked, setting: Setting
) -> None:
    table = report.table("a page of 100 deep in users, api alone", FIRST, NEXT, PROCESSOR, AIM)
    number, processors = setting.extent.pages, setting.processors
    least, used = await pages_of(floor, number, processors)
    table.add("the floor", {NEXT: f"{least:.1f}", PROCESSOR: f"{used:.1f}"})
    firsts: dict[int, float] = {}
    for size, it in asked.items():
        firsts[size] = await _first_page_of(it, setting.extent.jumps)
        following, used = await pages_of(it, number, processors)
        cells = {FIRST: f"{firsts[size]:.1f}", NEXT: f"{following:.1f}", PROCESSOR: f"{used:.1f}"}
        aim = report.hold(FIRST_PAGE, firsts[size]) if size == max(asked) else {}
        table.add(f"among {size:,}", cells | aim)
    growth = firsts[max(firsts)] / firsts[min(firsts)]
    aim = report.hold(f"{FIRST_PAGE}, beside the smallest", growth)
    table.add("the largest beside the smallest", {FIRST: f"{growth:.1f} times"} | aim)


async def _first_page_of(asked: Asked, number: int) -> float:
    """Ask for pages that no other page leads to; return the median in milliseconds."""
    client = await asked.client()
    times = [await took(client.send("GET", it)) for it in asked.people.scattered_pages(number)]
    client.close()
    return statistics.median(times)


async def pages_of(asked: Asked, number: int, processors: Processors) -> tuple[float, float]:
    """Ask for the last pages, one after the other as a provider reads them.

    Return the median of those after the first in milliseconds, and the milliseconds that each
    takes of the processors.
    """
    client = await asked.client()
    first, *following = asked.people.last_pages(number)
    await client.send("GET", first)
    with processors.watched() as taken:
        times = [await took(client.send("GET", path)) for path in following]
    client.close()
    each = taken.milliseconds_for_each(len(times))
    return statistics.median(times), sum(ms for part, ms in each.items() if part != "broker")
