"""Does the single process stop when it is told, whatever is away just then?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import count_marks
from contracts.clock import now
from contracts.rules import CreateEmployee, StoreRules
from contracts.topology import Lane
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY
from deploy.databases.open_databases import Databases
from deploy.http.server import bind_admin, bind_api, url_of
from deploy.processes.background_tasks import running_in_background
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.single_process import run_everything
from deploy.settings import read_settings
from tests.servers.migrated import FileTemplates
from worker.dialects import DownstreamDatabase

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"
HANGS_AFTER_SECONDS = 20
OPERATOR_TOKEN = "operator-" + "o" * 32
PAUSE = "/admin/v1/connections/acme-store/pause"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
async def databases(tmp_path: Path, file_templates: FileTemplates) -> AsyncIterator[Databases]:
    """Give a directory, and a downstream that nobody answers for."""
    url = file_templates.copy(DIRECTORY, tmp_path / "directory.sqlite3")
    databases = Databases(
        DirectoryDatabase(*open_engines(url)), DownstreamDatabase(*open_engines(NOBODY))
    )
    yield databases
    for database in (databases.directory, databases.downstream):
        await database.reading.dispose()
        await database.writing.dispose()


async def test_it_serves_administrators_on_a_port_of_their_own(databases: Databases) -> None:
    settings = read_settings(port=0, admin_port=0, admin_token=OPERATOR_TOKEN)
    await create_connection(databases.directory, "acme", StoreRules(), now())
    with bind_api(settings) as listener, bind_admin(settings) as administrators:
        async with (
            asyncio.timeout(HANGS_AFTER_SECONDS),
            running_in_background(
                lambda stop: run_everything(
                    settings,
                    listener,
                    databases,
                    OperatorEndpoints(),
                    stop,
                    administrators=administrators,
                )
            ),
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {OPERATOR_TOKEN}"}) as http,
        ):
            paused = await http.post(f"{url_of(administrators)}{PAUSE}")
            assert (paused.status_code, paused.json()["state"]) == (200, "paused")
            assert (await http.get(f"{url_of(administrators)}/livez")).status_code == 200
            assert (await http.get(f"{url_of(administrators)}/docs")).status_code == 200
            of_providers = await http.post(f"{url_of(listener)}{PAUSE}")
            assert of_providers.status_code == 404
            of_scim = await http.get(f"{url_of(administrators)}/scim/v2/acme-store/Users")
            assert of_scim.status_code == 404


async def test_it_stops_while_downstream_is_away_and_what_was_acknowledged_stays_marked(
    databases: Databases,
) -> None:
    settings = read_settings(port=0)
    created = await create_connection(
        databases.directory, "acme", StoreRules(on_create=CreateEmployee()), now()
    )
    endpoints = OperatorEndpoints()
    with bind_api(settings) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/scim/v2/{created.id}"
        async with (
            asyncio.timeout(HANGS_AFTER_SECONDS),
            running_in_background(
                lambda stop: run_everything(settings, listener, databases, endpoints, stop)
            ),
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {created.token}"}) as http,
        ):
            body = {"schemas": [USER], "userName": "ada@example.com"}
            answer = await http.post(f"{base_url}/Users", json=body)
            assert answer.status_code == 201
            page = await http.get(f"http://127.0.0.1:{listener.getsockname()[1]}/docs")
            assert page.status_code == 200, "whoever tries Muster out reads about it"
    async with databases.directory.read() as db:
        marks = await count_marks(db, now())
    assert marks.lanes[Lane.BULK].count == 1
