"""What lies among the dead letters? Operators list them, which leaves them there, or purge them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, HeadersType
from aio_pika.exceptions import AMQPChannelError, QueueEmpty

from contracts.identity_changed import UndecodableEvent, decode
from contracts.topology import ATTEMPTS_HEADER, LANE_HEADER, REASON_HEADER, Topology
from deploy.broker.rabbitmq_connection import connect_to_broker
from deploy.broker.rabbitmq_topology import TopologyNotApplied


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no worker could handle. Its body may be personal, and is not shown.

    Connection, identity and version are known where the body can be decoded as an event.
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

    :raises BrokerUnusable: when there is no connection to the broker.
    :raises TopologyNotApplied: when the queue cannot be used.
    """
    found: list[DeadLetter] = []
    async with _dead_letters(url, topology) as queue:
        while len(found) < most and (message := await _next(queue)) is not None:
            found.append(_read(message, topology))
    return found


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


def _read(message: AbstractIncomingMessage, topology: Topology) -> DeadLetter:
    reason, lane = _cause(message.headers, topology)
    attempts = message.headers.get(ATTEMPTS_HEADER)
    letter = DeadLetter(
        reason, lane, attempts if isinstance(attempts, int) else 0, len(message.body)
    )
    try:
        event = decode(message.body).data
    except UndecodableEvent:
        return letter
    return DeadLetter(
        letter.reason,
        letter.lane,
        letter.attempts,
        letter.bytes,
        event.connection,
        event.identity,
        event.version,
    )


def _cause(headers: HeadersType, topology: Topology) -> tuple[str, str | None]:
    """Return the reason and the lane of a dead letter, as told by the worker or by the broker."""
    if REASON_HEADER in headers:
        return str(headers[REASON_HEADER]), str(headers.get(LANE_HEADER))
    deaths = headers.get("x-death")
    if not (isinstance(deaths, list) and deaths and isinstance(deaths[0], dict)):
        return "unknown", None
    queue = str(deaths[0].get("queue"))
    return str(deaths[0].get("reason")), queue.removeprefix(f"{topology.prefix}.")
