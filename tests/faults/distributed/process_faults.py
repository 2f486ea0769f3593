"""What happens to processes? SIGKILL at any moment or at a named point, a stop, a wrong clock."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.faults.distributed.fleet import Member
from tests.faults.distributed.orders import Point
from tests.faults.distributed.site import Site

CRASH_SECONDS = 60
"""How long it may take until somebody passes a point under load."""

PASSES = (1, 5)
"""At which of its passes through a point under load somebody is killed."""

PARTS_AT = {
    Point.AFTER_COMMIT: ("api",),
    Point.AFTER_LEASE: ("api", "relay"),
    Point.AFTER_PUBLISH: ("api", "relay"),
    Point.AFTER_CONFIRM: ("api", "relay"),
    Point.AFTER_APPLY: ("worker",),
    Point.BEFORE_ACK: ("worker",),
    Point.AFTER_JUDGEMENT: ("api", "relay"),
    Point.AFTER_CLOSING: ("api", "relay"),
}
"""Which parts pass a point; the api has a relay inside, and either closes connections."""

MICROSECONDS = 1_000_000
STEPS = (-6 * 3600, -3600, -600, -90, -5, 5, 90, 600, 3600, 6 * 3600)
"""Seconds by which a clock may jump."""


async def kill(site: Site, part: str) -> None:
    """Kill one process of a part, at whatever it is."""
    await site.drawn.choice(site.fleet.of(part)).kill()


async def crash(site: Site, point: Point) -> None:
    """Let whoever of the fleet passes the point first, or for the n-th time, be killed there."""
    async with crashing(site, point, site.drawn.randint(*PASSES)):
        pass


@asynccontextmanager
async def crashing(site: Site, point: Point, passes: int = 1) -> AsyncIterator[None]:
    """Order the same for the block, and wait at its end until somebody has been killed."""
    members = [member for part in PARTS_AT[point] for member in site.fleet.of(part)]
    waiting = [asyncio.ensure_future(it.killed(len(it.exits))) for it in members]
    for member in members:
        member.orders.crash_at(point, passes)
    try:
        yield
        async with asyncio.timeout(CRASH_SECONDS):
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for member in members:
            member.orders.withdraw()
        for waiter in waiting:
            waiter.cancel()


async def stop(site: Site) -> None:
    """Stop one process for a while, as a machine that swaps does."""
    member = site.drawn.choice(site.fleet.members)
    seconds = site.drawn.uniform(0.2, 3)
    member.send(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    member.send(signal.SIGCONT)


async def step_clock(site: Site) -> None:
    """Let the clock of one process jump, and jump back."""
    await _step([site.drawn.choice(site.fleet.members)], site)


async def step_all_clocks(site: Site) -> None:
    """Let the clocks of all processes jump together, and back."""
    await _step(site.fleet.members, site)


async def _step(members: Sequence[Member], site: Site) -> None:
    seconds = site.drawn.choice(STEPS)
    meanwhile = site.drawn.uniform(0.5, 2)
    for member in members:
        member.orders.clock_ahead = seconds * MICROSECONDS
    await asyncio.sleep(meanwhile)
    for member in members:
        member.orders.clock_ahead = 0


async def lapse_leases(site: Site) -> None:
    """Let two relays hold one mark: leases end as soon as they are taken."""
    for _ in range(20):
        await site.let_leases_lapse()
        await asyncio.sleep(0.05)
