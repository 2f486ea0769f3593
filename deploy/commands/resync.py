"""What does ``muster resync`` do? It publishes identities again."""

from typing import Annotated

import typer

from api.admin import resync as use_case
from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.resync import Resynced
from api.reconciliation.arrivals import Awaited, awaited_among, awaited_of
from deploy.commands.completions import connection_ids
from deploy.commands.progress import progress_bar
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.waiting import TimeoutOption, WaitOption, check_wait, show_and_wait


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resync)


def resync(
    connection: Annotated[
        str | None, typer.Argument(help="As in its base URL.", autocompletion=connection_ids)
    ] = None,
    identity: Annotated[str | None, typer.Option(metavar="ID", help="Only this SCIM user.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every connection.")] = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of identities again, e.g. after a failure or a restore.

    Left alone are people who have left downstream although the directory shows them as active:
    muster reconcile lists them, and brings them back when told to.

    Example: muster resync acme-store --wait
    """
    if (connection is None) is not every or (every and identity is not None):
        raise typer.BadParameter("give a CONNECTION, with or without --identity, or --all alone")
    check_wait(wait=wait, timeout=timeout)

    async def work(it: Administration) -> Resynced:
        if connection is None:
            return await use_case.resync_all(it, COMMAND)
        return await use_case.resync(it, COMMAND, connection, identity)

    with progress_bar(as_json=as_json) as show:
        show("looking for leavers", 0, None)
        done = on_administration(work)

    async def marked(it: Administration) -> Awaited:
        if identity is not None and connection is not None:
            return await awaited_among(it.directory, {connection: [identity] * done.marked})
        left_alone = {(leaver.connection, leaver.identity) for leaver in done.left_alone}
        return await awaited_of(it.directory, connection, left_alone)

    shown = {} if connection is None else {"connection": connection}
    row = shown | {"marked": done.marked}
    show_and_wait(row, done.left_alone, marked, wait=wait, timeout=timeout, as_json=as_json)
