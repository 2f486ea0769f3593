"""What do these tests share? One broker and one database, in containers whatever else there is."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import ORIGINS, SETTINGS
from tests.drivers import installation as servers
from tests.drivers.installation import Installation
from tests.readings.stored import Stores, stores_of

BEGINNING = (
    "test_alerts.py",
    "test_operations_guide.py",
    "test_story.py",
    "test_okta_story.py",
    "test_image.py",
    "test_accessible_pages.py",
    "test_inert_markup.py",
    "test_without_script.py",
)
"""The files that take longest, in an order in which processes are done at about the same time. The
first two mostly wait: begun last, they would be waited for alone. Of three processes, the first one
goes on with the fourth file: ``test_okta_story.py`` counts all device actions on its servers, and
``test_story.py`` leaves some."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin; the others follow by name."""
    places = {name: place for place, name in enumerate(BEGINNING)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Ask from asyncio's own loop: where a peer is killed, uvloop gives anyio half a connection."""
    return "asyncio"


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
