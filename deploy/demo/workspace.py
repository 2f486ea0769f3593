"""What does ``muster run --demo`` show? It makes a demo workspace, and later shows base URLs."""

from dataclasses import asdict

import typer

from api.admin.actors import COMMAND
from api.admin.connections import Credentials, list_connections, open_connection
from api.connection_urls import base_url_of
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    Role,
    RoleLine,
    Rules,
    StoreRules,
)
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.platforms.sql.inventory import Inventory

DEMO_WORKSPACE = "demo"
DEMO_POLICIES = ("Standard", "Quarantine")
DEMO_DEVICES, DEMO_HELD_DEVICES = 12, 2
DEMO_OWNER, DEMO_HOLDER = "owner@example.com", "grace@example.com"
DEMO_RULES: tuple[Rules, ...] = (
    DashboardRules(
        on_create=CreateCollaborator(role=Role.VIEWER),
        on_deactivate=RemoveCollaborator(),
        role_map=(
            RoleLine(name="Muster Admins", role=Role.ADMIN),
            RoleLine(name="Muster Editors", role=Role.EDITOR),
        ),
    ),
    StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee()),
    MdmRules(on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy="Quarantine")),
)

CURL = """\
Try it:

  curl -s {base_url}/Users \\
    -H 'Authorization: Bearer {token}' -H 'Content-Type: application/scim+json' \\
    -d '{{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
         "userName": "ada@example.com", "name": {{"givenName": "Ada", "familyName": "Quill"}},
         "emails": [{{"value": "ada@example.com", "primary": true}}], "active": true}}'

  muster accounts list {workspace}
  muster devices list {workspace}
"""


async def introduce(databases: Databases, settings: Settings, *, make_demo: bool) -> None:
    """Print the connections, or make a demo workspace on empty databases if asked to."""
    known = await list_connections(administration_of(databases, settings), COMMAND)
    if known:
        for each in known:
            typer.echo(f"{each.id:<24} {base_url_of(settings.base, each.id)}")
        typer.echo("One more token, beside the present one: muster tokens create CONNECTION\n")
    elif make_demo and not await Inventory(databases.downstream).workspaces.exists(DEMO_WORKSPACE):
        await _make(databases, settings)


async def _make(databases: Databases, settings: Settings) -> None:
    """Make a connection for each portal, policies, devices, and two accounts by hand."""
    inventory = Inventory(databases.downstream)
    for policy in DEMO_POLICIES:
        await inventory.policies.add(DEMO_WORKSPACE, policy)
    await inventory.accounts.add(DEMO_WORKSPACE, Portal.DASHBOARD, DEMO_OWNER, role=Role.ADMIN)
    await inventory.accounts.add(DEMO_WORKSPACE, Portal.MDM, DEMO_HOLDER)
    for number in range(1, DEMO_DEVICES + 1):
        holder = DEMO_HOLDER if number <= DEMO_HELD_DEVICES else None
        serial = f"DEMO-{number:03}"
        await inventory.devices.add(DEMO_WORKSPACE, serial, policy="Standard", assigned_to=holder)
    typer.echo(
        f"A demo workspace, {DEMO_WORKSPACE!r},"
        " one connection per portal (tokens are shown once):\n"
    )
    for rules in DEMO_RULES:
        opened = await switch_on(databases, settings, DEMO_WORKSPACE, rules)
        typer.echo(f"  {rules.portal:<10} {opened.base_url}\n  {'token':<10} {opened.token}\n")
    typer.echo(CURL.format(workspace=DEMO_WORKSPACE, **asdict(opened)))


async def switch_on(
    databases: Databases, settings: Settings, workspace: str, rules: Rules
) -> Credentials:
    """Switch SCIM on for one portal of a demo workspace."""
    it = administration_of(databases, settings)
    return await open_connection(it, COMMAND, workspace, rules, new_workspace=True)
