"""``muster connections``: switch SCIM on, see where, change the rules."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from api.admin import connections
from api.admin.rules import (
    InvalidInput,
    RuleOptions,
    changed,
    described,
    policy_of,
    portal_named,
    rules_from,
)
from api.base_urls import base_url_of
from api.reconciliation.verdicts import Finding
from contracts.clock import now
from contracts.rules import RULES, Rules
from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption, Workspace, on_databases
from deploy.commands.unknown_leavers import show_published, unknown_leavers
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.inventory import Inventory
from worker.sync_states import StoredPolicies

app = typer.Typer(no_args_is_help=True, help="Switch SCIM on for a portal, and see where it is.")

ConnectionId = Annotated[str, typer.Argument(metavar="CONNECTION", help="As in its base URL.")]
OnCreate = Annotated[
    str | None,
    typer.Option(
        help="nothing (the default), create-employee on store, create-collaborator on dashboard,"
        " create-mdm-employee on mdm."
    ),
]
OnDeactivate = Annotated[
    str | None,
    typer.Option(
        help="nothing (the default), remove-employee on store, remove-collaborator on dashboard,"
        " unassign-devices, change-policy, remove-user or remove-user-and-devices on mdm."
    ),
]
RoleName = Annotated[
    str | None, typer.Option("--role", help="The role of a new collaborator (default: viewer).")
]
PolicyName = Annotated[str | None, typer.Option("--policy", help="The policy to change to.")]
MapRole = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=ROLE",
        help="Who is in this group, or has this SCIM role, gets this role. Repeatable.",
    ),
]


@app.command()
def create(
    workspace: Workspace,
    portal: Annotated[str, typer.Argument(help="dashboard, store or mdm.")],
    on_create: OnCreate = None,
    on_deactivate: OnDeactivate = None,
    role: RoleName = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    as_json: JsonOption = False,
) -> None:
    """Switch SCIM on; prints the base URL, and the bearer token this once."""
    options = RuleOptions(on_create, on_deactivate, role, policy, map_role or ())
    rules = rules_from(portal_named(portal), options)

    async def work(databases: Databases, settings: Settings) -> dict[str, Any]:
        return await open_connection(databases, settings, workspace, rules)

    show_row(on_databases(work), as_json=as_json)


@app.command()
def change(
    connection: ConnectionId,
    on_create: OnCreate = None,
    on_deactivate: OnDeactivate = None,
    role: RoleName = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    no_map_role: Annotated[
        bool, typer.Option("--no-map-role", help="Map no name to a role any more.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Change the given rules; accounts and roles follow, past deactivations are not run again.

    A --map-role replaces the whole mapping. Left alone are people who have left downstream though
    the directory takes them for active: muster reconcile shows them.
    """
    given = RuleOptions(on_create, on_deactivate, role, policy, map_role or (), no_map_role)

    async def work(databases: Databases, _settings: Settings) -> tuple[Rules, Sequence[Finding]]:
        found = await connections.get_connection(databases.directory, connection)
        rules = rules_from(found.portal, changed(found.rules, given))
        await _check_policy(databases, found.workspace, rules)
        leavers = await unknown_leavers(databases, connection)
        left = {it.identity for it in leavers}
        await connections.change_rules(
            databases.directory, connection, rules, now(), except_for=left
        )
        return rules, leavers

    rules, leavers = on_databases(work)
    show_published({"connection": connection} | described(rules), leavers, as_json=as_json)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the connections with their base URLs and rules."""

    async def work(databases: Databases, settings: Settings) -> list[dict[str, Any]]:
        found = await connections.list_connections(databases.directory)
        return [
            {
                "connection": each.id,
                "workspace": each.workspace,
                "portal": each.portal,
                "base_url": base_url_of(settings.base, each.id),
                "rules": RULES.dump_python(each.rules, mode="json"),
            }
            | described(each.rules)
            for each in found
        ]

    columns = ("connection", "base_url", "on_create", "on_deactivate", "roles")
    show_rows(on_databases(work), columns, as_json=as_json)


async def open_connection(
    databases: Databases, settings: Settings, workspace: str, rules: Rules
) -> dict[str, Any]:
    """Switch SCIM on for a portal, and return what the provider has to be told."""
    await _check_policy(databases, workspace, rules)
    connections.slug_of(workspace)  # refused before anything is made
    await Inventory(databases.downstream).ensure_workspace(workspace)
    created = await connections.create_connection(databases.directory, workspace, rules, now())
    return {
        "connection": created.id,
        "base_url": base_url_of(settings.base, created.id),
        "token": created.token,
    }


async def _check_policy(databases: Databases, workspace: str, rules: Rules) -> None:
    policy = policy_of(rules)
    if policy and not await StoredPolicies(databases.downstream).exists(workspace, policy):
        raise InvalidInput(f"workspace {workspace!r} has no policy {policy!r}: muster policies add")
