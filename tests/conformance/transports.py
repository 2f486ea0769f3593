"""How is a transport driven in tests? By a small relay, and by workers that may die."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.embedded_transport import EmbeddedTransport
from contracts.identities_changed import split
from contracts.topology import Lane, Topology
from contracts.transport import (
    Apart,
    Confirmed,
    Consumer,
    Delivery,
    EventOutcome,
    Parcel,
    Publisher,
    RetryAfter,
)
from worker.rabbitmq.consumer import RabbitmqConsumer

PATIENCE_SECONDS = 60
"""Only so that a broken transport ends the test."""

PREFETCH = 20
"""Few, so that a lane can be stuck with parcels still in the broker."""


class TransportUnderTest(Protocol):
    """Both ends of a transport."""

    @property
    def publisher(self) -> Publisher:
        """The relay's end as it is now."""
        ...

    @property
    def consumer(self) -> Consumer:
        """The end of the worker that is alive."""
        ...

    async def replace_worker(self) -> None:
        """Let the worker go, with whatever it has not answered, and start another."""
        ...

    async def close_publisher(self) -> None:
        """Close the relay's end."""
        ...


class EmbeddedUnderTest:
    """One process: the worker goes, and comes back, together with all that is on its way."""

    def __init__(self) -> None:
        self._transport = EmbeddedTransport()

    @property
    def publisher(self) -> Publisher:
        return self._transport

    @property
    def consumer(self) -> Consumer:
        return self._transport

    async def replace_worker(self) -> None:
        gone, self._transport = self._transport, EmbeddedTransport()
        await gone.close()

    async def close_publisher(self) -> None:
        await self._transport.close()


class RabbitmqUnderTest:
    """Two processes: the relay's connection stays while workers come and go."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology
        self._publisher = RabbitmqPublisher(url, topology)
        self._consumer = RabbitmqConsumer(url, topology, PREFETCH)

    @property
    def publisher(self) -> Publisher:
        return self._publisher

    @property
    def consumer(self) -> Consumer:
        return self._consumer

    async def replace_worker(self) -> None:
        gone = self._consumer
        self._consumer = RabbitmqConsumer(self._url, self._topology, PREFETCH)
        await gone.close()

    async def close_publisher(self) -> None:
        await self._publisher.close()

    async def close(self) -> None:
        """Close both ends."""
        await self._consumer.close()
        await self._publisher.close()


@asynccontextmanager
async def relayed(transport: TransportUnderTest, parcels: Sequence[Parcel]) -> AsyncIterator[None]:
    """Publish in the background as the relay does, and in the end see every parcel confirmed."""
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        for parcel in parcels:
            tasks.create_task(_relay(transport, parcel))
        yield


async def _relay(transport: TransportUnderTest, parcel: Parcel) -> None:
    while True:
        [outcome] = await transport.publisher.publish([parcel])
        match outcome:
            case Confirmed():
                return
            case RetryAfter(seconds=seconds):
                await asyncio.sleep(seconds)
                parcel = replace(parcel, attempts=parcel.attempts + 1)
            case Apart(outcomes=outcomes):
                await _relay_apart(transport, parcel, outcomes)
                return
            case _:
                continue  # unknown: the same again


async def _relay_apart(
    transport: TransportUnderTest, bundle: Parcel, outcomes: Sequence[EventOutcome]
) -> None:
    """Publish the events of a bundle again that are not confirmed, each alone."""
    async with asyncio.TaskGroup() as tasks:
        for body, outcome in zip(split(bundle.body), outcomes, strict=True):
            attempts = 1 if isinstance(outcome, RetryAfter) else 0
            single = replace(bundle, body=body, events=1, attempts=attempts)
            if outcome != Confirmed():
                tasks.create_task(_relay(transport, single))


async def receive(transport: TransportUnderTest, lane: Lane, count: int) -> Sequence[Delivery]:
    """Receive exactly so many deliveries."""
    deliveries: list[Delivery] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(deliveries) < count:
            deliveries += await transport.consumer.receive(lane, count - len(deliveries))
    return deliveries
