"""What does ``muster conflicts`` do? It lists who waits for which address, and resolves that."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.conflicts import (
    ShownConflict,
    list_conflicts,
    move_conflict,
    release_conflict,
    show_conflict,
)
from contracts.downstream.accounts import ListedAccount
from deploy.commands.output import show_row, with_times
from deploy.commands.session import ConnectionId, JsonOption, OfConnection, on_administration
from deploy.commands.streamed_rows import pages_of, stream_rows
from deploy.commands.workspace_names import Limit, Workspace

app = typer.Typer(no_args_is_help=True, help="Addresses that two people want.")

COLUMNS = (
    "email",
    "portal",
    "connection",
    "identity",
    "holder_connection",
    "holder_identity",
    "holder_active",
    "since",
)

Identity = Annotated[str, typer.Argument(help="The id of the person who waits.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="conflicts")


@app.command("list")
def list_(
    workspace: Workspace,
    connection: OfConnection = None,
    limit: Limit = None,
    as_json: JsonOption = False,
) -> None:
    """List the people who wait for an address, and those who hold the account that has it.

    Example: muster conflicts list acme
    """

    async def work(it: Administration) -> None:
        found = list_conflicts(it, COMMAND, workspace, connection=connection, most=limit)
        await stream_rows(pages_of(found, _row_of), COLUMNS, as_json=as_json)

    on_administration(work)


@app.command()
def show(connection: ConnectionId, identity: Identity, as_json: JsonOption = False) -> None:
    """Show for which address a person waits, and who holds the account that has it.

    Example: muster conflicts show acme-store c7bb4ac7e3f8466a
    """

    async def work(it: Administration) -> ShownConflict:
        return await show_conflict(it, COMMAND, connection, identity)

    show_row(_row_of(on_administration(work)), as_json=as_json)


@app.command()
def release(
    connection: ConnectionId,
    identity: Identity,
    from_active: Annotated[
        bool, typer.Option("--from-active", help="Take the account from somebody active, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hand the account over to the person who waits for it: both are the same person.

    The account keeps its devices, and its role follows the rules of its new connection.

    Example: muster conflicts release acme-store c7bb4ac7e3f8466a
    """

    async def work(it: Administration) -> ListedAccount:
        return await release_conflict(it, COMMAND, connection, identity, from_active=from_active)

    show_row(asdict(on_administration(work)), as_json=as_json)


@app.command()
def move(
    connection: ConnectionId,
    identity: Identity,
    to: Annotated[str, typer.Argument(help="The new e-mail of the account that has the address.")],
    as_json: JsonOption = False,
) -> None:
    """Give the address to the person who waits for it: both are different people.

    The account that has the address stays with its holder, under the new e-mail.

    Example: muster conflicts move acme-store c7bb4ac7e3f8466a ada.king@example.com
    """

    async def work(it: Administration) -> ListedAccount | None:
        return await move_conflict(it, COMMAND, connection, identity, to)

    given = on_administration(work)
    account = None if given is None else asdict(given)
    show_row(account or {"account": None}, as_json=as_json)


def _row_of(conflict: ShownConflict) -> dict[str, Any]:
    return with_times(asdict(conflict), "since")
