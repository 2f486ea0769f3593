"""Does ``muster api --workers`` serve one port by several processes, with metrics of each?"""

import asyncio
import socket

import httpx2
import psutil
import pytest

from contracts.topology import Topology
from tests.drivers.forked_muster import forked_part, run_forked
from tests.drivers.muster_process import START_SECONDS
from tests.servers.migrated import NewDatabase
from tests.servers.ports import free_port
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.services import environment_with

CLIENTS = 32


@pytest.fixture
def environment(
    new_database_url: NewDatabase, rabbitmq_server: RabbitmqServer, topology: Topology
) -> dict[str, str]:
    """Give the settings of an installation whose databases and queues are ready."""
    environment = environment_with(
        MUSTER_DIRECTORY_DATABASE_URL=new_database_url(),
        MUSTER_DOWNSTREAM_DATABASE_URL=new_database_url(),
        MUSTER_BROKER_URL=rabbitmq_server.url,
        MUSTER_BROKER_PREFIX=topology.prefix,
        MUSTER_PORT=str(free_port()),
        MUSTER_METRICS_PORT=str(free_port(together=2)),
        MUSTER_LOG_LEVEL="warning",
    )
    for command in (["migrate"], ["topology", "apply"]):
        assert run_forked(*command, environment=environment).returncode == 0
    return environment


@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_one_port_is_served_by_processes_with_metrics_of_their_own(
    environment: dict[str, str],
) -> None:
    api = f"http://127.0.0.1:{environment['MUSTER_PORT']}/scim/v2/nobody/Users"
    first = int(environment["MUSTER_METRICS_PORT"])
    operators = [f"http://127.0.0.1:{port}" for port in (first, first + 1)]
    async with (
        forked_part("api", environment, None, "--workers", "2") as parent,
        httpx2.AsyncClient(limits=httpx2.Limits(max_connections=CLIENTS)) as http,
        asyncio.timeout(START_SECONDS),
    ):
        for url in operators:
            await _until_ready(http, f"{url}/readyz")
        answers = await asyncio.gather(*(http.get(api) for _ in range(CLIENTS)))
        assert {answer.status_code for answer in answers} == {401}
        pages = [(await http.get(f"{url}/metrics")).text for url in operators]
        assert sum(map(_answered, pages)) == CLIENTS
        processes = psutil.Process(parent.pid).children()
        assert len(processes) == 2
    assert not any(process.is_running() for process in processes)


@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_databases_that_were_not_migrated_have_the_status_of_a_single_process(
    environment: dict[str, str], new_database_url: NewDatabase
) -> None:
    unmigrated = environment | {"MUSTER_DIRECTORY_DATABASE_URL": new_database_url()}
    done = run_forked("api", "--workers", "2", environment=unmigrated)
    assert done.returncode == 2
    assert "muster migrate" in done.stderr


@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_process_that_cannot_begin_ends_all_with_its_reason(
    environment: dict[str, str],
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environment["MUSTER_METRICS_PORT"]) + 1))
        other.listen()
        done = run_forked("api", "--workers", "2", environment=environment)
    assert done.returncode == 1
    assert "set MUSTER_METRICS_PORT" in done.stderr
    assert "muster: one of the processes ended unasked" in done.stderr


async def _until_ready(http: httpx2.AsyncClient, url: str) -> None:
    while True:
        try:
            if (await http.get(url)).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        await asyncio.sleep(0.05)  # a port gives no event to wait for


def _answered(page: str) -> int:
    name = 'muster_scim_request_duration_seconds_count{operation="search_users",status="401"}'
    lines = (line.rpartition(" ") for line in page.splitlines())
    return sum(int(float(value)) for label, _, value in lines if label == name)
