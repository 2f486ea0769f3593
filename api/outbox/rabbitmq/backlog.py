"""How many events lie on RabbitMQ? Passive declarations of the queues count their messages.

The broker counts messages, and not the events in a bundle: their number is an estimate. The same
declarations tell whether any worker reads bundles.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane, Topology
from contracts.transport import Backlog, Parcel

REMEMBERED_BUNDLES = 50
"""The newest bundles of a lane, whose mean size is taken for that of the waiting bundles: as many
as fill the lane, where they are full."""

MISSING_SECONDS = 5.0
"""Seconds for which queues for bundles are taken for missing. The relay looks at a full lane four
times a second, and each look at a missing queue would end a channel with an error in the log of the
broker."""


class BundleQueues:
    """Remembers for a while that the broker has no queues for bundles."""

    def __init__(self, watch: Callable[[], float] = time.monotonic) -> None:
        self._watch = watch
        self._missed_at = -float("inf")

    @property
    def are_missing(self) -> bool:
        """Return whether the queues were missing a moment ago."""
        return self._watch() - self._missed_at < MISSING_SECONDS

    def miss(self) -> None:
        """Note that a queue is missing, or closed to this user."""
        self._missed_at = self._watch()


class BundleSizes:
    """The mean number of events in the newest bundles of each lane.

    Bundles of other relays are of an unknown size until this relay has published one. The room
    then takes each for a full one, so that no lane is filled beyond its bound; the backlog that an
    operator sees has one event for each, which raises no false alarm.
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

    def mean(self, lane: Lane, *, unknown: float) -> float:
        """Return the mean number of events in a bundle of the lane, or ``unknown``."""
        newest = self._newest[lane]
        return sum(newest) / len(newest) if newest else unknown


@dataclass(frozen=True, slots=True)
class Counted:
    """The messages in the queues of a topology, and their consumers.

    ``bundles`` and their ``consumers`` are empty where the broker has no queues for bundles.
    ``workers`` are the consumers of single events: each worker of any version is such a consumer.
    """

    singles: Mapping[Lane, int]
    workers: Mapping[Lane, int]
    bundles: Mapping[Lane, int]
    consumers: Mapping[Lane, int]
    delayed: int
    dead_letters: int

    @property
    def bundles_are_consumed(self) -> bool:
        """Return whether every worker receives the bundles of every lane.

        Beside a worker of an older version, all bundles would be left to the newer workers, which
        may be few, or fail.
        """
        return all(max(1, self.workers[lane]) <= self.consumers.get(lane, 0) for lane in Lane)

    def backlog(self, sizes: BundleSizes) -> Backlog:
        """Return the events that wait, those in bundles by the mean size of a bundle.

        Bundles that were left behind when the workers went back to an older version do not count:
        they would leave no room for single events, and keep the sweep from finding their events.
        """
        about = {lane: sizes.mean(lane, unknown=1) for lane in Lane}
        largest = {lane: sizes.mean(lane, unknown=LARGEST_BUNDLE[lane]) for lane in Lane}
        return Backlog(
            self._waiting(about),
            delayed=self.delayed,
            dead_letters=self.dead_letters,
            at_most=self._waiting(largest),
        )

    def _waiting(self, sizes: Mapping[Lane, float]) -> Mapping[Lane, int]:
        """Return the events that wait in each lane, given the events in a bundle."""
        moving = {lane: n for lane, n in self.bundles.items() if not self._left_behind(lane)}
        bundled = {lane: round(moving.get(lane, 0) * sizes[lane]) for lane in Lane}
        return {lane: self.singles[lane] + bundled[lane] for lane in Lane}

    def _left_behind(self, lane: Lane) -> bool:
        """Return whether there are workers, and none of them receives bundles."""
        return self.workers[lane] > 0 and not self.consumers.get(lane)


async def count(
    connection: AbstractConnection, topology: Topology, bundle_queues: BundleQueues
) -> Counted:
    """Count the ready messages in the queues of a topology, whose exchange of events is there.

    Older brokers demand no permission for that. Newer ones demand any permission to the queue, and
    some the permission to configure it.

    :raises AMQPError: when the exchange or a queue is missing, which closes the channel but not the
        connection.
    """
    bundles, consumers = await _count_bundles(connection, topology, bundle_queues)
    async with connection.channel(publisher_confirms=False) as channel:
        tiers = [topology.tier(lane, delay) for lane in Lane for delay in topology.retry_delays]
        singles = {lane: await _ready(channel, topology.lane(lane)) for lane in Lane}
        counted = Counted(
            singles={lane: messages for lane, (messages, _) in singles.items()},
            workers={lane: workers for lane, (_, workers) in singles.items()},
            bundles=bundles,
            consumers=consumers,
            delayed=sum([(await _ready(channel, tier))[0] for tier in tiers]),
            dead_letters=(await _ready(channel, topology.dead_letters))[0],
        )
        with suppress(ChannelAccessRefused):  # last, so that the counts are kept
            await channel.get_exchange(topology.events)
        return counted


async def _count_bundles(
    connection: AbstractConnection, topology: Topology, queues: BundleQueues
) -> tuple[Mapping[Lane, int], Mapping[Lane, int]]:
    """Return the numbers of bundles and of their consumers by lane.

    Both are empty on a broker that was prepared for a version without bundles: their queues are
    missing there, or closed to this user, and every event travels alone.
    """
    if queues.are_missing:
        return {}, {}
    try:
        async with connection.channel(publisher_confirms=False) as channel:
            found = {lane: await _ready(channel, topology.bundles(lane)) for lane in Lane}
    except (ChannelNotFoundEntity, ChannelAccessRefused):
        queues.miss()
        return {}, {}
    return (
        {lane: messages for lane, (messages, _) in found.items()},
        {lane: consumers for lane, (_, consumers) in found.items()},
    )


async def _ready(channel: AbstractChannel, queue: str) -> tuple[int, int]:
    """Return the numbers of ready messages and of consumers of a queue."""
    declared = (await channel.get_queue(queue)).declaration_result
    return declared.message_count or 0, declared.consumer_count or 0
