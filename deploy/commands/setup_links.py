"""What does ``muster setup-links`` do? It lists, makes and ends the links to one connection."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.setup_links import (
    ListedLink,
    NewLink,
    create_setup_link,
    list_setup_links,
    revoke_setup_link,
)
from contracts.clock import now
from deploy.commands.empty_lists import none_in
from deploy.commands.expiry import FORMS, expiry_of
from deploy.commands.output import show_row, show_rows, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.visible_text import say

app = typer.Typer(
    no_args_is_help=True, help="Links by which somebody without an account connects a provider."
)

Expires = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", help=f"When it ends by itself, in UTC: {FORMS} (default: in a week)."
    ),
]

WITHOUT_ADDRESS = (
    "The link is a path behind the address of the console: MUSTER_CONSOLE_URL tells the address, so"
    " that links are printed whole."
)
"""Said of a link that is a path alone."""


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="setup-links")


@app.command("list")
def list_(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """List the newest hundred set-up links of a connection, without the links themselves.

    Example: muster setup-links list acme-store
    """

    async def work(it: Administration) -> Sequence[ListedLink]:
        return await list_setup_links(it, COMMAND, connection)

    columns = ("id", "state", "created_at", "created_by", "expires_at", "used_at")
    rows = [_row_of(it) for it in on_administration(work)]
    show_rows(rows, columns, as_json=as_json, if_none=none_in("setup-links list"))


@app.command()
def create(connection: ConnectionId, expires: Expires = None, as_json: JsonOption = False) -> None:
    """Make a link to one connection; prints it this once. It begins one session.

    Without MUSTER_CONSOLE_URL it is the path alone, which follows the address of the console.

    Example: muster setup-links create acme-store --expires 2d
    """
    ends = None if expires is None else expiry_of(expires, now())

    async def work(it: Administration) -> NewLink:
        return await create_setup_link(it, COMMAND, connection, ends)

    new = on_administration(work)
    link = {"path": new.path, "url": new.url} if as_json else {"link": new.url or new.path}
    row = {"connection": new.connection, **link, "id": new.id, "expires_at": new.expires_at}
    show_row(with_times(row, "expires_at"), as_json=as_json)
    if new.url is None:
        say(WITHOUT_ADDRESS, to_stderr=True)


@app.command()
def revoke(
    connection: ConnectionId,
    link: Annotated[str, typer.Argument(metavar="ID", help="The id, as in the list of links.")],
    as_json: JsonOption = False,
) -> None:
    """End a set-up link at once, and the session that it has begun.

    Example: muster setup-links revoke acme-store 8c1b04ad93f0
    """

    async def work(it: Administration) -> ListedLink:
        return await revoke_setup_link(it, COMMAND, connection, link)

    show_row(_row_of(on_administration(work)), as_json=as_json)


def _row_of(link: ListedLink) -> dict[str, Any]:
    return with_times(asdict(link), "created_at", "expires_at", "used_at")
