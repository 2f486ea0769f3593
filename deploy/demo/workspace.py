"""What does ``muster run --demo`` show? It makes a demo workspace, and later shows base URLs."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import typer

from api.admin.accounts import add_account
from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.admins import AdminRole, create_admin
from api.admin.connections import (
    ConnectionInUse,
    Credentials,
    list_connections,
    open_connection,
)
from api.admin.policies import add_policy
from api.connection_urls import base_url_of
from contracts.rules import (
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
    UnassignDevices,
)
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.demo.colleagues import OWNER
from deploy.demo.history import (
    ADMINS,
    BEGAN,
    BY_HAND,
    EDITORS,
    POLICIES,
    WORKSPACE,
    live_through,
)
from deploy.demo.past import living_in_the_past
from deploy.logs import logging_errors_alone
from deploy.own_command import own_command
from deploy.settings import Settings

DEMO_RULES: tuple[Rules, ...] = (
    DashboardRules(
        on_create=CreateCollaborator(role=Role.VIEWER),
        on_deactivate=RemoveCollaborator(),
        role_map=(
            RoleLine(name=ADMINS, role=Role.ADMIN),
            RoleLine(name=EDITORS, role=Role.EDITOR),
        ),
    ),
    StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee()),
    MdmRules(on_create=CreateMdmEmployee(), on_deactivate=UnassignDevices()),
)
"""The rules at first. The history of the workspace changes those of the devices."""

TRY = """\
Try it:

  curl -s {base_url}/Users \\
    -H 'Authorization: Bearer {token}' -H 'Content-Type: application/scim+json' \\
    -d '{{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
         "userName": "ada@example.com", "name": {{"givenName": "Ada", "familyName": "Quill"}},
         "emails": [{{"value": "ada@example.com", "primary": true}}], "active": true}}'

  {muster} accounts list {workspace}
  {muster} devices list {workspace}
"""


async def introduce(
    databases: Databases, settings: Settings, administrators: str, *, make_demo: bool
) -> None:
    """Print the connections, or make a demo workspace on empty databases if asked to.

    Where logs are JSON, the connections of the demo workspace with their tokens are a JSON object
    on standard output, and the way to administer it another one; later starts print nothing. No
    token is a line of the log.

    :param administrators: the URL under which administrators reach this process.
    """
    it = administration_of(databases, settings)
    if known := await list_connections(it, COMMAND):
        if settings.log_format == "console":
            _show(settings, known)
    elif make_demo and not await it.downstream.workspaces.exists(WORKSPACE):
        await _make(databases, settings, administrators)


def _show(settings: Settings, known: Sequence[ConnectionInUse]) -> None:
    for each in known:
        typer.echo(f"{each.id:<24} {base_url_of(settings.base, each.id)}")
    muster = own_command()
    typer.echo(f"One more token, beside the present one: {muster} tokens create CONNECTION")
    workspaces = {each.workspace for each in known}
    name = shlex.quote(workspaces.pop()) if len(workspaces) == 1 else "WORKSPACE"
    opens = "console" if settings.console else "admin API"
    typer.echo(f"A token for the {opens}: {muster} admins create {name} --role owner\n")


async def _make(databases: Databases, settings: Settings, administrators: str) -> None:
    """Make a workspace with a history, and print the tokens that open it."""
    in_json = settings.log_format == "json"
    with logging_errors_alone():
        async with living_in_the_past(databases, settings, BEGAN) as past:
            past.connect(connections := await _set_up(past.it))
            if in_json:
                made = {portal: asdict(opened) for portal, opened in connections.items()}
                typer.echo(json.dumps({"workspace": WORKSPACE, "connections": made}))
            else:
                _show_connections(connections)
            await live_through(past)
    it = administration_of(databases, settings)
    owner = await create_admin(it, COMMAND, WORKSPACE, AdminRole.OWNER)
    door, path = ("console", "/console/") if settings.console else ("admin API", "/admin/v1")
    opens = {"url": f"{administrators}{path}", "token": owner.token}
    if in_json:
        typer.echo(json.dumps({"workspace": WORKSPACE, "administration": opens}))
        return
    typer.echo(f"  {door:<10} {opens['url']}\n  {'token':<10} {opens['token']}\n")
    tried = asdict(connections[Portal.MDM])
    typer.echo(TRY.format(muster=own_command(), workspace=WORKSPACE, **tried))


def _show_connections(connections: Mapping[Portal, Credentials]) -> None:
    typer.echo(
        f"A demo workspace, {WORKSPACE!r}, one connection per portal (tokens are shown once):\n"
    )
    for portal, opened in connections.items():
        typer.echo(f"  {portal:<10} {opened.base_url}\n  {'token':<10} {opened.token}\n")


async def _set_up(it: Administration) -> Mapping[Portal, Credentials]:
    """Make policies, two accounts by hand, and a connection for each portal."""
    for policy in POLICIES:
        await add_policy(it, COMMAND, WORKSPACE, policy, new_workspace=True)
    await add_account(it, COMMAND, WORKSPACE, Portal.DASHBOARD, OWNER.user_name, role=Role.ADMIN)
    await add_account(it, COMMAND, WORKSPACE, Portal.MDM, BY_HAND)
    return {rules.portal: await switch_on(it, WORKSPACE, rules) for rules in DEMO_RULES}


async def switch_on(it: Administration, workspace: str, rules: Rules) -> Credentials:
    """Switch SCIM on for one portal of a demo workspace."""
    return await open_connection(it, COMMAND, workspace, rules, new_workspace=True)
