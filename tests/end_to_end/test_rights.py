"""Is everybody kept to their own task? Asked of the servers, with the users of compose.yaml."""

import asyncpg
import pytest
from aio_pika import Message, connect
from aio_pika.exceptions import ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused
from yarl import URL

from contracts.topology import Lane, Topology
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
