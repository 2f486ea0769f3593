"""Does one tenant's token stop anybody else, where the databases are those of PostgreSQL?"""

from collections.abc import AsyncIterator

import pytest

from tests.neighbours.costly import Costly
from tests.neighbours.noisy_tenants import complaints_beside, each_noise
from tests.neighbours.requests import Tenant
from tests.neighbours.served_process import ServedProcess, served_process
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="module")
async def server(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedProcess]:
    """Give a server that all the noise is made on."""
    with postgres_server.fresh_database() as directory, postgres_server.fresh_database() as other:
        async with served_process(tmp_path_factory.mktemp("noise"), (directory, other)) as server:
            yield server


@pytest.mark.slow
@pytest.mark.postgres
@each_noise
async def test_a_noisy_tenant_keeps_nobody_waiting(
    server: ServedProcess, pace: float, crowd: Tenant, costly: Costly
) -> None:
    assert not await complaints_beside(server, pace, crowd, costly)
