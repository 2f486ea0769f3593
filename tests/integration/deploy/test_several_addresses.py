"""Is a server found though the first of its addresses is silently gone? Broker and database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.topology import Lane, Topology
from contracts.transport import Confirmed, Parcel
from deploy.broker.rabbitmq_connection import connect_to_broker
from deploy.databases.engines import open_engines
from deploy.databases.postgres_sessions import NoServerTakesWrites
from tests.servers.migrated import NewDatabase
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.silent_listener import silent_listener
from worker.rabbitmq.consumer import RabbitmqConsumer


@pytest.fixture
def silent() -> Iterator[str]:
    """Give a server that is silently gone. Dice say whether it is the first that is asked."""
    with silent_listener() as port:
        yield f"127.0.0.1:{port}"


def _behind(first: str, url: str) -> str:
    """Name another server first, and then the one of the URL."""
    before, at, after = url.rpartition("@")
    return f"{before}{at}{first},{after}"


@pytest.mark.postgres
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_database_is_reached_past_a_silent_host(
    new_database_url: NewDatabase, silent: str
) -> None:
    url = make_url(new_database_url()).set(drivername="postgresql", query={})
    named = _behind(silent, url.render_as_string(hide_password=False))
    reading, writing = open_engines(named)
    async with reading.connect() as one, writing.connect() as another:
        assert await one.scalar(text("SHOW enable_seqscan")) == "off"
        assert await another.scalar(text("SHOW transaction_read_only")) == "off"
    await reading.dispose()
    await writing.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_of_several_hosts_none_is_taken_that_only_reads(
    new_database_url: NewDatabase,
) -> None:
    given = make_url(new_database_url()).set(drivername="postgresql", query={})
    url = given.render_as_string(hide_password=False)
    reading, writing = open_engines(url)
    async with writing.begin() as db:
        await db.exec_driver_sql(
            f"ALTER DATABASE {given.database} SET default_transaction_read_only = on"
        )
    await reading.dispose()
    await writing.dispose()
    reading, writing = open_engines(_behind(f"{given.host}:{given.port or 5432}", url))
    with pytest.raises(NoServerTakesWrites):
        async with reading.connect():
            pass


@pytest.mark.rabbitmq
async def test_relay_worker_and_commands_reach_the_broker_past_a_silent_host(
    rabbitmq_server: RabbitmqServer, topology: Topology, silent: str
) -> None:
    url = _behind(silent, rabbitmq_server.url)
    publisher, consumer = RabbitmqPublisher(url, topology), RabbitmqConsumer(url, topology)
    assert await publisher.publish([Parcel("key", Lane.BULK, b"{}", attempts=0)]) == [Confirmed()]
    (delivery,) = await consumer.receive(Lane.BULK, 1)
    await delivery.ack()
    await consumer.close()
    await publisher.close()
    await (await connect_to_broker(url)).close()
