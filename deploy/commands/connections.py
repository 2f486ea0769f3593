"""What does ``muster connections`` do? It switches SCIM on, lists base URLs, and changes rules.

The commands for the states of a connection are those of ``connection_states``.
"""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.change_rules import ChangedRules, change_rules
from api.admin.connections import Credentials, list_connections, open_connection
from api.admin.named_values import portal_named
from api.admin.rule_choices import described
from api.admin.rules import rules_from
from deploy.commands import connection_states
from deploy.commands.connection_states import row_of
from deploy.commands.output import show_row, show_rows
from deploy.commands.rule_options import choices_of
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.unknown_leavers import show_published
from deploy.commands.workspace_names import NewWorkspaceOption, Workspace, asking_first

app = typer.Typer(no_args_is_help=True, help="Switch SCIM on for a portal, and see where it is.")

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


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    connection_states.add_to(app)
    muster.add_typer(app, name="connections")


@app.command()
def create(
    workspace: Workspace,
    portal: Annotated[str, typer.Argument(help="dashboard, store or mdm.")],
    on_create: OnCreate = None,
    on_deactivate: OnDeactivate = None,
    role: RoleName = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    observe: Annotated[
        bool,
        typer.Option("--observe", help="Keep all that is pushed until connections resume."),
    ] = False,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Switch SCIM on; prints the base URL, and the bearer token this once."""
    choices = choices_of(on_create, on_deactivate, role, policy, map_role)
    rules = rules_from(portal_named(portal), choices)

    def run(may_be_new: bool) -> Credentials:
        async def work(it: Administration) -> Credentials:
            return await open_connection(
                it, COMMAND, workspace, rules, observe=observe, new_workspace=may_be_new
            )

        return on_administration(work, makes=True)

    show_row(asdict(asking_first(run, new=new_workspace)), as_json=as_json)


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

    A --map-role replaces the whole mapping. Left alone are people who have left downstream although
    the directory shows them as active: muster reconcile lists them.
    """
    given = choices_of(on_create, on_deactivate, role, policy, map_role, no_map_role=no_map_role)

    async def work(it: Administration) -> ChangedRules:
        return await change_rules(it, COMMAND, connection, given)

    done = on_administration(work)
    row = {"connection": connection} | asdict(described(done.rules))
    show_published(row, done.left_alone, as_json=as_json)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the connections with their states, base URLs and rules."""

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_connections(it, COMMAND)
        return [row_of(it, each) for each in found]

    columns = ("connection", "state", "base_url", "on_create", "on_deactivate", "roles")
    show_rows(on_administration(work), columns, as_json=as_json)
