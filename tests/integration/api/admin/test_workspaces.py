"""How are workspaces listed and found, and when may a change make one?"""

import pytest

from api.admin.actors import COMMAND, Actor, Power
from api.admin.connections import create_connection, list_connections, open_connection
from api.admin.list_audit import list_changes
from api.admin.workspaces import (
    ListedWorkspace,
    list_workspaces,
    workspace_named,
    workspace_to_use,
)
from api.directory.dialects import DirectoryDatabase
from api.errors import NewWorkspace, NotAllowed, UnknownWorkspace
from tests.drivers.administration import Platform, administration_on
from tests.drivers.in_process import RULES

NOW = 1_700_000_000_000_000
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
AUDITOR = Actor("admin:3", None, Power.VIEW)


async def test_the_workspaces_of_both_sides_are_listed(directory: DirectoryDatabase) -> None:
    for name in ("Acme", "Acme", "Restored"):
        await create_connection(directory, name, RULES, NOW)
    it = administration_on(directory, platform=Platform(workspaces={"Acme", "by hand"}))
    acme = ListedWorkspace("Acme", 2)
    everything = [acme, ListedWorkspace("Restored", 1), ListedWorkspace("by hand", 0)]
    assert await list_workspaces(it, AUDITOR) == everything
    assert await list_workspaces(it, VIEWER) == [acme]


async def test_the_first_workspace_is_made_without_further_ado(
    directory: DirectoryDatabase,
) -> None:
    platform = Platform()
    it = administration_on(directory, platform=platform)
    await open_connection(it, COMMAND, "Acme", RULES)
    assert platform.workspaces == {"Acme"}


async def test_a_workspace_beside_others_is_made_on_demand_only(
    directory: DirectoryDatabase,
) -> None:
    platform = Platform(workspaces={"Acme"})
    it = administration_on(directory, platform=platform)
    with pytest.raises(NewWorkspace, match="there is no workspace 'Acne'"):
        await open_connection(it, COMMAND, "Acne", RULES)
    assert platform.workspaces == {"Acme"}
    assert await list_connections(it, COMMAND) == []
    await open_connection(it, COMMAND, "Other", RULES, new_workspace=True)
    assert platform.workspaces == {"Acme", "Other"}


@pytest.mark.parametrize("new", [True, False])
async def test_there_is_no_second_one_whose_name_differs_in_case(
    directory: DirectoryDatabase, new: bool
) -> None:
    platform = Platform(workspaces={"Acme"})
    it = administration_on(directory, platform=platform)
    made = await open_connection(it, COMMAND, " ACME", RULES, new_workspace=new)
    assert platform.workspaces == {"Acme"}
    [listed] = await list_connections(it, COMMAND, "acme")
    assert (listed.id, listed.workspace) == (made.connection, "Acme")
    [change] = await list_changes(it, COMMAND, workspace="acme")
    assert change.connection == made.connection


async def test_an_actor_of_a_workspace_learns_of_no_other(directory: DirectoryDatabase) -> None:
    it = administration_on(directory, platform=Platform(workspaces={"Acme", "Other"}))
    for name in ("Other", "nowhere"):
        with pytest.raises(UnknownWorkspace) as looked:
            await workspace_named(it, OWNER, name, Power.VIEW)
        with pytest.raises(UnknownWorkspace) as used:
            await workspace_to_use(it, OWNER, name, new=True)
        assert {type(looked.value), type(used.value)} == {UnknownWorkspace}
    assert await workspace_to_use(it, OWNER, "acme") == "Acme"


async def test_only_actors_with_the_power_change_a_workspace(directory: DirectoryDatabase) -> None:
    it = administration_on(directory, platform=Platform(workspaces={"Acme"}))
    assert await workspace_named(it, VIEWER, "acme", Power.VIEW) == "Acme"
    for actor, name in ((VIEWER, "Acme"), (AUDITOR, "Acme"), (AUDITOR, "New")):
        with pytest.raises(NotAllowed):
            await workspace_to_use(it, actor, name, new=True)
