"""Is a broker used only if it proves who it is? Asked of a broker with a private authority."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from yarl import URL

from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.secure_connections.passwords import with_password_file
from contracts.topology import Lane, Topology
from contracts.transport import Confirmed, Parcel, Unknown
from deploy.broker.rabbitmq_connection import BrokerUnusable, connect_to_broker
from deploy.broker.rabbitmq_topology import apply_topology
from tests.integration.tls.conftest import Authorities
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.secured_rabbitmq import SecuredRabbitmq
from worker.rabbitmq.consumer import RabbitmqConsumer

pytestmark = pytest.mark.rabbitmq

PARCEL = Parcel("key", Lane.BULK, b"{}", attempts=0)
OVER = timedelta(days=-2)
NAMED_BY_CERTIFICATE = "muster"

UrlWith = Callable[..., str]


@pytest.fixture
def url_with(rabbitmq: SecuredRabbitmq, authorities: Authorities, trusted: Path) -> UrlWith:
    """Give what makes a URL by which the broker is verified, or one that differs from it."""
    client = authorities.client
    usual = {"cafile": trusted, "certfile": client.certificate, "keyfile": client.key}
    return lambda login="guest:guest", **parameters: rabbitmq.url(login, **usual | parameters)


async def refusal_of(url: str) -> str:
    """Return why a broker cannot be used, as an operator reads it."""
    with pytest.raises(BrokerUnusable) as caught:
        await connect_to_broker(url)
    found, _, reason = str(caught.value).partition(" cannot be used: ")
    assert found == "the broker of MUSTER_BROKER_URL"
    return reason


async def reach(url: str) -> None:
    await (await connect_to_broker(url)).close()


async def test_relay_worker_and_commands_use_a_broker_with_the_right_certificate(
    rabbitmq: SecuredRabbitmq, url_with: UrlWith
) -> None:
    with RabbitmqServer(rabbitmq.plain_url).fresh_topology() as topology:
        await apply_topology(url_with(), topology)
        async with publishing(url_with(), topology) as publisher:
            assert await publisher.publish([PARCEL]) == [Confirmed()]
        consumer = RabbitmqConsumer(url_with(), topology)
        (delivery,) = await consumer.receive(Lane.BULK, 1)
        await delivery.ack()
        await consumer.close()


async def test_a_certificate_is_all_that_muster_shows_where_the_url_says_so(
    rabbitmq: SecuredRabbitmq, url_with: UrlWith
) -> None:
    url = url_with("", auth="external")
    with RabbitmqServer(rabbitmq.plain_url).fresh_topology() as topology:
        with pytest.raises(BrokerUnusable, match="refuses that user or password"):
            await reach(url)
        rabbitmq.add_user(NAMED_BY_CERTIFICATE, "unused")
        await apply_topology(url, topology)
        async with publishing(url, topology) as publisher:
            assert await publisher.publish([PARCEL]) == [Confirmed()]


@asynccontextmanager
async def publishing(url: str, topology: Topology) -> AsyncIterator[RabbitmqPublisher]:
    publisher = RabbitmqPublisher(url, topology)
    try:
        yield publisher
    finally:
        await publisher.close()


async def test_a_certificate_of_another_authority_is_refused(
    authorities: Authorities, url_with: UrlWith
) -> None:
    reason = "no trusted authority has issued the certificate of the server"
    assert await refusal_of(url_with(cafile=authorities.other.trusted)) == reason


async def test_the_authorities_of_the_system_are_the_default(
    rabbitmq: SecuredRabbitmq,
    authorities: Authorities,
    trusted: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = authorities.client
    url = rabbitmq.url(certfile=client.certificate, keyfile=client.key)
    reason = "no trusted authority has issued the certificate of the server"
    assert await refusal_of(url) == reason
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    await reach(url)


async def test_an_expired_certificate_is_refused_with_its_date(
    rabbitmq: SecuredRabbitmq, authorities: Authorities, url_with: UrlWith
) -> None:
    rabbitmq.show(authorities.ours.issue("localhost", OVER), authorities.ours.trusted)
    reason = await refusal_of(url_with())
    assert reason.startswith("the certificate of the server has expired on ")


async def test_a_certificate_for_another_host_is_refused(
    rabbitmq: SecuredRabbitmq, authorities: Authorities, url_with: UrlWith
) -> None:
    rabbitmq.show(authorities.ours.issue("rabbit.example.com"), authorities.ours.trusted)
    reason = "the certificate of the server is for 'rabbit.example.com', not 'localhost'"
    assert await refusal_of(url_with()) == reason


async def test_a_client_without_a_certificate_hears_that_it_needs_one(
    rabbitmq: SecuredRabbitmq, trusted: Path
) -> None:
    assert "certificate of the client" in await refusal_of(rabbitmq.url(cafile=trusted))


async def test_a_port_without_tls_is_told_as_such(
    rabbitmq: SecuredRabbitmq, url_with: UrlWith
) -> None:
    url = str(URL(url_with()).with_port(rabbitmq.server.port))
    assert await refusal_of(url) == "the server does not speak TLS there"


async def test_a_port_of_tls_without_tls_is_told_as_such(url_with: UrlWith) -> None:
    plain = str(URL(url_with()).with_scheme("amqp").with_query(None))
    with pytest.raises(BrokerUnusable, match=r"hangs up at once: does it want TLS there \(amqps"):
        await reach(plain)


async def test_certificates_are_rotated_under_a_running_process(
    rabbitmq: SecuredRabbitmq, authorities: Authorities, trusted: Path, url_with: UrlWith
) -> None:
    with RabbitmqServer(rabbitmq.plain_url).fresh_topology() as topology:
        publisher = RabbitmqPublisher(url_with(), topology)
        rabbitmq.show(authorities.other.issue("localhost"), authorities.ours.trusted)
        assert await publisher.publish([PARCEL]) == [
            Unknown("no trusted authority has issued the certificate of the server")
        ]
        state = await publisher.inspect()
        assert (state.connected, state.trouble) == (
            False,
            "no trusted authority has issued the certificate of the server",
        )
        trusted.write_bytes(authorities.other.trusted.read_bytes())
        assert await publisher.publish([PARCEL]) == [Confirmed()]
        await publisher.close()


async def test_a_password_is_rotated_under_a_running_process(
    rabbitmq: SecuredRabbitmq, tmp_path: Path, url_with: UrlWith
) -> None:
    file = tmp_path / "password"
    rabbitmq.add_user("rotated", "first of two")
    url = with_password_file(url_with("rotated"), file)
    file.write_text("first of two\n")
    await reach(url)
    rabbitmq.change_password("rotated", "second/of?two")
    with pytest.raises(BrokerUnusable, match="refuses that user or password"):
        await reach(url)
    file.write_text("second/of?two")
    await reach(url)
    file.unlink()
    assert await refusal_of(url) == f"no password at {file}: No such file or directory"
