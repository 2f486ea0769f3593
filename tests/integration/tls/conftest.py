"""What do these tests share? A private authority, another one, and servers that speak TLS."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import SETTINGS
from tests.servers.certificates import Authority, Issued
from tests.servers.secured_postgres import SecuredPostgres, secured_postgres
from tests.servers.secured_rabbitmq import SecuredRabbitmq, secured_rabbitmq
from tests.servers.services import ServiceUnavailable


@dataclass(frozen=True, slots=True)
class Authorities:
    """Two authorities of one name, of which the servers' certificates come from the right one.

    ``right`` and ``client`` are certificates of a server and of a client.
    """

    ours: Authority
    other: Authority
    right: Issued
    client: Issued


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """Give the authorities of a session."""
    ours, other = (Authority(tmp_path_factory.mktemp(name)) for name in ("ours", "other"))
    return Authorities(ours, other, ours.issue("localhost"), ours.issue("muster"))


@pytest.fixture(scope="session")
def postgres_of_session(pytestconfig: pytest.Config) -> Iterator[SecuredPostgres]:
    """Give the server of a session, or skip the test."""
    try:
        with secured_postgres(pytestconfig.stash[SETTINGS]) as server:
            yield server
    except ServiceUnavailable as reason:
        pytest.skip(f"no PostgreSQL in a container: {reason}")


@pytest.fixture
async def postgres(
    postgres_of_session: SecuredPostgres, authorities: Authorities
) -> SecuredPostgres:
    """Give a server that shows the right certificate."""
    await postgres_of_session.show(authorities.right, authorities.ours.trusted)
    return postgres_of_session


@pytest.fixture(scope="session")
def rabbitmq_of_session(
    pytestconfig: pytest.Config, authorities: Authorities, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecuredRabbitmq]:
    """Give the broker of a session, or skip the test."""
    settings, trusted = pytestconfig.stash[SETTINGS], authorities.ours.trusted
    plugins = tmp_path_factory.mktemp("broker") / "enabled_plugins"
    try:
        with secured_rabbitmq(settings, authorities.right, trusted, plugins) as broker:
            yield broker
    except ServiceUnavailable as reason:
        pytest.skip(f"no RabbitMQ in a container: {reason}")


@pytest.fixture
def rabbitmq(
    rabbitmq_of_session: SecuredRabbitmq, authorities: Authorities
) -> Iterator[SecuredRabbitmq]:
    """Give a broker that shows the right certificate, and does so again afterwards."""
    yield rabbitmq_of_session
    rabbitmq_of_session.show(authorities.right, authorities.ours.trusted)


@pytest.fixture
def trusted(authorities: Authorities, tmp_path: Path) -> Path:
    """Give a file of the test's own with the certificate of the right authority."""
    file = tmp_path / "trusted.pem"
    file.write_bytes(authorities.ours.trusted.read_bytes())
    return file
