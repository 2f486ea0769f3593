"""How fast does a backlog go? What relays publish, and what workers apply."""

import asyncio

import aio_pika

from api.admin.resync import publish_again
from contracts.clock import now
from contracts.topology import Lane, Topology
from tests.benchmarks import floors
from tests.benchmarks.people import People
from tests.benchmarks.setting import Setting

APPLIED_PER_SECOND = 3_000
"""The aim for one worker."""

FLOOR_SECONDS = 3.0
FEW, MANY = "few downstream", "many downstream"


async def measure_backlogs(setting: Setting, joiners: People, *others: People) -> None:
    """Measure publishing and applying apart: before the others are downstream, and after."""
    table = setting.report.table("identities/s", FEW, MANY, "floor", "aim")
    few = await publish_all(setting, joiners)
    made = await _apply(setting, 0, workers=1)  # everybody there is: nobody was published yet
    for each in others:
        await _drain(setting, each)
    many = await publish_all(setting, joiners)
    changed = await _apply(setting, joiners.since, workers=1)
    await publish_all(setting, joiners)
    changed_by_two = await _apply(setting, joiners.since, workers=2)
    drained = await _drain(setting, joiners)

    published = {"floor": _whole(await _publish_bare(setting))}
    url = setting.installed.database_url("downstream")
    upserted = {"floor": _whole(await floors.upsert(url, FLOOR_SECONDS))}
    aim = {"aim": _whole(APPLIED_PER_SECOND)}
    table.add("one relay publishes", {FEW: _whole(few), MANY: _whole(many)} | published)
    table.add("one worker makes accounts", {FEW: _whole(made)} | upserted | aim)
    table.add("one worker goes over accounts", {MANY: _whole(changed)} | upserted | aim)
    table.add("two workers go over accounts", {MANY: _whole(changed_by_two)} | upserted)
    table.add(f"drain of {len(joiners.names):,} marks, everything running", {MANY: _whole(drained)})
    slowest = min(made, changed)
    reached = slowest >= APPLIED_PER_SECOND
    setting.report.aim(f"one worker applies {_whole(slowest)}/s", reached=reached)


async def publish_all(setting: Setting, people: People) -> float:
    """Mark everybody, and have one relay publish all marks; return how many a second."""
    people.since = now()
    await publish_again(setting.directory, people.connection, people.since)
    number = await setting.sight.marked()
    async with setting.installed.apis(1):
        return number / await setting.sight.until_published()


async def _apply(setting: Setting, since: int, *, workers: int) -> float:
    """Apply what lies in the broker; return how many a second, from when it begins.

    :param since: when the first of it was marked.
    """
    waiting = await setting.sight.unapplied(since)
    async with setting.installed.workers(workers):
        while (left := await setting.sight.unapplied(since)) == waiting:
            await asyncio.sleep(0.01)
        return left / await setting.sight.until_applied(since)


async def _drain(setting: Setting, people: People) -> float:
    """Mark everybody while everything is running; return how many arrive a second."""
    async with setting.running():
        since = now()
        number = await publish_again(setting.directory, people.connection, since)
        return number / await setting.sight.until_applied(since)


async def _publish_bare(setting: Setting) -> float:
    """Publish to the bulk lane what nobody could read, and take it off again."""
    topology = Topology()
    rate = await floors.publish(
        setting.installed.broker_url("muster-relay"),
        topology.events,
        topology.routing_key(Lane.BULK),
        FLOOR_SECONDS,
    )
    async with await aio_pika.connect(setting.installed.broker_url("muster-worker")) as worker:
        queue = await (await worker.channel()).get_queue(topology.lane(Lane.BULK), ensure=False)
        await queue.purge()
    return rate


def _whole(number: float) -> str:
    return f"{number:,.0f}"
