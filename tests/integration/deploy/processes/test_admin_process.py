"""How does the process of administrators fare by itself? It needs the directory to be ready."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from deploy.databases.open_databases import Databases
from deploy.http.server import bind_admin, url_of
from deploy.processes.admin_process import run_admin
from deploy.processes.background_tasks import running_in_background
from deploy.processes.configured_admin import configured_admin
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.settings import read_settings
from worker.dialects import DownstreamDatabase

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"
TOKEN = "operator-" + "o" * 32
HANGS_AFTER_SECONDS = 20


@pytest.fixture
async def databases(directory_url: str) -> AsyncIterator[Databases]:
    """Give a directory, and a downstream that nobody answers for."""
    databases = Databases(
        DirectoryDatabase(*open_engines(directory_url)), DownstreamDatabase(*open_engines(NOBODY))
    )
    yield databases
    await databases.directory.close()
    for engine in (databases.downstream.reading, databases.downstream.writing):
        await engine.dispose()


async def test_it_is_ready_without_downstream_and_says_so(databases: Databases) -> None:
    settings, endpoints = read_settings(admin_port=0, admin_token=TOKEN), OperatorEndpoints()
    with bind_admin(settings) as listener:
        async with (
            asyncio.timeout(HANGS_AFTER_SECONDS),
            running_in_background(
                lambda stop: run_admin(settings, listener, databases, endpoints, stop)
            ),
            httpx2.AsyncClient(
                base_url=url_of(listener), headers={"Authorization": f"Bearer {TOKEN}"}
            ) as http,
        ):
            ready = await http.get("/readyz")
            assert ready.status_code == (await http.head("/readyz")).status_code == 200
            assert [it.partition(":")[0] for it in ready.json()["remarks"]] == [
                "downstream database"
            ]
            listed = await http.get("/admin/v1/connections")
            assert listed.json() == {"items": [], "next": None}
            away = await http.get("/admin/v1/workspaces")
            assert (away.status_code, away.json()["code"]) == (503, "server_busy")
            assert away.headers["Retry-After"] == "5"


async def test_it_examines_the_installation_as_it_is_set_itself(databases: Databases) -> None:
    settings = read_settings(admin_port=0, admin_token=TOKEN, sweep_seconds=0)
    settings = settings.model_copy(update={"downstream_database_url": NOBODY})
    app = configured_admin(settings, databases, OperatorEndpoints())
    transport, headers = httpx2.ASGITransport(app), {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://admin.test", headers=headers
    ) as http:
        told = (await http.get("/admin/v1/doctor")).json()
    assert told["result"] == "problem"
    assert told["installation"]["downstream"] == "127.0.0.1:1/nothing"
    codes = {(it["about"], it["code"]) for it in told["findings"]}
    assert {("settings", "no-sweep"), ("downstream", "nothing-answers")} <= codes
    assert "ports" not in {about for about, _ in codes}


@pytest.mark.parametrize(("console", "status"), [(True, 200), (False, 404)])
async def test_the_console_is_served_unless_it_is_switched_off(
    databases: Databases, console: bool, status: int
) -> None:
    settings = read_settings(admin_token=TOKEN, console=console)
    app = configured_admin(settings, databases, OperatorEndpoints())
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://admin.test"
    ) as http:
        for path in "/", "/console", "/console/sign-in":
            answer = await http.get(path, follow_redirects=True)
            assert answer.status_code == status, path
        assert (await http.get("/admin/v1/connections")).status_code == 401
