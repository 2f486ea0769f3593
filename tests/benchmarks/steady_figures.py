"""How does Muster bear a load that does not end? Lags, the highest rate, and what a write costs."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.clock import now
from tests.benchmarks.http_load import percentile
from tests.benchmarks.ingress_figures import Asked, measure_rates
from tests.benchmarks.lean_http import Client
from tests.benchmarks.people import People
from tests.benchmarks.setting import Setting
from tests.benchmarks.size_figures import measure_memory

PER_SECOND, SECONDS, AT_ONCE = 50, 20.0, 32

LONGEST_LAG = 0.25
"""Seconds: the aim for 99 of 100."""

SEARCH_SECONDS, FIRST_RATE, CLOSE_ENOUGH = 6.0, 100, 1.15
MOST_BEHIND = 1.0
"""Seconds of writes that may wait, and that answers may be late, where nothing piles up."""

PARTS = ("api and relay", "worker", "database", "broker")


@dataclass(frozen=True, slots=True)
class Load:
    """What was pushed: whom it concerned, and by how many seconds answers were late in the end."""

    ids: Sequence[str]
    late: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """How long each change took to be applied, in seconds, and what a write took of the machine."""

    lags: Sequence[float]
    milliseconds: Mapping[str, float]


async def measure_steady_load(setting: Setting, people: Mapping[str, People]) -> None:
    """Measure with everything running, in directories of several sizes."""
    table = setting.report.table("everything running", *people, "aim")
    costs = setting.report.table("processor ms for a write", *PARTS)
    rates = setting.report.table("everything running, /s · p50 ms · p99 ms", *people)
    async with setting.running() as ports:
        asked = {size: Asked(each, ports) for size, each in people.items()}
        arrivals = {size: await _arrival(setting, it) for size, it in asked.items()}
        highest = {size: await _highest_rate(setting, it) for size, it in asked.items()}
        since = now()
        await measure_rates(setting.report, rates, asked)
        measure_memory(setting)
        await setting.sight.until_applied(since)
    table.add(
        f"stored to applied at {PER_SECOND} writes/s, p50 · p99 ms",
        {size: _p50_p99(it.lags) for size, it in arrivals.items()}
        | {"aim": f"p99 {LONGEST_LAG * 1_000:.0f}"},
    )
    table.add("highest steady writes/s", {size: f"{rate:,}" for size, rate in highest.items()})
    for size, arrival in arrivals.items():
        cells = {part: f"{arrival.milliseconds[part]:.2f}" for part in PARTS}
        costs.add(f"at {PER_SECOND} writes/s among {size}", cells)
        worst = percentile(arrival.lags, 99) / 1_000
        what = f"p99 from answer to applied among {size}: {worst:.3f} s"
        setting.report.aim(what, reached=worst < LONGEST_LAG)


async def _arrival(setting: Setting, asked: Asked) -> Arrival:
    since = now()
    with setting.processors.watched() as taken:
        load = await _push(asked, PER_SECOND, SECONDS)
        await setting.sight.until_applied(since)
    lags = await setting.sight.lags(load.ids)
    return Arrival(lags, taken.milliseconds_for_each(len(load.ids)))


async def _highest_rate(setting: Setting, asked: Asked) -> int:
    """Search for the highest rate at which neither answers nor arrivals fall behind."""
    good, bad, rate = 0, 0, FIRST_RATE
    while not bad or bad > good * CLOSE_ENOUGH:
        if await _keeps_up(setting, asked, rate):
            good = rate
        else:
            bad = rate
        rate = (good + bad) // 2 if bad else good * 2
    return good


async def _keeps_up(setting: Setting, asked: Asked, rate: int) -> bool:
    since = now()
    load = await _push(asked, rate, SEARCH_SECONDS)
    behind = await setting.sight.unapplied(since)
    await setting.sight.until_applied(since)
    return behind <= rate * MOST_BEHIND and load.late <= MOST_BEHIND


async def _push(asked: Asked, per_second: float, seconds: float) -> Load:
    """Push so many writes a second, whether or not earlier ones are answered.

    Two of three create somebody, the third one lets somebody leave.
    """
    targets = asked.people.at(asked.ports)
    clients: asyncio.Queue[Client] = asyncio.Queue()
    for number in range(AT_ONCE):
        clients.put_nowait(await Client.open(targets[number % len(targets)]))

    async def write(number: int) -> str:
        client = await clients.get()
        try:
            ask = asked.people.create if number % 3 else asked.people.deactivate
            return await ask(client)
        finally:
            clients.put_nowait(client)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        writes = []
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(started + number / per_second - time.perf_counter())
            writes.append(tasks.create_task(write(number)))
    late = time.perf_counter() - started - seconds
    while not clients.empty():
        clients.get_nowait().close()
    return Load([it.result() for it in writes], late)


def _p50_p99(seconds: Sequence[float]) -> str:
    return f"{percentile(seconds, 50):.0f} · {percentile(seconds, 99):.0f}"
