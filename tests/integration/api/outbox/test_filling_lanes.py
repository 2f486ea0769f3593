"""Does the relay stop while its lane is full, and go on when workers have made room?"""

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from api.metrics import ApiMetrics
from api.outbox.pauses import LARGEST_BATCH
from api.outbox.relay import Relay
from contracts.topology import Lane
from contracts.transport import Backlog, Confirmed, Parcel, PublishOutcome, TransportState
from deploy.processes.background_tasks import running_in_background
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import multiply

BATCH = LARGEST_BATCH[Lane.BULK]


class Lanes:
    """A transport whose workers take what they are told to; it tells when it was found full."""

    def __init__(self, most: int) -> None:
        self.most, self.published, self.waiting = most, 0, 0
        self.found_full = asyncio.Event()

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.published += len(parcels)
        self.waiting += len(parcels)
        return [Confirmed()] * len(parcels)

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        if self.waiting >= self.most:
            self.found_full.set()
        backlog = Backlog({Lane.URGENT: 0, Lane.BULK: self.waiting})
        return TransportState(connected=True, backlog=backlog)


async def test_what_finds_no_room_waits_in_the_directory(ingress: Ingress) -> None:
    pattern = await ingress.user("person-0@a.test", externalId="person-0", displayName="person-0")
    await multiply(ingress.database, ingress.connection, pattern, range(1, 2 * BATCH + 1))
    people = len(await ingress.marked())
    lanes = Lanes(most=BATCH)
    relay = Relay(ingress.database, lanes, ApiMetrics(CollectorRegistry()), most_waiting=lanes.most)
    async with running_in_background(relay.run):
        while lanes.published < people:
            await lanes.found_full.wait()
            assert lanes.waiting < lanes.most + BATCH
            lanes.waiting = 0
            lanes.found_full.clear()
            if people - lanes.published < lanes.most:
                break
        while await ingress.marked():
            await asyncio.sleep(0.01)
    assert lanes.published == people
