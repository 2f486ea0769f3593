"""How many events lie on RabbitMQ? Passive declarations of the queues count their messages.

The broker counts messages, and nothing that a message holds: the number of events in bundles is an
estimate. The same declarations tell whether any worker reads bundles.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane, Topology
from contracts.transport import Backlog, Parcel

REMEMBERED_BUNDLES = 50
"""The newest bundles of a lane, whose mean size is taken for that of the waiting bundles: as many
as fill the lane, where they are full."""


class BundleSizes:
    """The mean number of events in the newest bundles of each lane.

    The first bundle is unknown: it is taken for a full one, so that no lane is filled beyond its
    bound.
    """

    def __init__(self) -> None:
        self._newest: Mapping[Lane, deque[int]] = {
            lane: deque(maxlen=REMEMBERED_BUNDLES) for lane in Lane
        }

    def note(self, parcels: Sequence[Parcel]) -> None:
        """Remember the sizes of published bundles."""
        for parcel in parcels:
            if parcel.is_bundle:
                self._newest[parcel.lane].append(parcel.events)

    def mean(self, lane: Lane) -> float:
        """Return the mean number of events in a bundle of the lane."""
        newest = self._newest[lane]
        return sum(newest) / len(newest) if newest else LARGEST_BUNDLE[lane]


@dataclass(frozen=True, slots=True)
class Counted:
    """The messages in the queues of a topology, and the consumers of bundles.

    ``bundles`` and their ``consumers`` are empty where the broker has no queues for bundles.
    """

    singles: Mapping[Lane, int]
    bundles: Mapping[Lane, int]
    consumers: Mapping[Lane, int]
    delayed: int
    dead_letters: int

    @property
    def bundles_are_consumed(self) -> bool:
        """Return whether a worker receives the bundles of every lane."""
        return all(self.consumers.get(lane) for lane in Lane)

    def backlog(self, sizes: BundleSizes) -> Backlog:
        """Return the events that wait, those in bundles by the mean size of a bundle."""
        bundled = {lane: round(self.bundles.get(lane, 0) * sizes.mean(lane)) for lane in Lane}
        waiting = {lane: self.singles[lane] + bundled[lane] for lane in Lane}
        return Backlog(waiting, delayed=self.delayed, dead_letters=self.dead_letters)


async def count(connection: AbstractConnection, topology: Topology) -> Counted:
    """Count the ready messages in the queues of a topology.

    Older brokers demand no permission for it, newer ones any to the queue (some: to configure).

    :raises AMQPError: when a queue is missing, which closes the channel but not the connection.
    """
    bundles, consumers = await _count_bundles(connection, topology)
    async with connection.channel(publisher_confirms=False) as channel:
        tiers = [topology.tier(lane, delay) for lane in Lane for delay in topology.retry_delays]
        return Counted(
            singles={lane: (await _ready(channel, topology.lane(lane)))[0] for lane in Lane},
            bundles=bundles,
            consumers=consumers,
            delayed=sum([(await _ready(channel, tier))[0] for tier in tiers]),
            dead_letters=(await _ready(channel, topology.dead_letters))[0],
        )


async def _count_bundles(
    connection: AbstractConnection, topology: Topology
) -> tuple[Mapping[Lane, int], Mapping[Lane, int]]:
    """Return the bundles and their consumers by lane.

    Both are empty on a broker that was prepared for a version without bundles, whose users may not
    count them either: every event travels alone there.
    """
    try:
        async with connection.channel(publisher_confirms=False) as channel:
            found = {lane: await _ready(channel, topology.bundles(lane)) for lane in Lane}
    except (ChannelNotFoundEntity, ChannelAccessRefused):
        return {}, {}
    return (
        {lane: messages for lane, (messages, _) in found.items()},
        {lane: consumers for lane, (_, consumers) in found.items()},
    )


async def _ready(channel: AbstractChannel, queue: str) -> tuple[int, int]:
    """Return the numbers of ready messages and of consumers of a queue."""
    declared = (await channel.get_queue(queue)).declaration_result
    return declared.message_count or 0, declared.consumer_count or 0
