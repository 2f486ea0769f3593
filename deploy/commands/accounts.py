"""``muster accounts``: the people of a workspace, as the platform sees them."""

from typing import Annotated, Any

import typer

from contracts.rules import Portal, Role
from deploy.commands.session import JsonOption, Workspace, on_databases
from deploy.opened import Databases
from deploy.output import show_row, show_rows
from deploy.rule_options import InvalidInput, portal_named, role_named
from deploy.settings import Settings
from worker import inventory

app = typer.Typer(no_args_is_help=True, help="Employees, collaborators and MDM employees.")

COLUMNS = ("portal", "email", "role", "groups", "removed", "version", "connection")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the accounts of a workspace; removed ones have no e-mail any more."""

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        return await inventory.list_accounts(databases.downstream, workspace)

    show_rows(on_databases(work), COLUMNS, as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    portal: Annotated[str, typer.Argument(help="dashboard, store or mdm.")],
    email: Annotated[str, typer.Argument(help="The account's e-mail.")],
    role: Annotated[
        str | None, typer.Option(help="admin, editor or viewer (the default); dashboard only.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account by hand, as the platform itself would."""
    where, wanted = portal_named(portal), None if role is None else role_named(role)
    if wanted and where is not Portal.DASHBOARD:
        raise InvalidInput("--role goes with the dashboard portal")
    given = (wanted or Role.VIEWER) if where is Portal.DASHBOARD else None

    async def work(databases: Databases, _settings: Settings) -> None:
        await inventory.add_account(databases.downstream, workspace, where, email, given)

    on_databases(work)
    show_row({"portal": portal, "email": email, "role": given}, as_json=as_json)
