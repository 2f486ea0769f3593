"""Does the demo workspace look like one in use, and do both sides agree on all of it?"""

import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect

import httpx2
import pytest

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.devices import list_devices
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import list_people
from api.admin.requests import ListedRequest, list_requests
from api.admin.status import status_of
from api.app import create_app
from api.reconciliation.reconcile import Reconciliation
from api.reconciliation.verdicts import Moment
from contracts.clock import now
from deploy.administration import administration_of
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.demo.colleagues import PRIYA
from deploy.demo.history import BEGAN, DEVICES, WORKSPACE
from deploy.demo.past import HOUR
from deploy.demo.workspace import introduce
from deploy.settings import Settings, read_settings
from tests.drivers.both_sides import opened_on_both_sides
from tests.drivers.in_process import metrics_of_nobody
from tests.servers.migrated import NewDatabase
from worker.drift import PlannedAssertions

ADMINISTRATORS = "http://127.0.0.1:8001"
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Demo:
    """An installation with the demo workspace, and what its first run has printed."""

    databases: Databases
    it: Administration
    printed: str

    async def requests(self) -> list[ListedRequest]:
        """Return all requests of the provider."""
        connections = await list_connections(self.it, COMMAND)
        return [
            request
            for each in connections
            for request in await list_requests(self.it, COMMAND, each.id, most=1_000)
        ]


@asynccontextmanager
async def introduced(new_database_url: NewDatabase, settings: Settings) -> AsyncIterator[Demo]:
    """Make an installation as the first run leaves it."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as databases:
        with redirect_stdout(io.StringIO()) as printed:
            await introduce(databases, settings, ADMINISTRATORS, make_demo=True)
        yield Demo(databases, administration_of(databases, settings), printed.getvalue())


@pytest.fixture(scope="module")
async def demo(shared_database_url: NewDatabase) -> AsyncIterator[Demo]:
    """Give one without a console, which tests look at and leave as it is."""
    async with introduced(shared_database_url, read_settings(console=False)) as demo:
        yield demo


async def test_everything_has_arrived_but_what_went_wrong(demo: Demo) -> None:
    [workspace] = (await status_of(demo.it, COMMAND)).workspaces
    counts = workspace.counts
    assert (workspace.connections, counts.pending, counts.failed) == (3, 0, 0)
    assert counts.refusals == {"last_admin": 1, "conflict": 1}
    assert counts.held == 3
    assert counts.identities > 70
    assert len([it async for it in list_devices(demo.it, COMMAND, WORKSPACE)]) == DEVICES

    at = now()
    both = Reconciliation(demo.it.directory, demo.it.downstream.states, Moment(at, at))
    compared = await both.compare(PlannedAssertions(demo.databases.downstream))
    assert not compared.findings
    assert not compared.leavers


async def test_people_joined_and_left_over_several_days(demo: Demo) -> None:
    requests = await demo.requests()
    assert {it.status for it in requests} == {200, 201, 204, 401, 404, 409}
    joined = {it.at // DAY for it in requests if it.method == "POST" and it.status == 201}
    assert len(joined) >= 5
    times = sorted(it.at for it in requests)
    assert now() - BEGAN * HOUR <= times[0] < now() - 5 * DAY
    assert now() - HOUR < times[-1] <= now()

    everybody = await list_people(demo.it, COMMAND, PeopleFilter(search="@"), most=1_000)
    hosts = {person.user_name.partition("@")[2] for person in everybody.items}
    assert hosts == {"example.com"}, "which is nobody's"
    page = await list_people(demo.it, COMMAND, PeopleFilter(inactive=True))
    leavers = {person.user_name for person in page.items}
    assert len(leavers) >= 8
    assert PRIYA.user_name not in leavers, "she has come back"


@pytest.fixture
async def visited(demo: Demo, tmp_path: Path) -> AsyncIterator[Demo]:
    """Give a copy of the demo, for a visitor who changes it."""
    copies = list[str]()
    for engine in (demo.databases.directory.writing, demo.databases.downstream.writing):
        file = tmp_path / f"{len(copies)}.db"
        with closing(connect(str(engine.url.database))) as db, closing(connect(file)) as copy:
            db.backup(copy)
        copies.append(f"sqlite+aiosqlite:///{file}")
    async with opened_on_both_sides(*copies) as databases:
        it = administration_of(databases, read_settings(console=False))
        yield Demo(databases, it, demo.printed)


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
async def test_the_first_joiner_that_is_printed_is_left_to_the_visitor(visited: Demo) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@example.com",
    }
    url = re.search(r"curl -s (\S+)", visited.printed)
    token = re.search(r"Bearer (\w+[\w-]*)", visited.printed)
    assert url
    assert token
    app = create_app(visited.it.directory, visited.it.public_url, metrics_of_nobody())
    headers = {"Authorization": f"Bearer {token[1]}"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), headers=headers) as http:
        assert (await http.post(url[1], json=body)).status_code == 201
        listed = (await http.get(url[1], params={"count": 100})).json()
    assert listed["totalResults"] == len(listed["Resources"]), "those of the past are counted, too"


async def test_a_second_start_makes_nothing_and_without_a_console_names_the_admin_api(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "/console" not in demo.printed
    assert f"{ADMINISTRATORS}/admin/v1" in demo.printed
    before = await status_of(demo.it, COMMAND)

    settings = read_settings(console=False)
    await introduce(demo.databases, settings, ADMINISTRATORS, make_demo=True)
    later = capsys.readouterr().out
    assert "A token for the admin API: muster admins create demo --role owner" in later
    assert "muster_" not in later
    assert await status_of(demo.it, COMMAND) == before


@pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
async def test_where_logs_are_json_the_tokens_are_told_in_json_and_once(
    new_database_url: NewDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read_settings().model_copy(update={"log_format": "json"})
    async with introduced(new_database_url, settings) as demo:
        told, way = map(json.loads, demo.printed.splitlines())
        assert all(it["token"] for it in told["connections"].values())
        assert way["administration"]["url"] == f"{ADMINISTRATORS}/console/"
        await introduce(demo.databases, settings, ADMINISTRATORS, make_demo=True)
        assert capsys.readouterr().out == ""
