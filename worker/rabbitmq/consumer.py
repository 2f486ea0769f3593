"""How do events come from RabbitMQ? One channel per lane fills a queue, and receive() takes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import TOPOLOGY_NOT_APPLIED, Lane, Topology
from contracts.transport import Delivery
from worker.rabbitmq.acks import Acks
from worker.rabbitmq.connection import Broker, answers, hang_up
from worker.rabbitmq.delivery import RabbitmqDelivery
from worker.rabbitmq.set_aside import SetAside

LOG = structlog.get_logger(__name__)

PREFETCH = 400
"""Messages of a lane that are on their way or in hand: a batch, and the next one behind it."""

SUBSCRIBE_SECONDS = 20.0
UNSUBSCRIBE_SECONDS = 5.0
RECONNECT_SECONDS = 1.0

ASKED_AFTER = 1.0
"""Seconds without a message after which the broker has to answer that it is there."""


class RabbitmqConsumer:
    """The worker's end. It connects at the first receive(), and again whenever the line is lost.

    Where queues are missing it keeps asking for them: somebody has yet to apply the topology.
    """

    def __init__(self, url: str, topology: Topology, prefetch: int = PREFETCH) -> None:
        self._broker = Broker(url)
        self._topology = topology
        self._prefetch = prefetch
        self._set_aside = SetAside(self._broker, topology)
        self._waiting: dict[Lane, asyncio.Queue[RabbitmqDelivery]] = {
            lane: asyncio.Queue() for lane in Lane
        }
        self._connection: AbstractConnection | None = None
        self._asking: AbstractChannel | None = None
        self._heard = 0.0
        self._leaving: set[asyncio.Task[None]] = set()
        self._subscriptions: list[tuple[AbstractQueue, str]] = []
        self._staying_connected: asyncio.Task[None] | None = None
        self._closed = False
        self._incomplete = False

    @property
    def connected(self) -> bool:
        """Whether all lanes are being consumed, as far as anybody has noticed."""
        return len(self._subscriptions) == len(Lane)

    @property
    def incomplete(self) -> bool:
        """Whether the broker had no such queue when it was last asked."""
        return self._incomplete

    async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
        """Wait for a message of the lane, and take those that lie behind it.

        After close() nothing comes any more, and whoever waits has to be cancelled.
        """
        if self._staying_connected is None and not self._closed:
            self._staying_connected = asyncio.create_task(self._stay_connected())
        waiting = self._waiting[lane]
        taken: list[RabbitmqDelivery] = []
        while not taken or (len(taken) < most and not waiting.empty()):
            delivery = await waiting.get()
            if not (delivery.is_lost or self._closed):
                taken.append(delivery)
        return taken

    async def close(self) -> None:
        """Take nothing more, and hang up; whoever received has answered what it can by now.

        What lies here untouched, and what was not answered, goes back to its lane.
        """
        self._closed = True
        if self._staying_connected is not None:
            self._staying_connected.cancel()
            await asyncio.gather(self._staying_connected, return_exceptions=True)
        await self._unsubscribe()
        # Never the channels: closing one while acks are on their way kills the connection.
        self._leave()
        await asyncio.gather(*self._leaving)
        await self._set_aside.close()

    async def _stay_connected(self) -> None:
        while True:
            lost = asyncio.Event()
            try:
                async with remote_call(SUBSCRIBE_SECONDS, late="no subscription in time"):
                    await self._subscribe(lost)
                self._incomplete = False
                await self._until_lost(lost)
                LOG.warning("broker_lost")
            except RemoteCallFailed as failure:
                self._incomplete = isinstance(failure.__cause__, ChannelNotFoundEntity)
                reason = TOPOLOGY_NOT_APPLIED if self._incomplete else str(failure)
                LOG.warning("broker_unavailable", reason=reason)
            self._subscriptions = []
            self._leave()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _until_lost(self, lost: asyncio.Event) -> None:
        """Wait until the line is lost, or is found to be silent."""
        loop = asyncio.get_running_loop()
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ASKED_AFTER):
                    await lost.wait()
            quiet = loop.time() - self._heard >= ASKED_AFTER
            if quiet and self._asking is not None and not await answers(self._asking):
                return

    def _leave(self) -> None:
        """Hang up, without waiting for a peer that may be gone."""
        connection, self._connection = self._connection, None
        leaving = asyncio.create_task(hang_up(connection))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _subscribe(self, lost: asyncio.Event) -> None:
        """Consume all lanes; set the event when the broker or the line puts an end to it."""

        def lose(*_: object) -> None:
            lost.set()

        self._connection = await self._broker.dial("muster worker")
        self._asking = await self._connection.channel()
        for lane in Lane:
            channel = await self._connection.channel()
            channel.close_callbacks.add(lose)
            underlay = await channel.get_underlay_channel()
            underlay.on_consumer_cancel_callbacks.add(lose)  # when the queue is deleted
            await channel.set_qos(prefetch_count=self._prefetch)
            # Not declared, not even passively: some brokers ask for the right to configure then.
            queue = await channel.get_queue(self._topology.lane(lane), ensure=False)
            enqueue = partial(self._enqueue, lane, Acks(underlay))
            self._subscriptions.append((queue, await queue.consume(enqueue)))

    async def _enqueue(self, lane: Lane, acks: Acks, message: AbstractIncomingMessage) -> None:
        """Only this: the loss of a connection cancels callbacks in the middle of their work."""
        self._heard = asyncio.get_running_loop().time()
        self._waiting[lane].put_nowait(
            RabbitmqDelivery(message, lane, self._topology, self._set_aside, acks)
        )

    async def _unsubscribe(self) -> None:
        """Stop the deliveries; the broker confirms it after the acks that were sent before."""
        try:
            async with remote_call(UNSUBSCRIBE_SECONDS, late="no unsubscription in time"):
                for queue, tag in self._subscriptions:
                    await queue.cancel(tag)
        except RemoteCallFailed as failure:
            LOG.info("unsubscribe_failed", reason=str(failure))
        self._subscriptions = []
