"""What do these tests share? One broker and one database, in containers whatever else there is."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import ORIGINS, SETTINGS
from tests.drivers import installation as servers
from tests.drivers.installation import Installation
from tests.readings.stored import Stores, stores_of


@pytest.fixture(scope="session")
def running_servers(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Give the servers; without containers the tests fail."""
    settings = pytestconfig.stash[SETTINGS]
    with servers.installation(settings, tmp_path_factory.mktemp("deploy"), forked=True) as made:
        pytestconfig.stash[ORIGINS] |= {
            "PostgreSQL": f"{settings.postgres_image} in Docker",
            "RabbitMQ": f"{settings.rabbitmq_image} in Docker",
        }
        yield made


@pytest.fixture(scope="session")
async def installation(running_servers: Installation) -> Installation:
    """Give the installation, with schemas and topology."""
    await running_servers.command("migrate")
    await running_servers.command("topology", "apply")
    return running_servers


@pytest.fixture
async def stores(installation: Installation) -> AsyncIterator[Stores]:
    """Give a look into both databases."""
    async with stores_of(installation) as stores:
        yield stores
