"""How do events come from RabbitMQ? Channels fill a queue per lane, which receive() empties."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import TOPOLOGY_NOT_APPLIED, Lane, Topology
from contracts.transport import Delivery
from worker.rabbitmq.acks import Acks
from worker.rabbitmq.connection import Broker, answers, hang_up
from worker.rabbitmq.delivery import RabbitmqDelivery
from worker.rabbitmq.set_aside import SetAside

LOG = structlog.get_logger(__name__)

PREFETCH = 400
"""Unanswered single events of a lane: a batch that is being applied, and the next one behind it."""

BUNDLES_PREFETCH = 10
"""Unanswered bundles of a lane: enough for a batch and the next one where bundles are small, and no
more than a quarter of a second's work where they are full, which another worker might do."""

SUBSCRIBE_SECONDS = 20.0
UNSUBSCRIBE_SECONDS = 5.0
RECONNECT_SECONDS = 1.0

BUNDLES_AGAIN_SECONDS = 30.0
"""Seconds between requests for queues of bundles that were missing, or closed to the worker."""

PROBE_AFTER_SECONDS = 1.0
"""Seconds without a message after which the worker probes the broker."""


class RabbitmqConsumer:
    """The Consumer on RabbitMQ. It connects at the first receive(), and again after each loss.

    It asks for missing queues again and again, until an operator has applied the topology. Queues
    for bundles may be missing, or closed to this user: relays send no bundles to workers that do
    not consume them.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        prefetch: int = PREFETCH,
        bundles_prefetch: int = BUNDLES_PREFETCH,
        bundles_again_seconds: float = BUNDLES_AGAIN_SECONDS,
    ) -> None:
        self._broker = Broker(url)
        self._topology = topology
        self._prefetch = prefetch
        self._bundles_prefetch = bundles_prefetch
        self._bundles_again_seconds = bundles_again_seconds
        self._set_aside = SetAside(self._broker, topology)
        self._waiting: dict[Lane, asyncio.Queue[RabbitmqDelivery]] = {
            lane: asyncio.Queue() for lane in Lane
        }
        self._connection: AbstractConnection | None = None
        self._probe_channel: AbstractChannel | None = None
        self._last_heard = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        self._subscriptions: list[tuple[AbstractQueue, str]] = []
        self._subscribed = False
        self._without_bundles: set[Lane] = set()
        self._bundles_asked_at = 0.0
        self._staying_connected: asyncio.Task[None] | None = None
        self._closed = False
        self._incomplete = False
        self._trouble = ""

    @property
    def connected(self) -> bool:
        """Return whether the consumer receives from all lanes, as far as it has noticed."""
        return self._subscribed

    @property
    def incomplete(self) -> bool:
        """Return whether a queue was missing at the last subscription."""
        return self._incomplete

    @property
    def trouble(self) -> str:
        """Return the reason why the last subscription has failed, or was lost."""
        return self._trouble

    async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
        """Wait for a message of the lane, and take those queued behind it, at most ``most`` in all.

        After close() no message comes any more, and a waiting call has to be cancelled.
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
        """Stop receiving, and disconnect; the callers of receive() have sent their answers by now.

        Messages that were not received, or not answered, go back to their lanes.
        """
        self._closed = True
        if self._staying_connected is not None:
            self._staying_connected.cancel()
            await asyncio.gather(self._staying_connected, return_exceptions=True)
        await self._unsubscribe()
        # Channels are not closed: to close one while acks are on their way kills the connection.
        self._disconnect()
        await asyncio.gather(*self._closing)
        await self._set_aside.close()

    async def _stay_connected(self) -> None:
        while True:
            lost = asyncio.Event()
            try:
                async with remote_call(SUBSCRIBE_SECONDS, late="no subscription in time"):
                    await self._subscribe(lost)
                self._incomplete = False
                await self._until_lost(lost)
                self._trouble = "connection lost"
                LOG.warning("broker_lost")
            except RemoteCallFailed as failure:
                self._incomplete = isinstance(failure.__cause__, ChannelNotFoundEntity)
                self._trouble = TOPOLOGY_NOT_APPLIED if self._incomplete else str(failure)
                LOG.warning("broker_unavailable", reason=self._trouble)
            self._subscribed, self._subscriptions = False, []
            self._disconnect()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _until_lost(self, lost: asyncio.Event) -> None:
        """Return once the connection is lost, or the broker does not answer a probe.

        Meanwhile, ask now and then for queues of bundles that the subscription could not consume.
        """
        loop = asyncio.get_running_loop()
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_AFTER_SECONDS):
                    await lost.wait()
            quiet = loop.time() - self._last_heard >= PROBE_AFTER_SECONDS
            if quiet and self._probe_channel is not None and not await answers(self._probe_channel):
                return
            await self._ask_for_bundles_again(on_lost=lambda *_: lost.set())

    async def _ask_for_bundles_again(self, on_lost: Callable[..., None]) -> None:
        """Try to consume the bundles of lanes whose queues were missing, or closed to this user."""
        waited = asyncio.get_running_loop().time() - self._bundles_asked_at
        if not self._without_bundles or waited < self._bundles_again_seconds:
            return
        async with remote_call(SUBSCRIBE_SECONDS, late="no subscription in time"):
            for lane in sorted(self._without_bundles):
                await self._consume_bundles(lane, on_lost)

    def _disconnect(self) -> None:
        """Close the connection, without waiting for a peer that may be gone."""
        connection, self._connection = self._connection, None
        closing = asyncio.create_task(hang_up(connection))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _subscribe(self, lost: asyncio.Event) -> None:
        """Consume all lanes; ``lost`` is set when a channel closes, or a queue is deleted."""

        def on_lost(*_: object) -> None:
            lost.set()

        self._connection = await self._broker.dial("muster worker")
        self._probe_channel = await self._connection.channel()
        for lane in Lane:
            await self._consume_bundles(lane, on_lost)
        for lane in Lane:
            await self._consume(lane, self._topology.lane(lane), self._prefetch, on_lost)
        self._subscribed = True

    async def _consume(
        self, lane: Lane, name: str, prefetch: int, on_lost: Callable[..., None]
    ) -> None:
        """Consume a queue of a lane, on a channel of its own."""
        assert self._connection is not None
        channel = await self._connection.channel(publisher_confirms=False)
        underlay = await channel.get_underlay_channel()
        await channel.set_qos(prefetch_count=prefetch)
        # No declaration, not even a passive one: some brokers require the right to configure.
        queue = await channel.get_queue(name, ensure=False)
        tag = await queue.consume(partial(self._enqueue, lane, Acks(underlay)))
        self._subscriptions.append((queue, tag))
        channel.close_callbacks.add(on_lost)
        underlay.on_consumer_cancel_callbacks.add(on_lost)  # when the queue is deleted

    async def _consume_bundles(self, lane: Lane, on_lost: Callable[..., None]) -> None:
        try:
            await self._consume(lane, self._topology.bundles(lane), self._bundles_prefetch, on_lost)
        except (ChannelNotFoundEntity, ChannelAccessRefused) as refusal:
            if lane not in self._without_bundles:
                LOG.warning("bundles_not_consumed", lane=lane, reason=type(refusal).__name__)
            self._without_bundles.add(lane)
        else:
            self._without_bundles.discard(lane)
        self._bundles_asked_at = asyncio.get_running_loop().time()

    async def _enqueue(self, lane: Lane, acks: Acks, message: AbstractIncomingMessage) -> None:
        """Queue a message, and no more: a lost connection cancels callbacks at any await."""
        self._last_heard = asyncio.get_running_loop().time()
        self._waiting[lane].put_nowait(
            RabbitmqDelivery(message, lane, self._topology, self._set_aside, acks)
        )

    async def _unsubscribe(self) -> None:
        """Stop the deliveries; the broker confirms that after all acks sent before."""
        try:
            async with remote_call(UNSUBSCRIBE_SECONDS, late="no unsubscription in time"):
                for queue, tag in self._subscriptions:
                    await queue.cancel(tag)
        except RemoteCallFailed as failure:
            LOG.info("unsubscribe_failed", reason=str(failure))
        self._subscribed, self._subscriptions = False, []
