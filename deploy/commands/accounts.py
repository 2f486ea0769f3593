"""``muster accounts``: the people of a workspace, as the platform sees them."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from deploy.commands.session import JsonOption, Workspace, on_databases
from deploy.opened import Databases
from deploy.output import show_row, show_rows
from deploy.rule_options import portal_named, role_named
from deploy.settings import Settings
from worker.inventory import Inventory, ListedAccount

app = typer.Typer(no_args_is_help=True, help="Employees, collaborators and MDM employees.")

COLUMNS = ("portal", "email", "role", "groups", "removed", "version", "connection")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the accounts of a workspace; removed ones have no e-mail any more."""

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        accounts = Inventory(databases.downstream).list_accounts(workspace)
        return [asdict(each) async for each in accounts]

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
    where, given = portal_named(portal), None if role is None else role_named(role)

    async def work(databases: Databases, _settings: Settings) -> ListedAccount:
        return await Inventory(databases.downstream).add_account(
            workspace, where, email, role=given
        )

    show_row(asdict(on_databases(work)), as_json=as_json)
