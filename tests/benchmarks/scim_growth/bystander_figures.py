"""How long do look-ups wait while their process is busy with the longest list of members?"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.benchmarks.load.http_load import Ask, percentile, took
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.scim_growth.setting import MEMBERS, SLOW_ROUNDS, Directory, Row
from tests.drivers.in_process import GROUP


async def measure_bystanders(directory: Directory, look_up: Ask) -> list[Row]:
    """Measure a look-up beside requests that carry all members of the largest group."""
    busy, other = [await Client.open(directory.targets[0]) for _ in range(2)]
    size = MEMBERS[-1]
    members = [{"value": id_} for id_ in directory.users[:size]]
    body = {"schemas": [GROUP], "displayName": "Everybody", "members": members}
    path = "/Groups?excludedAttributes=members"
    rows = [
        Row(
            "meanwhile nothing",
            "p50 · p99 · longest ms",
            {size: await _waits(look_up, other, asyncio.sleep(2))},
        )
    ]
    made = asyncio.create_task(busy.send("POST", path, body))
    rows.append(
        Row("meanwhile POST of all members", "", {size: await _waits(look_up, other, made)})
    )
    group = (await made).json()["id"]
    path = f"/Groups/{group}"
    reads = _repeat(lambda: busy.send("GET", path), SLOW_ROUNDS)
    rows.append(
        Row("meanwhile GET of all members", "", {size: await _waits(look_up, other, reads)})
    )
    put = busy.send("PUT", path, body | {"members": members[size // 2 :]})
    rows.append(Row("meanwhile PUT of half of them", "", {size: await _waits(look_up, other, put)}))
    busy.close()
    other.close()
    return rows


async def _repeat(ask: Callable[[], Awaitable[Any]], times: int) -> None:
    for _ in range(times):
        await ask()


async def _waits(ask: Ask, client: Client, until: Awaitable[Any]) -> str:
    """Ask again and again while something else is going on; return what it took."""
    other = asyncio.ensure_future(until)
    times = []
    while not other.done():
        times.append(await took(ask(client)) / 1_000)
    await other
    longest = max(times) * 1_000
    return f"{percentile(times, 50):.1f} · {percentile(times, 99):.0f} · {longest:.0f}"
