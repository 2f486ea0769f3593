"""What does ``muster accounts`` do? It lists, shows, adds and releases accounts of a workspace."""

from dataclasses import asdict
from typing import Annotated

import typer

from api.admin.accounts import account_at, add_account, list_accounts, release_account
from api.admin.actors import COMMAND
from api.admin.administration import Administration
from contracts.downstream.accounts import AccountFilter, ListedAccount
from contracts.rules import Portal, Role
from deploy.commands.choices import PortalArgument, RoleOption
from deploy.commands.empty_lists import none_in
from deploy.commands.output import show_row
from deploy.commands.session import JsonOption, OfConnection, on_administration
from deploy.commands.streamed_rows import pages_of, stream_rows
from deploy.commands.workspace_names import (
    Limit,
    NewWorkspaceOption,
    Workspace,
    asking_first,
)

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

PortalOption = Annotated[
    Portal | None, typer.Option("--portal", case_sensitive=False, help="Only of this portal.")
]
Email = Annotated[str, typer.Argument(help="The account's e-mail.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="accounts")


@app.command("list")
def list_(
    workspace: Workspace,
    portal: PortalOption = None,
    connection: OfConnection = None,
    email: Annotated[str | None, typer.Option(help="Only those with this whole e-mail.")] = None,
    role: Annotated[
        Role | None, typer.Option(case_sensitive=False, help="Only those with this role.")
    ] = None,
    removed: Annotated[
        bool | None, typer.Option("--removed/--live", help="Only removed ones, or only live ones.")
    ] = None,
    limit: Limit = None,
    as_json: JsonOption = False,
) -> None:
    """List the accounts of a workspace; removed ones have no e-mail any more.

    Example: muster accounts list acme --portal dashboard --role admin
    """
    chosen = AccountFilter(
        portal=portal, connection=connection, email=email, role=role, removed=removed
    )

    async def work(it: Administration) -> None:
        found = list_accounts(it, COMMAND, workspace, chosen, most=limit)
        if_none = none_in("accounts list", narrowed=chosen != AccountFilter())
        rows = pages_of(found, asdict)
        await stream_rows(rows, ACCOUNT_COLUMNS, as_json=as_json, if_none=if_none)

    on_administration(work)


@app.command()
def show(
    workspace: Workspace, portal: PortalArgument, email: Email, as_json: JsonOption = False
) -> None:
    """Show the account with an e-mail, with its id, its holder and what protects it.

    Example: muster accounts show acme dashboard ada@example.com
    """

    async def work(it: Administration) -> ListedAccount:
        return await account_at(it, COMMAND, workspace, portal, email)

    show_row(asdict(on_administration(work)), as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    portal: PortalArgument,
    email: Email,
    role: RoleOption = None,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an account by hand, as the platform itself would. Roles are for dashboard only.

    Example: muster accounts add acme dashboard ada@example.com --role admin
    """

    def run(may_be_new: bool) -> ListedAccount:
        async def work(it: Administration) -> ListedAccount:
            return await add_account(
                it, COMMAND, workspace, portal, email, role=role, new_workspace=may_be_new
            )

        return on_administration(work, makes=True)

    show_row(asdict(asking_first(run, new=new_workspace)), as_json=as_json)


@app.command()
def release(
    workspace: Workspace, portal: PortalArgument, email: Email, as_json: JsonOption = False
) -> None:
    """Let e-mail and role of a protected account follow the connection that holds it.

    Example: muster accounts release acme dashboard ada@example.com
    """

    async def work(it: Administration) -> ListedAccount:
        account = await account_at(it, COMMAND, workspace, portal, email)
        return await release_account(it, COMMAND, workspace, account.id)

    show_row(asdict(on_administration(work)), as_json=as_json)
