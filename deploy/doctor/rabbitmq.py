"""What does the broker look like from here? Declarations that change nothing ask for all there is.

AMQP shows neither bindings nor rights. A right is asked for by a request that changes nothing, and
is refused for the lack of it: a declaration of what is there, the end of a binding that never was,
a consumer with a priority that is no number.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused
from pamqp.common import FieldTable, FieldValue

from api.admin.examination import Finding
from contracts.secure_connections.broker_urls import BrokerUrl
from contracts.secure_connections.problems import explained_in
from contracts.topology import Exchange, Lane, Queue, Topology
from deploy.broker.rabbitmq_connection import (
    BrokerTrouble,
    BrokerUnusable,
    connect_to_broker,
)
from deploy.doctor.broker_verdicts import (
    BrokerSeen,
    QueueSeen,
    Right,
    broker_verdicts,
    refusal_in,
)
from deploy.doctor.findings import fine, problem
from deploy.doctor.security_verdicts import refused_verdict, secured, security_verdicts
from deploy.settings import Settings

BROKER = "MUSTER_BROKER_URL"

NOT_A_PRIORITY: dict[str, FieldValue] = {"x-priority": "none"}
"""The arguments of a consumer that RabbitMQ refuses, once it has checked the right to read."""


async def look_at_broker(settings: Settings) -> Sequence[Finding]:
    """Return the findings about the broker of the settings, if there is one."""
    if not settings.broker_url:
        return [fine("broker", "The transport is embedded: no broker is needed.")]
    try:
        connection = await connect_to_broker(settings.access_by("broker_url"))
    except BrokerUnusable as error:
        if refused := explained_in(error):
            return [refused_verdict("broker", BROKER, refused)]
        return [unusable(error.trouble)]
    topology, url = Topology(prefix=settings.broker_prefix), BrokerUrl(settings.broker_url)
    async with connection:
        seen = await _see(connection, topology)
    return [
        *broker_verdicts(topology, seen, secured(url.tls)),
        *security_verdicts("broker", BROKER, url.servers, url.tls),
    ]


ADVICE = {
    BrokerTrouble.REFUSED_USER: "set MUSTER_BROKER_URL to a user and a password that it knows",
    BrokerTrouble.HANGS_UP: "set MUSTER_BROKER_URL to a virtual host that is there (the last part"
    " of the URL; / stands for itself), and give the user rights in it",
    BrokerTrouble.REFUSED_MECHANISM: "let the broker take it (auth_mechanisms), or leave auth out"
    " of MUSTER_BROKER_URL",
    BrokerTrouble.NO_AMQP: "set MUSTER_BROKER_URL to the host and port at which it speaks AMQP,"
    " with amqps:// for a port of TLS",
    BrokerTrouble.NOT_SECURED: "see how MUSTER_BROKER_URL secures the connection",
    BrokerTrouble.NOT_REACHED: "start the broker, or set MUSTER_BROKER_URL to its host and port",
}


def unusable(trouble: BrokerTrouble) -> Finding:
    """Return the finding about a broker to which there is no connection."""
    code = trouble.name.lower().replace("_", "-")
    says = f"The broker of MUSTER_BROKER_URL {trouble.partition(':')[0]}."
    return problem("broker", code, says, ADVICE[trouble])


@dataclass(slots=True)
class _Look:
    """The observations so far; the fields are those of ``BrokerSeen``."""

    connection: AbstractConnection
    queues: dict[str, QueueSeen] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    different: set[str] = field(default_factory=set)
    refused: set[tuple[Right, str]] = field(default_factory=set)

    async def ask(
        self,
        name: str,
        asked: Mapping[str, Right],
        request: Callable[[AbstractChannel], Awaitable[Any]],
    ) -> Any:
        """Send a request on a channel of its own, which an error closes; return its result.

        :param asked: the right that it needs, by the names of exchanges and queues.
        """
        channel = await self.connection.channel()
        try:
            return await request(channel)
        except ChannelNotFoundEntity:
            self.missing.add(name)
        except ChannelPreconditionFailed:
            self.different.add(name)
        except ChannelAccessRefused as error:
            if refusal := refusal_in(str(error), asked):
                self.refused.add(refusal)
        finally:
            if not channel.is_closed:
                await channel.close()
        return None

    async def exchange(self, exchange: Exchange, other: Exchange) -> None:
        """Look at an exchange, and at the rights to it.

        :param other: another exchange, from which nothing is bound under the key that is used.
        """
        name = exchange.name
        await self.ask(name, {name: "read"}, lambda it: it.get_exchange(name))
        if name in self.missing:
            return
        await self.ask(
            name,
            {name: "configure"},
            lambda it: it.declare_exchange(name, exchange.type, durable=True),
        )

        async def unbind(channel: AbstractChannel) -> None:
            underlay = await channel.get_underlay_channel()
            await underlay.exchange_unbind(name, other.name, f"doctor-{token_hex(8)}")

        if other.name not in self.missing:
            await self.ask(name, {name: "write", other.name: "read"}, unbind)

    async def queue(self, queue: Queue, *, is_read: bool) -> None:
        """Look at a queue, and at the rights to it.

        :param is_read: whether a part consumes it.
        """
        name = queue.name
        declared = await self.ask(
            name, {name: "read"}, lambda it: it.declare_queue(name, passive=True)
        )
        if declared is None:
            return
        result = declared.declaration_result
        self.queues[name] = QueueSeen(result.message_count or 0, result.consumer_count or 0)
        arguments: FieldTable = dict(queue.arguments)
        await self.ask(
            name,
            {name: "configure"},
            lambda it: it.declare_queue(name, durable=True, arguments=arguments),
        )
        if is_read:
            await self._read(name)

    async def _read(self, name: str) -> None:
        async def consume(channel: AbstractChannel) -> None:
            underlay = await channel.get_underlay_channel()
            try:
                await underlay.basic_consume(name, _ignore, arguments=NOT_A_PRIORITY)
            except ChannelPreconditionFailed:
                return  # the priority was refused, and so the right was not

        await self.ask(name, {name: "read"}, consume)


async def _see(connection: AbstractConnection, topology: Topology) -> BrokerSeen:
    look = _Look(connection)
    events, direct = topology.exchanges
    lanes = {name for lane in Lane for name in (topology.lane(lane), topology.bundles(lane))}
    await look.exchange(events, direct)
    await asyncio.gather(
        look.exchange(direct, events),
        *(look.queue(it, is_read=it.name in lanes) for it in topology.queues),
    )
    order = [it.name for it in topology.exchanges] + [it.name for it in topology.queues]
    return BrokerSeen(
        queues=look.queues,
        missing=[name for name in order if name in look.missing],
        different=[name for name in order if name in look.different],
        refused=frozenset(look.refused),
    )


async def _ignore(_message: Any) -> None:
    """Take nothing: a delivery stays unanswered, and goes back when the channel closes."""
