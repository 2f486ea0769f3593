"""What lies among the dead letters? Operators list them, which leaves them there, or purge them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, HeadersType
from aio_pika.exceptions import AMQPChannelError, QueueEmpty

from contracts.identities_changed import decode_all
from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent
from contracts.topology import ATTEMPTS_HEADER, LANE_HEADER, REASON_HEADER, Lane, Topology
from deploy.broker.rabbitmq_connection import connect_to_broker
from deploy.broker.rabbitmq_topology import TopologyNotApplied


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message, or an event of a bundle, that no worker could handle.

    The body may be personal, and is not shown. Connection, identity and version are known where an
    event can be decoded.
    """

    reason: str
    lane: str | None
    attempts: int
    bytes: int
    connection: str | None = None
    identity: str | None = None
    version: int | None = None


async def list_dead_letters(url: str, topology: Topology, most: int) -> Sequence[DeadLetter]:
    """Return the oldest dead letters. The broker takes them back when the connection closes.

    Each event of a bundle is a letter.

    :raises BrokerUnusable: when there is no connection to the broker.
    :raises TopologyNotApplied: when the queue cannot be used.
    """
    found: list[DeadLetter] = []
    async with _dead_letters(url, topology) as queue:
        while len(found) < most and (message := await _next(queue)) is not None:
            found += _read(message, topology)
    return found[:most]


async def purge_dead_letters(url: str, topology: Topology) -> int:
    """Delete all dead letters, and return how many there were.

    :raises BrokerUnusable: when there is no connection to the broker.
    :raises TopologyNotApplied: when the queue cannot be used.
    """
    async with _dead_letters(url, topology) as queue:
        return (await queue.purge()).message_count or 0


@asynccontextmanager
async def _dead_letters(url: str, topology: Topology) -> AsyncIterator[AbstractQueue]:
    connection = await connect_to_broker(url)
    async with connection:
        channel = await connection.channel()
        try:
            yield await channel.get_queue(topology.dead_letters)
        except AMQPChannelError as error:
            reason = type(error).__name__
            message = (
                f"queue {topology.dead_letters} cannot be used ({reason}): muster topology apply"
            )
            raise TopologyNotApplied(message) from error


async def _next(queue: AbstractQueue) -> AbstractIncomingMessage | None:
    try:
        return await queue.get()
    except QueueEmpty:
        return None


def _read(message: AbstractIncomingMessage, topology: Topology) -> Sequence[DeadLetter]:
    """Return a letter for each event of a message; bytes are those of the message."""
    reason, lane = _cause(message.headers, topology)
    counted = message.headers.get(ATTEMPTS_HEADER)
    attempts = counted if isinstance(counted, int) else 0
    unread = DeadLetter(reason, lane, attempts, len(message.body))
    try:
        events = decode_all(message.body)
    except UndecodableEvent:
        return [unread]
    return [unread if isinstance(it, UndecodableEvent) else _of(it, unread) for it in events]


def _of(envelope: IdentityChangedEnvelope, letter: DeadLetter) -> DeadLetter:
    event = envelope.data
    return replace(
        letter, connection=event.connection, identity=event.identity, version=event.version
    )


def _cause(headers: HeadersType, topology: Topology) -> tuple[str, str | None]:
    """Return the reason and the lane of a dead letter, as told by the worker or by the broker."""
    if REASON_HEADER in headers:
        return str(headers[REASON_HEADER]), str(headers.get(LANE_HEADER))
    deaths = headers.get("x-death")
    if not (isinstance(deaths, list) and deaths and isinstance(deaths[0], dict)):
        return "unknown", None
    queue = str(deaths[0].get("queue"))
    lanes = {topology.bundles(lane): str(lane) for lane in Lane}
    return str(deaths[0].get("reason")), lanes.get(queue, queue.removeprefix(f"{topology.prefix}."))
