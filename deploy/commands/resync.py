"""What does ``muster resync`` do? It publishes identities again."""

from typing import Annotated

import typer

from api.admin import resync as use_case
from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.resync import Resynced
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.unknown_leavers import show_published


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resync)


def resync(
    connection: Annotated[
        str | None, typer.Argument(metavar="[CONNECTION]", help="As in its base URL.")
    ] = None,
    identity: Annotated[str | None, typer.Option(metavar="ID", help="Only this SCIM user.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every connection.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of identities again, e.g. after a failure or a restore.

    Left alone are people who have left downstream although the directory shows them as active:
    muster reconcile lists them, and brings them back when told to.
    """
    if (connection is None) is not every or (every and identity is not None):
        raise typer.BadParameter("give a CONNECTION, with or without --identity, or --all alone")

    async def work(it: Administration) -> Resynced:
        if connection is None:
            return await use_case.resync_all(it, COMMAND)
        return await use_case.resync(it, COMMAND, connection, identity)

    done = on_administration(work)
    shown = {} if connection is None else {"connection": connection}
    show_published(shown | {"marked": done.marked}, done.left_alone, as_json=as_json)
