"""What do all tests share? The servers that were found, fresh databases, and the rule on skips."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, postgres_service
from tests.services import ServiceSettings, ServiceUnavailable, find

SETTINGS = pytest.StashKey[ServiceSettings]()
SERVICES = pytest.StashKey[dict[str, str]]()
"""What became of each kind of server that a test has asked for, in words."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every coroutine test, and async fixtures of any scope, on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """Give the PostgreSQL server of this run, or skip the test with what was tried."""
    settings = pytestconfig.stash[SETTINGS]
    service = postgres_service(settings)
    said = pytestconfig.stash[SERVICES]
    try:
        with find(service, local_services=settings.local_services) as found:
            said[service.name] = found.origin
            yield PostgresServer(found.url)
    except ServiceUnavailable as reasons:
        said[service.name] = f"none, so the tests that need it were skipped ({reasons})"
        pytest.skip(f"no {service.name} ({reasons})")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Give what makes fresh, empty databases, on SQLite and then on PostgreSQL.

    A test for one of them says ``@pytest.mark.parametrize("new_database_url", ["postgres"],
    indirect=True)``.
    """
    made: list[str] = []
    if request.param == "sqlite":
        yield lambda: _remember(made, f"sqlite+aiosqlite:///{tmp_path}/{len(made)}.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield lambda: _remember(made, server.create_database())
    for url in made:
        server.drop_database(url)


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """Give the URL of one fresh, empty database, on SQLite and then on PostgreSQL."""
    return new_database_url()
