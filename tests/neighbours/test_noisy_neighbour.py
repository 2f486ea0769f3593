"""Does one tenant's token stop anybody else? Each of the dearest requests, sixteen at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.neighbours.costly import COSTLY, OF_A_CROWD, Costly
from tests.neighbours.judgement import complaints
from tests.neighbours.requests import Tenant
from tests.neighbours.served_process import ServedProcess, served_process
from tests.neighbours.silence import silence
from tests.neighbours.wire_request import Request

QUIET_SECONDS, NOISE_SECONDS = 2.0, 2.5

TRIALS = 3


async def nothing(_: Tenant) -> Sequence[Request]:
    """Send nothing: a thousand connections are opened and left."""
    return []


ON_SQLITE = pytest.param("sqlite", marks=pytest.mark.xdist_group("sqlite"))
ON_POSTGRES = pytest.param(
    "postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
)


@pytest.fixture(scope="module", params=[ON_SQLITE, ON_POSTGRES])
async def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedProcess]:
    """Give a server that all the noise of a database is made on."""
    folder = tmp_path_factory.mktemp("noise")
    if request.param == "sqlite":
        async with served_process(folder, None) as server:
            yield server
        return
    postgres = request.getfixturevalue("postgres_server")
    with postgres.fresh_database() as directory, postgres.fresh_database() as downstream:
        async with served_process(folder, (directory, downstream)) as server:
            yield server


@pytest.fixture(scope="module")
async def pace(server: ServedProcess) -> float:
    """Say at what pace this machine serves the victim while nobody else asks."""
    await server.until_quiet()
    alone = await server.victim.served_during(asyncio.sleep(QUIET_SECONDS))
    pace = alone.pace()
    assert not complaints(alone, pace, 0)
    return pace


@pytest.fixture(scope="module")
async def crowd(server: ServedProcess) -> AsyncIterator[Tenant]:
    """Give a tenant whose many users are made once."""
    async with server.tenant("crowd") as tenant:
        yield tenant


@pytest.mark.slow
@pytest.mark.parametrize("costly", [nothing, *COSTLY], ids=lambda it: it.__name__)
async def test_a_noisy_tenant_keeps_nobody_waiting(
    server: ServedProcess, pace: float, crowd: Tenant, costly: Costly
) -> None:
    await server.until_quiet()  # the noise before: SQLite lets no other process in while it writes
    async with server.tenant(costly.__name__.replace("_", "-")) as tenant:
        noisy = crowd if costly in OF_A_CROWD else tenant
        found = await complaints_each_time(server, await costly(noisy), pace)
        await silence(noisy.ingress)
    assert not found


async def complaints_each_time(
    server: ServedProcess, requests: Sequence[Request], pace: float
) -> list[str]:
    """Return what the victim has to complain of, each time anew: a fault is there every time.

    What else goes on at this machine is not.
    """
    found: list[str] = []
    for _ in range(TRIALS):
        served = await server.served_beside(requests, NOISE_SECONDS)
        if not (found := complaints(served, pace, server.peak_mib())):
            break
        print(*found, sep="\n")  # noqa: T201 - pytest shows it where the test fails
    return found
