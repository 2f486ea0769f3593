"""How is a load made that does not end? Writes begin at their times, answered or not."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.lean_http import Client

AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Load:
    """What was pushed: when each identity was last answered for, in seconds since the epoch."""

    answered: Mapping[str, float]
    writes: int
    late: float
    """The seconds by which the last answer came after the end of the load."""


async def push(asked: Asked, per_second: float, seconds: float) -> Load:
    """Push so many writes a second: two of three create somebody, the third lets somebody leave."""
    targets = asked.people.at(asked.ports)
    clients: asyncio.Queue[Client] = asyncio.Queue()
    for number in range(AT_ONCE):
        clients.put_nowait(await Client.open(targets[number % len(targets)]))
    answered: dict[str, float] = {}

    async def write(number: int) -> None:
        client = await clients.get()
        try:
            ask = asked.people.create if number % 3 else asked.people.deactivate
            answered[await ask(client)] = time.time()
        finally:
            clients.put_nowait(client)

    writes, started = int(per_second * seconds), time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(writes):
            await asyncio.sleep(started + number / per_second - time.perf_counter())
            tasks.create_task(write(number))
    late = time.perf_counter() - started - seconds
    while not clients.empty():
        clients.get_nowait().close()
    return Load(answered, writes, late)
