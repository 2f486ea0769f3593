"""What does ``muster connections`` do? It switches SCIM on, lists base URLs, and changes rules.

The commands for the states of a connection are those of ``connection_states``, and its deletion is
that of ``delete_connection``.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.change_rules import change_connection
from api.admin.connections import Credentials, list_connections, open_connection
from api.admin.delete_connection import left_to_close
from api.admin.rule_choices import described
from api.admin.rules import rules_from
from api.admin.seen_names import mapping_warnings
from api.directory.brake_limits import STANDARD
from api.reconciliation.verdicts import Finding
from contracts.rules import Rules
from deploy.commands import connection_states, delete_connection
from deploy.commands.choices import CreationOption, DeactivationOption, PortalArgument, RoleOption
from deploy.commands.connection_states import row_of, rules_of
from deploy.commands.empty_lists import none_in
from deploy.commands.output import show_row, show_rows
from deploy.commands.rule_options import choices_of
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.unknown_leavers import show_published
from deploy.commands.visible_text import say
from deploy.commands.workspace_names import NewWorkspaceOption, Workspace, asking_first

app = typer.Typer(no_args_is_help=True, help="Switch SCIM on for a portal, and see where it is.")

BrakeOption = Annotated[
    str | None,
    typer.Option(
        "--brake",
        metavar="off|N:SHARE",
        help="How many people may leave within any hour: N, or SHARE percent of all, whichever is"
        " more (default: 50:10). Others are held until somebody decides.",
    ),
]
PolicyName = Annotated[
    str | None, typer.Option("--policy", metavar="NAME", help="The policy to change to.")
]
MapRole = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=ROLE",
        help="People of this group, or with this SCIM role, get this role. Repeatable.",
    ),
]


MapGroup = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID=ROLE",
        help="People of the group with this id get this role, whatever the name of the group is;"
        " muster rules choices shows the ids. Repeatable.",
    ),
]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    connection_states.add_to(app)
    delete_connection.add_to(app)
    muster.add_typer(app, name="connections")


@app.command()
def create(
    workspace: Workspace,
    portal: PortalArgument,
    on_create: CreationOption = None,
    on_deactivate: DeactivationOption = None,
    role: RoleOption = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    observe: Annotated[
        bool,
        typer.Option("--observe", help="Keep all that is pushed until connections resume."),
    ] = False,
    brake: BrakeOption = None,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Switch SCIM on; prints the base URL, and the bearer token this once.

    Example: muster connections create acme store --on-create create-employee
    """
    choices = choices_of(on_create, on_deactivate, role, policy, map_role)
    rules = rules_from(portal, choices)

    def run(may_be_new: bool) -> Credentials:
        async def work(it: Administration) -> Credentials:
            return await open_connection(
                it,
                COMMAND,
                workspace,
                rules,
                observe=observe,
                new_workspace=may_be_new,
                brake=brake or STANDARD,
            )

        return on_administration(work, makes=True)

    show_row(asdict(asking_first(run, new=new_workspace)), as_json=as_json)


@app.command()
def change(
    connection: ConnectionId,
    on_create: CreationOption = None,
    on_deactivate: DeactivationOption = None,
    role: RoleOption = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    map_group: MapGroup = None,
    no_map_role: Annotated[
        bool, typer.Option("--no-map-role", help="Map no name and no group to a role any more.")
    ] = False,
    brake: BrakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the given rules; accounts and roles follow, past deactivations are not run again.

    A --map-role replaces all names that are mapped, a --map-group all ids. Left alone are people
    who have left downstream although the directory shows them as active: muster reconcile lists
    them.

    A new --brake counts the leavings of the last hour as well. Held losses stay held.

    Example: muster connections change acme-mdm --on-deactivate change-policy --policy Quarantine
    """
    names = map_role, map_group
    given = choices_of(on_create, on_deactivate, role, policy, *names, no_map_role=no_map_role)

    async def work(it: Administration) -> tuple[Rules, Sequence[Finding], Sequence[str]]:
        changed = await change_connection(it, COMMAND, connection, given, brake)
        warnings = await mapping_warnings(it, COMMAND, connection)
        return changed.rules, changed.left_alone, warnings

    rules, left_alone, warnings = on_administration(work)
    in_words = asdict(described(rules))
    row = {"connection": connection} | (
        in_words | {"rules": rules_of(rules), "warnings": list(warnings)} if as_json else in_words
    )
    told = row if brake is None else row | {"brake": brake}
    if not as_json:
        for warning in warnings:
            say(f"warning: {warning}", to_stderr=True)
    show_published(told, left_alone, as_json=as_json)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the connections with their states, base URLs and rules.

    Example: muster connections list --json
    """

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_connections(it, COMMAND)
        left = await left_to_close(it, found)
        return [row_of(it, each, left) for each in found]

    rows = on_administration(work)
    closing = ("people_left",) if any("people_left" in row for row in rows) else ()
    columns = ("connection", "state", *closing, "base_url", "on_create", "on_deactivate", "roles")
    show_rows(rows, columns, as_json=as_json, if_none=none_in("connections list"))
