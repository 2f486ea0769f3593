"""What does a process tell whoever watches it: metrics, and why it is ready or not?"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.http.server import bind_api, bind_operators, url_of
from deploy.processes.api_process import run_api
from deploy.processes.background_tasks import BackgroundTask, running_in_background
from deploy.processes.operator_endpoints import (
    OPERATOR_BOUNDS,
    OperatorEndpoints,
    serving_operators,
)
from deploy.processes.relay_process import run_relay
from deploy.processes.worker_process import run_worker
from deploy.settings import Settings, read_settings
from tests.servers.migrated import FileTemplates
from worker.dialects import DownstreamDatabase

HANGS_AFTER_SECONDS = 60
NOBODY = "127.0.0.1:1"
BROKER_AWAY = "broker: cannot be reached (ConnectionRefusedError); changes wait in the directory"
NO_DELIVERIES = "broker: no deliveries can come"


@pytest.fixture
def settings() -> Settings:
    return read_settings(broker_url=f"amqp://{NOBODY}/", port=0, metrics_port=0)


@pytest.fixture
async def directory(
    tmp_path: Path, file_templates: FileTemplates
) -> AsyncIterator[DirectoryDatabase]:
    url = file_templates.copy(DIRECTORY, tmp_path / "directory.sqlite3")
    database = DirectoryDatabase(*open_engines(url))
    yield database
    await database.reading.dispose()
    await database.writing.dispose()


@pytest.fixture
async def downstream(
    tmp_path: Path, file_templates: FileTemplates
) -> AsyncIterator[DownstreamDatabase]:
    url = file_templates.copy(DOWNSTREAM, tmp_path / "downstream.sqlite3")
    database = DownstreamDatabase(*open_engines(url))
    yield database
    await database.reading.dispose()
    await database.writing.dispose()


@asynccontextmanager
async def watched(
    settings: Settings, part_of: Callable[[OperatorEndpoints], BackgroundTask]
) -> AsyncIterator[tuple[httpx2.AsyncClient, asyncio.Event]]:
    """Run a part as its command does, and talk to its endpoints."""
    stop = asyncio.Event()
    with bind_operators(settings) as operators:
        async with (
            asyncio.timeout(HANGS_AFTER_SECONDS),
            serving_operators(operators, stop) as endpoints,
            running_in_background(part_of(endpoints)),
            httpx2.AsyncClient(base_url=url_of(operators)) as http,
        ):
            await until_put_together(endpoints)
            yield http, stop


async def until_put_together(endpoints: OperatorEndpoints) -> None:
    """Wait until a part has added itself, which it does before it begins to work."""
    while not endpoints.observations:
        await asyncio.sleep(0)


async def test_an_ingress_without_its_broker_is_ready_and_says_what_is_amiss(
    settings: Settings, directory: DirectoryDatabase
) -> None:
    with bind_api(settings) as listener:

        def api(endpoints: OperatorEndpoints) -> BackgroundTask:
            return lambda stop: run_api(settings, listener, directory, endpoints, stop)

        async with watched(settings, api) as (http, _):
            for url in ("/readyz", f"{url_of(listener)}/readyz"):
                answer = await http.get(url)
                assert answer.status_code == 200
                ready = {"status": "ready", "problems": [], "remarks": [BROKER_AWAY]}
                assert answer.json() == ready


async def test_every_port_answers_a_probe_that_asks_with_head(
    settings: Settings, directory: DirectoryDatabase
) -> None:
    with bind_api(settings) as listener:

        def api(endpoints: OperatorEndpoints) -> BackgroundTask:
            return lambda stop: run_api(settings, listener, directory, endpoints, stop)

        async with watched(settings, api) as (http, _):
            for port in ("", url_of(listener)):
                for path in ("/livez", "/readyz"):
                    answer = await http.head(f"{port}{path}")
                    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_ingress_describes_itself_only_where_it_is_told_to(
    directory: DirectoryDatabase,
) -> None:
    for told, status in ({}, 404), ({"api_docs": True}, 200):
        settings = read_settings(broker_url=f"amqp://{NOBODY}/", port=0, metrics_port=0, **told)
        with bind_api(settings) as listener:

            def api(
                endpoints: OperatorEndpoints,
                settings: Settings = settings,
                listener: socket.socket = listener,
            ) -> BackgroundTask:
                return lambda stop: run_api(settings, listener, directory, endpoints, stop)

            async with watched(settings, api) as (http, _):
                for path in ("docs", "redoc", "openapi.json"):
                    answer = await http.get(f"{url_of(listener)}/{path}", follow_redirects=True)
                    assert answer.status_code == status


async def test_health_is_told_however_many_say_nothing(
    directory: DirectoryDatabase,
) -> None:
    settings = read_settings(
        broker_url=f"amqp://{NOBODY}/", port=0, metrics_port=0, most_connections=16
    )
    with bind_api(settings) as listener:

        def api(endpoints: OperatorEndpoints) -> BackgroundTask:
            return lambda stop: run_api(settings, listener, directory, endpoints, stop)

        async with watched(settings, api) as (http, _), AsyncExitStack() as held:
            operators = http.base_url
            assert operators.port is not None
            for port in (listener.getsockname()[1], operators.port):
                for _ in range(2 * OPERATOR_BOUNDS.connections):
                    await held.enter_async_context(silent_client(port))
            for url in (f"{operators}/livez", f"{url_of(listener)}/livez"):
                async with httpx2.AsyncClient() as newcomer:
                    assert (await newcomer.get(url)).status_code == 200
            metrics = (await http.get("/metrics")).text
    samples = {
        (sample.name, sample.labels.get("reason")): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }
    assert 0 < samples["muster_http_connections", None] <= settings.most_connections
    assert samples["muster_http_connections_ended_total", "no_room"] == 0
    assert samples["muster_http_connections_ended_total", "gave_way"] >= 100


@asynccontextmanager
async def silent_client(port: int) -> AsyncIterator[None]:
    """Connect, and say nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    yield
    writer.transport.abort()


async def test_a_relay_without_its_broker_is_not_ready(
    settings: Settings, directory: DirectoryDatabase
) -> None:
    def relay(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_relay(settings, directory, endpoints, stop)

    async with watched(settings, relay) as (http, _):
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["problems"] == [BROKER_AWAY]
        assert (await http.get("/livez")).json() == {"status": "alive"}


async def test_a_worker_without_its_broker_is_not_ready(
    settings: Settings, downstream: DownstreamDatabase
) -> None:
    def worker(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_worker(settings, downstream, endpoints, stop)

    async with watched(settings, worker) as (http, _):
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["problems"] in (
            [NO_DELIVERIES],  # before the first attempt
            [f"{NO_DELIVERIES} (ConnectionRefusedError)"],
        )


async def test_a_database_that_is_away_is_named_without_its_url(settings: Settings) -> None:
    reading, writing = open_engines(f"postgresql://ada:secret@{NOBODY}/secret")
    directory = DirectoryDatabase(reading, writing)

    def relay(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_relay(settings, directory, endpoints, stop)

    async with watched(settings, relay) as (http, _):
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "directory database: ConnectionRefusedError" in answer.json()["problems"]
        assert "secret" not in answer.text
        metrics = await http.get("/metrics")
        assert 'muster_dirty_marks{lane="bulk"} NaN' in metrics.text
    await writing.dispose()


async def test_a_directory_that_takes_no_writes_is_a_metric_and_no_readiness(
    settings: Settings, directory: DirectoryDatabase
) -> None:
    """The relay, which leases marks all the time, finds out by itself."""
    shown = 'muster_database_takes_writes{database="directory"}'

    def relay(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_relay(settings, directory, endpoints, stop)

    async def tell(http: httpx2.AsyncClient, value: float) -> None:
        while f"{shown} {value}" not in (await http.get("/metrics")).text:
            await asyncio.sleep(0.01)

    async with watched(settings, relay) as (http, _):
        await tell(http, 1.0)
        await _set_writing(directory, "query_only = on")
        await tell(http, 0.0)
        problem = "directory database: it takes no writes (SQLITE_READONLY)"
        assert problem in (await http.get("/readyz")).json()["problems"]
        await _set_writing(directory, "query_only = off")
        await tell(http, 1.0)


async def _set_writing(directory: DirectoryDatabase, pragma: str) -> None:
    """Set something of the one connection that writes."""
    async with directory.writing.connect() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        await driver.execute(f"PRAGMA {pragma}")


async def test_a_process_that_drains_is_alive_and_not_ready(
    settings: Settings, directory: DirectoryDatabase
) -> None:
    def relay(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_relay(settings, directory, endpoints, stop)

    async with watched(settings, relay) as (http, stop):
        stop.set()
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "process: draining" in answer.json()["problems"]
        assert (await http.get("/livez")).status_code == 200


async def test_metrics_are_served_with_the_build_and_the_process(
    settings: Settings, downstream: DownstreamDatabase
) -> None:
    def worker(endpoints: OperatorEndpoints) -> BackgroundTask:
        return lambda stop: run_worker(settings, downstream, endpoints, stop)

    async with watched(settings, worker) as (http, _):
        answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"muster_events", "muster_build_info", "process_open_fds"} <= names
