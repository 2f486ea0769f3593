"""What do these tests share? A server on either database, and for each test a connection to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import Ingress
from tests.drivers.over_http import ServedApi, database_of, ingress_over_http, served_api
from tests.servers.migrated import FileTemplates, PostgresTemplates


@pytest.fixture(
    scope="package", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def api(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    file_templates: FileTemplates,
) -> Iterator[ServedApi]:
    """Give a server: once on SQLite, once on PostgreSQL."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp("served") / "directory.db"
            url = file_templates.copy(DIRECTORY, file)
        else:
            templates: PostgresTemplates = request.getfixturevalue("postgres_templates")
            url = stack.enter_context(templates.copy(DIRECTORY))
        yield stack.enter_context(served_api(url))


@pytest.fixture(scope="package")
async def directory(api: ServedApi) -> AsyncIterator[DirectoryDatabase]:
    """Give the database of the server."""
    async with database_of(api) as directory:
        yield directory


@pytest.fixture
async def ingress(api: ServedApi, directory: DirectoryDatabase) -> AsyncIterator[Ingress]:
    """Give a connection, whose directory is empty, over HTTP."""
    async with ingress_over_http(api, directory) as ingress:
        yield ingress
