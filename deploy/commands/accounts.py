"""What does ``muster accounts`` do? It lists, adds and releases accounts of a workspace."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.named_values import portal_named, role_named
from contracts.downstream.accounts import ListedAccount
from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption
from deploy.commands.workspace_names import (
    NewWorkspaceOption,
    Workspace,
    on_workspace,
    on_workspace_to_use,
)
from worker.platforms.sql.inventory import Inventory

app = typer.Typer(no_args_is_help=True, help="Employees, collaborators and MDM employees.")

ACCOUNT_COLUMNS = (
    "portal",
    "email",
    "role",
    "own_role",
    "groups",
    "made_by",
    "protected",
    "removed",
    "version",
    "connection",
)

Portal = Annotated[str, typer.Argument(help="dashboard, store or mdm.")]
Email = Annotated[str, typer.Argument(help="The account's e-mail.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="accounts")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the accounts of a workspace; removed ones have no e-mail any more."""

    async def work(inventory: Inventory, name: str) -> list[dict[str, Any]]:
        return [asdict(each) async for each in inventory.accounts.of_workspace(name)]

    show_rows(on_workspace(workspace, work), ACCOUNT_COLUMNS, as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    portal: Portal,
    email: Email,
    role: Annotated[
        str | None, typer.Option(help="admin, editor or viewer (the default); dashboard only.")
    ] = None,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an account by hand, as the platform itself would."""
    where, given = portal_named(portal), None if role is None else role_named(role)

    async def work(inventory: Inventory, name: str) -> ListedAccount:
        return await inventory.accounts.add(name, where, email, role=given)

    made = on_workspace_to_use(workspace, work, new=new_workspace)
    show_row(asdict(made), as_json=as_json)


@app.command()
def release(
    workspace: Workspace, portal: Portal, email: Email, as_json: JsonOption = False
) -> None:
    """Let e-mail and role of a protected account follow the connection that holds it."""
    where = portal_named(portal)

    async def work(inventory: Inventory, name: str) -> ListedAccount:
        return await inventory.accounts.release(name, where, email)

    show_row(asdict(on_workspace(workspace, work)), as_json=as_json)
