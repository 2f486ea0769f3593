"""How fast is something that is asked for over HTTP? Rates and times, from so many connections."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.load.lean_http import Client, Target

Ask = Callable[[Client], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests were answered, in all and a second, and what they took in milliseconds."""

    per_second: float
    p50: float
    p99: float
    number: int

    def __str__(self) -> str:
        """Return it as tables show it."""
        return f"{self.per_second:,.0f} · {shown(self.p50)} · {shown(self.p99)}"


def median_of(rates: Sequence[Rate]) -> Rate:
    """Return the median of several rounds."""
    return sorted(rates, key=lambda it: it.per_second)[len(rates) // 2]


async def rate(targets: Sequence[Target], ask: Ask, *, connections: int, seconds: float) -> Rate:
    """Ask as often as so many connections can, each waiting for its answer before it goes on."""
    clients = [await Client.open(targets[n % len(targets)]) for n in range(connections)]
    times: list[float] = []
    started = time.perf_counter()
    end = started + seconds

    async def work(client: Client) -> None:
        while (start := time.perf_counter()) < end:
            await ask(client)
            times.append(time.perf_counter() - start)

    await asyncio.gather(*map(work, clients))
    elapsed = time.perf_counter() - started
    for client in clients:
        client.close()
    p50, p99 = percentile(times, 50), percentile(times, 99)
    return Rate(len(times) / elapsed, p50, p99, len(times))


async def took(ask: Awaitable[Any]) -> float:
    """Return how long something takes, in milliseconds."""
    start = time.perf_counter()
    await ask
    return (time.perf_counter() - start) * 1_000


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return a percentile in milliseconds: so many of a hundred took no longer."""
    return sorted(seconds)[math.ceil(len(seconds) * percent / 100) - 1] * 1_000


def p50_p99(seconds: Sequence[float]) -> str:
    """Return both percentiles as tables show them, in milliseconds."""
    return f"{shown(percentile(seconds, 50))} · {shown(percentile(seconds, 99))}"


def shown(milliseconds: float) -> str:
    """Return a time as tables show it: two digits of it tell something."""
    return f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"
