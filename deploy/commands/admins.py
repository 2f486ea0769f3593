"""What does ``muster admins`` do? It issues tokens for the admin API, lists them and ends them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.admins import (
    AdminRole,
    ListedAdmin,
    NewAdmin,
    create_admin,
    list_admins,
    revoke_admin,
)
from api.admin.tokens import TokenChoices
from contracts.clock import now
from deploy.commands.completions import workspace_names
from deploy.commands.empty_lists import none_in
from deploy.commands.expiry import FORMS, expiry_of
from deploy.commands.output import show_row, show_rows, with_times
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.workspace_names import Workspace

TIMES = ("created_at", "expires_at", "revoked_at", "last_used_at")

app = typer.Typer(
    no_args_is_help=True,
    help="Administrators of workspaces, and their tokens for the HTTP admin API.",
)


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="admins")


@app.command("list")
def list_(
    workspace: Annotated[
        str | None, typer.Argument(help="Only of this one.", autocompletion=workspace_names)
    ] = None,
    revoked: Annotated[
        bool, typer.Option("--revoked", help="Also those that were revoked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the administrators, without their tokens.

    Example: muster admins list acme
    """

    async def work(it: Administration) -> Sequence[ListedAdmin]:
        return await list_admins(it, COMMAND, workspace, revoked=revoked)

    rows = [_row_of(admin) for admin in on_administration(work)]
    columns = ("id", "name", "workspace", "role", "state", "created_at", "last_used_at")
    told = (*columns, "revoked_at") if revoked else columns
    show_rows(rows, told, as_json=as_json, if_none=none_in("admins list"))


@app.command()
def create(
    workspace: Workspace,
    role: Annotated[
        AdminRole,
        typer.Option(case_sensitive=False, help="owner changes the workspace, viewer looks."),
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A name for lists and the audit log; it is no secret."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help=f"When it ends by itself, in UTC: {FORMS} (default: never)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Issue a token that reaches one workspace over HTTP; prints it this once.

    Example: muster admins create acme --role owner --name settings-page
    """
    choices = TokenChoices(name, None if expires is None else expiry_of(expires, now()))

    async def work(it: Administration) -> NewAdmin:
        return await create_admin(it, COMMAND, workspace, role, choices)

    row = with_times(asdict(on_administration(work)), "expires_at")
    show_row(row, as_json=as_json)


@app.command()
def revoke(
    admin: Annotated[str, typer.Argument(metavar="ID", help="The id, as in the list.")],
    as_json: JsonOption = False,
) -> None:
    """End the token of an administrator at once.

    Example: muster admins revoke 9b1d04c2aa30
    """

    async def work(it: Administration) -> ListedAdmin:
        return await revoke_admin(it, COMMAND, admin)

    show_row(_row_of(on_administration(work)), as_json=as_json)


def _row_of(admin: ListedAdmin) -> dict[str, Any]:
    return with_times(asdict(admin), *TIMES)
