"""How do events reach RabbitMQ? The broker confirms each parcel of a batch, or it is Unknown."""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import (
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
)
from pamqp.commands import Basic

from api.outbox.rabbitmq.backlog import BundleQueues, BundleSizes, count
from api.outbox.rabbitmq.connection import Broker
from api.outbox.rabbitmq.line import RabbitmqLine, is_blocked
from api.outbox.rabbitmq.own_queues import OwnQueues
from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import (
    ATTEMPTS_HEADER,
    BUNDLE_CONTENT_TYPE,
    CONTENT_TYPE,
    TOPOLOGY_NOT_APPLIED,
    Topology,
)
from contracts.transport import (
    Confirmed,
    Parcel,
    PublishOutcome,
    Rejected,
    TransportState,
    Unknown,
)

CONFIRM_SECONDS = 10.0
"""How long to wait for a connection, then for a broker that blocks publishers, then for a confirm:
a look before takes less, and one after as long, and all that less than marks are leased for."""

LOOK_SECONDS = 3.0
"""How long a look at the broker may take; a scrape of metrics waits for it."""

NO_LOOK = "no look at the queues in time"

TOO_LARGE = "the event is larger than the broker takes (max_message_size)"
"""The reason why the broker closes a channel over a single message: only the size of a message can
be at fault."""

BROKER_STATE = (ChannelNotFoundEntity, DeliveryError)
"""The errors by which the broker reports a full queue or a missing exchange: no message is at
fault."""


class RabbitmqPublisher:
    """Publishes for the relay, on one line for batches and another for suspects.

    The publisher retries nothing: the relay publishes Unknown parcels again, which reconnects. A
    message that is too large closes the channel under all parcels that are on their way, and may
    close the connection as well. Suspects therefore have a line of their own.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        confirm_seconds: float = CONFIRM_SECONDS,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topology = topology
        self._confirm_seconds = confirm_seconds
        broker = Broker(url)
        self._line = RabbitmqLine(broker, "muster relay")
        self._suspects_line = RabbitmqLine(broker, "muster relay, suspects")
        self._own = {line: OwnQueues() for line in (self._line, self._suspects_line)}
        self._alone = asyncio.Lock()
        self._bundle_sizes = BundleSizes()
        self._bundle_queues = BundleQueues(watch)

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """Publish parcels in their order, and return the outcome of each."""
        return await self._publish(self._line, parcels)

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        """Publish a suspect on the line for suspects, one at a time."""
        async with self._alone:
            [outcome] = await self._publish(self._suspects_line, [parcel])
            return outcome

    async def inspect(self) -> TransportState:
        """Return whether the broker takes messages, and how many lie in its queues."""
        line = self._line
        try:
            async with remote_call(LOOK_SECONDS, late="no connection in time"):
                connection, _ = await line.open()
        except RemoteCallFailed as failure:
            return TransportState(connected=False, trouble=str(failure))
        if await is_blocked(connection):
            return TransportState(connected=line.is_open, blocked=line.is_open)
        try:
            async with remote_call(LOOK_SECONDS, late="no count in time"):
                counted = await count(connection, self._topology, self._bundle_queues)
        except RemoteCallFailed as failure:
            if _is_incomplete(failure):
                return TransportState(line.is_open, incomplete=True)
            return TransportState(line.is_open, trouble=str(failure))
        return TransportState(
            connected=True,
            backlog=counted.backlog(self._bundle_sizes),
            takes_bundles=counted.bundles_are_consumed,
        )

    async def close(self) -> None:
        """Close both lines; parcels on their way, and all later ones, become Unknown."""
        await self._line.close()
        await self._suspects_line.close()

    async def _publish(
        self, line: RabbitmqLine, parcels: Sequence[Parcel]
    ) -> Sequence[PublishOutcome]:
        """Publish parcels of which Muster's own queues are not known to be missing.

        A parcel is confirmed once its queue was found after the confirm: else only a queue of
        another system may have taken it.
        """
        own = self._own[line]
        try:
            connection, exchange = await self._exchange(line)
            missed = own.missed_of(map(self._queue, parcels))
            async with remote_call(LOOK_SECONDS, late=NO_LOOK):
                missing = await own.missing_of(missed, connection)
        except RemoteCallFailed as failure:
            return [Unknown(str(failure)) for _ in parcels]
        sent = [it for it in parcels if self._queue(it) not in missing]
        self._bundle_sizes.note(sent)
        told = await asyncio.gather(*(self._send(line, exchange, parcel) for parcel in sent))
        found = iter(await self._as_found(line, connection, sent, told))
        return [
            Unknown(TOPOLOGY_NOT_APPLIED) if self._queue(it) in missing else next(found)
            for it in parcels
        ]

    async def _as_found(
        self,
        line: RabbitmqLine,
        connection: AbstractConnection,
        parcels: Sequence[Parcel],
        told: Sequence[PublishOutcome],
    ) -> Sequence[PublishOutcome]:
        """Return outcomes in which a confirm of another system's queue alone is Unknown."""
        pairs = list(zip(parcels, told, strict=True))
        taken = {self._queue(it) for it, outcome in pairs if outcome == Confirmed()}
        try:
            async with remote_call(self._confirm_seconds, late=NO_LOOK):
                missing = await self._own[line].missing_of(taken, connection)
        except RemoteCallFailed as failure:
            line.doubt()
            missing, reason = frozenset(taken), str(failure)
        else:
            reason = TOPOLOGY_NOT_APPLIED
        return [
            Unknown(reason) if outcome == Confirmed() and self._queue(it) in missing else outcome
            for it, outcome in pairs
        ]

    def _queue(self, parcel: Parcel) -> str:
        name = self._topology.bundles if parcel.is_bundle else self._topology.lane
        return name(parcel.lane)

    async def _send(
        self, line: RabbitmqLine, exchange: AbstractExchange, parcel: Parcel
    ) -> PublishOutcome:
        try:
            async with remote_call(self._confirm_seconds, late="no confirm in time"):
                answer = await exchange.publish(
                    _message(parcel), self._routing_key(parcel), mandatory=True
                )
        except RemoteCallFailed as failure:
            line.doubt()
            return self._outcome_of(failure, alone=line is self._suspects_line)
        line.heard()
        # The broker returns a message that no queue takes, instead of confirming it.
        return Confirmed() if isinstance(answer, Basic.Ack) else Unknown("unroutable")

    def _routing_key(self, parcel: Parcel) -> str:
        key = self._topology.bundles_routing_key if parcel.is_bundle else self._topology.routing_key
        return key(parcel.lane)

    def _outcome_of(self, failure: RemoteCallFailed, *, alone: bool) -> PublishOutcome:
        """Return the outcome of a parcel that was on its way when a failure occurred."""
        if alone and isinstance(failure.__cause__, ChannelPreconditionFailed):
            return Rejected(TOO_LARGE)
        if _is_incomplete(failure):
            return Unknown(TOPOLOGY_NOT_APPLIED)
        is_ours = self._line.is_closed or isinstance(failure.__cause__, BROKER_STATE)
        return Unknown(str(failure), suspect=not is_ours)

    async def _exchange(self, line: RabbitmqLine) -> tuple[AbstractConnection, AbstractExchange]:
        async with remote_call(self._confirm_seconds, late="no connection in time"):
            connection, channel = await line.open()
            exchange = await channel.get_exchange(self._topology.events, ensure=False)
        async with remote_call(self._confirm_seconds, late="blocked by the broker"):
            if connection.transport:
                await connection.transport.ready()
        return connection, exchange


def _is_incomplete(failure: RemoteCallFailed) -> bool:
    """Return whether the exchange or a queue is missing."""
    return isinstance(failure.__cause__, ChannelNotFoundEntity)


def _message(parcel: Parcel) -> Message:
    return Message(
        parcel.body,
        content_type=BUNDLE_CONTENT_TYPE if parcel.is_bundle else CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers={ATTEMPTS_HEADER: parcel.attempts},
        message_id=uuid4().hex,  # identifies the returned message of a publication
    )
