"""Do two demands at once for one workspace, in other letters, make one workspace?"""

import asyncio
from contextlib import AsyncExitStack

import pytest

from api.admin.actors import COMMAND
from api.admin.connections import list_connections, open_connection
from api.admin.list_audit import list_changes
from api.admin.workspaces import CREATION, list_workspaces, workspace_in_use
from contracts.rules import Portal
from deploy.administration import administration_of
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.settings import read_settings
from tests.drivers.both_sides import RULES
from tests.servers.migrated import NewDatabase
from worker.dialects import DownstreamDatabase
from worker.errors import EmailExists, WorkspaceExists
from worker.platforms.sql.inventory import Inventory

NAMES = ("Demo", "demo", " DEMO", "dEmo", "Demo ")


async def test_connections_opened_at_once_are_of_one_workspace(databases: Databases) -> None:
    it = administration_of(databases, read_settings())
    await asyncio.gather(
        *(open_connection(it, COMMAND, name, RULES, new_workspace=True) for name in NAMES)
    )
    [workspace] = await list_workspaces(it, COMMAND)
    assert workspace.connections == len(NAMES)
    of_one = await list_connections(it, COMMAND, "demo")
    assert {each.workspace for each in of_one} == {workspace.workspace}
    logged = [each for each in await list_changes(it, COMMAND) if each.action == CREATION]
    made = [each.workspace for each in logged if each.outcome == "done"]
    assert made == [workspace.workspace]


async def test_two_processes_that_make_a_workspace_at_once_make_one(
    new_database_url: NewDatabase,
) -> None:
    url = new_database_url(DOWNSTREAM)
    async with AsyncExitStack() as opened:
        each = []
        for _process in range(2):
            reading, writing = open_engines(url)
            for engine in (reading, writing):
                opened.push_async_callback(engine.dispose)
            each.append(Inventory(DownstreamDatabase(reading, writing)).workspaces)
        made = await asyncio.gather(
            *(each[n % 2].ensure_workspace(name) for n, name in enumerate(NAMES))
        )
        assert len(set(made)) == 1
        assert await each[0].names() == made[:1]


async def test_things_added_at_once_are_of_one_workspace(databases: Databases) -> None:
    inventory = Inventory(databases.downstream)

    async def add(name: str) -> str | None:
        try:
            await inventory.policies.add(name, "Standard")
        except WorkspaceExists:
            return None
        return name

    [made] = [it for it in await asyncio.gather(*map(add, NAMES)) if it is not None]
    assert await inventory.workspaces.names() == [made]
    assert await inventory.policies.of_workspace(made) == ["Standard"]


async def test_a_workspace_that_exists_is_given_its_own_name(databases: Databases) -> None:
    inventory = Inventory(databases.downstream)
    assert await inventory.workspaces.ensure_workspace("Demo") == "Demo"
    assert await inventory.workspaces.ensure_workspace("demo") == "Demo"
    with pytest.raises(WorkspaceExists, match="'demo' is named 'Demo', as it was just made"):
        await inventory.devices.add("demo", "S-1")


async def test_the_making_of_a_workspace_is_audited_and_so_is_its_failure(
    databases: Databases,
) -> None:
    it = administration_of(databases, read_settings())
    accounts = Inventory(databases.downstream).accounts

    async def add(text: str) -> None:
        async with workspace_in_use(it, COMMAND, text, new=True) as name:
            await accounts.add(name, Portal.STORE, "ada@example.com")

    await add("Acme")
    with pytest.raises(EmailExists):
        await add("acme")
    made, begun = await list_changes(it, COMMAND)
    assert {(it.action, it.workspace) for it in (made, begun)} == {(CREATION, "Acme")}
    assert (begun.outcome, made.outcome) == ("begun", "done")

    async def fail() -> None:
        async with workspace_in_use(it, COMMAND, "Other", new=True):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await fail()
    failed, begun, *_made = await list_changes(it, COMMAND)
    assert (begun.workspace, failed.workspace) == ("Other", "Other")
    assert (begun.outcome, failed.outcome) == ("begun", "failed")


async def test_a_connection_beside_others_makes_no_workspace_anew(databases: Databases) -> None:
    it = administration_of(databases, read_settings())
    for name in ("Acme", "ACME"):
        await open_connection(it, COMMAND, name, RULES)
    assert [each.action for each in await list_changes(it, COMMAND)] == [
        *("connections.create", "connections.create", CREATION, CREATION),
    ]
