"""Is everybody kept to their own task? Asked of the servers, with the users of compose.yaml."""

import asyncpg
import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused
from yarl import URL

from contracts.topology import Lane, Topology
from deploy.broker.users import CONSUMER
from tests.drivers.installation import Installation

TOPOLOGY = Topology()


@pytest.mark.parametrize(
    ("role", "other"),
    [
        ("downstream", "directory"),
        ("directory", "postgres"),
        ("downstream", "postgres"),
    ],
)
async def test_a_side_cannot_open_what_is_not_its_own(
    installation: Installation, role: str, other: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=other):
        await asyncpg.connect(installation.database_url(other, role=role))


async def test_the_directory_looks_downstream_and_changes_nothing_there(
    installation: Installation,
) -> None:
    url = installation.database_url("downstream", role="directory")
    connection = await asyncpg.connect(url)
    await connection.fetch("SELECT count(*) FROM sync_records")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM sync_records")
    await connection.close()


async def test_the_stock_user_of_the_broker_is_gone(installation: Installation) -> None:
    stock = URL(installation.broker_url("muster-worker")).with_user("guest").with_password("guest")
    with pytest.raises(ProbableAuthenticationError):
        await connect(stock)


@pytest.mark.parametrize("user", ["muster-relay", "muster-worker"])
async def test_nobody_who_works_may_declare(installation: Installation, user: str) -> None:
    async with await connect(installation.broker_url(user)) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("muster.another", durable=True)


async def test_the_relay_cannot_read_events(installation: Installation) -> None:
    async with await connect(installation.broker_url("muster-relay")) as connection:
        channel = await connection.channel()
        lane = await channel.get_queue(TOPOLOGY.lane(Lane.BULK), ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await lane.get()


async def test_the_relay_counts_what_waits_and_cannot_lead_it_elsewhere(
    installation: Installation,
) -> None:
    async with await connect(installation.broker_url("muster-relay")) as connection:
        channel = await connection.channel()
        lane = await channel.get_queue(TOPOLOGY.lane(Lane.BULK))
        assert lane.declaration_result.message_count == 0
        with pytest.raises(ChannelAccessRefused):
            await lane.bind(TOPOLOGY.events, TOPOLOGY.routing_key(Lane.URGENT))


@pytest.mark.parametrize(
    ("user", "exchange"), [("muster-relay", TOPOLOGY.direct), ("muster-worker", TOPOLOGY.events)]
)
async def test_nobody_can_publish_what_is_another_ones_to_say(
    installation: Installation, user: str, exchange: str
) -> None:
    async with await connect(installation.broker_url(user)) as connection:
        channel = await connection.channel()
        there = await channel.get_exchange(exchange, ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await there.publish(Message(b""), TOPOLOGY.routing_key(Lane.BULK))


OWN = f"{TOPOLOGY.of_consumers}curious"


async def _publish_an_event(channel: AbstractChannel) -> None:
    events = await channel.get_exchange(TOPOLOGY.events, ensure=False)
    await events.publish(Message(b""), TOPOLOGY.routing_key(Lane.BULK))


async def _publish_to_a_queue(channel: AbstractChannel) -> None:
    await channel.default_exchange.publish(Message(b""), TOPOLOGY.lane(Lane.BULK))


async def _set_its_own_aside_for_workers(channel: AbstractChannel) -> None:
    await channel.declare_queue(
        f"{OWN}-2", durable=True, arguments={"x-dead-letter-exchange": TOPOLOGY.direct}
    )


async def _read_what_is_for_workers(channel: AbstractChannel) -> None:
    await (await channel.get_queue(TOPOLOGY.lane(Lane.BULK), ensure=False)).get()


async def _lead_retries_to_itself(channel: AbstractChannel) -> None:
    own = await channel.get_queue(OWN, ensure=False)
    await own.bind(TOPOLOGY.direct, TOPOLOGY.lane(Lane.BULK))


async def _keep_events_from_workers(channel: AbstractChannel) -> None:
    lane = await channel.get_queue(TOPOLOGY.lane(Lane.BULK), ensure=False)
    await lane.unbind(TOPOLOGY.events, TOPOLOGY.routing_key(Lane.BULK))


async def _make_a_queue_of_musters(channel: AbstractChannel) -> None:
    await channel.declare_queue(f"{TOPOLOGY.prefix}.another", durable=True)


FORBIDDEN = (
    _publish_an_event,
    _publish_to_a_queue,
    _set_its_own_aside_for_workers,
    _read_what_is_for_workers,
    _lead_retries_to_itself,
    _keep_events_from_workers,
    _make_a_queue_of_musters,
)


async def test_a_consumer_reads_events_and_can_neither_tell_nor_take_any(
    installation: Installation,
) -> None:
    async with await connect(installation.broker_url(CONSUMER)) as connection:
        channel = await connection.channel()
        own = await channel.declare_queue(OWN, exclusive=True)
        await own.bind(TOPOLOGY.events, TOPOLOGY.routing_key(Lane.BULK))
        for attempt in FORBIDDEN:
            refusing = await connection.channel()  # a refusal closes it
            with pytest.raises(ChannelAccessRefused):
                await attempt(refusing)
