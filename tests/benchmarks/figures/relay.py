"""How fast does one relay publish a backlog? Beside a bare publisher of single messages."""

import statistics
from dataclasses import dataclass

from tests.benchmarks.figures.rates import FLOOR, OF_FLOOR
from tests.benchmarks.floors import loops
from tests.benchmarks.load.people import People
from tests.benchmarks.report import AIM
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.broker import taken_off, worker_that_waits

PUBLISHED, EACH = "identities/s", "bytes of an identity"


@dataclass(frozen=True, slots=True)
class Published:
    """A backlog that lies on the broker: from when it is, and how fast it came there."""

    since: int
    per_second: float


async def measure_relay(setting: Setting) -> None:
    """Measure what one relay publishes; no worker takes it off the broker meanwhile."""
    table = setting.report.table("one relay", FLOOR, PUBLISHED, OF_FLOOR, EACH, AIM)
    [joiners] = await setting.people(setting.joiners)
    rates, floors = [], []
    each = 0.0
    for _ in range(setting.extent.rounds):
        floors.append(await loops.publish(setting.installed.broker, setting.extent.floor_seconds))
        rates.append((await publish_all(setting, joiners)).per_second)
        each = await taken_off(setting.installed.broker) / len(joiners.names)
    rate, floor = statistics.median(rates), statistics.median(floors)
    aim = setting.report.hold("one relay publishes", rate / floor)
    cells = {
        FLOOR: f"{floor:,.0f}",
        PUBLISHED: f"{rate:,.0f}",
        OF_FLOOR: f"{rate / floor:.0%}",
        EACH: f"{each:,.0f}",
    }
    table.add(f"publishes {len(joiners.names):,} marks", cells | aim)


async def publish_all(setting: Setting, people: People) -> Published:
    """Mark everybody, and have one relay publish all marks, in bundles."""
    since = await setting.mark(people)
    async with (
        worker_that_waits(setting.installed.broker),
        setting.installed.apis(1),  # with a relay inside, which has begun by now
    ):
        left = await setting.sight.marked()
        return Published(since, left / await setting.sight.until_published())
