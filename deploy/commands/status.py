"""``muster status`` and ``muster resync``: where identities stand, and the one way to move them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from api.admin import connections
from api.reconciliation.status import StatusReport, report
from api.reconciliation.verdicts import Finding
from contracts.clock import now
from deploy.commands.output import print_json, show_row, show_rows
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.unknown_leavers import show_published, unknown_leavers
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.sync.states import StoredSyncStates

Resynced = tuple[int, Sequence[Finding]]
"""How many of a connection were marked, and who was left alone."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(resync)


def status(as_json: JsonOption = False) -> None:
    """Show how many identities are pending and applied, which are refused or failed, and why.

    left: people who have left downstream though the directory takes them for active; muster
    reconcile tells more.
    """

    async def work(databases: Databases, _settings: Settings) -> StatusReport:
        return await report(databases.directory, StoredSyncStates(databases.downstream), now())

    result = on_databases(work)
    if as_json:
        print_json(asdict(result))
        return
    show_row(result.counts(), as_json=False)
    for rows, columns in (
        (result.refused, ("connection", "identity", "reason", "action")),
        (result.failed, ("connection", "identity", "kind", "message", "attempts")),
        (result.left, ("connection", "identity", "lost")),
    ):
        if rows:
            show_rows(rows, columns, as_json=False)


def resync(
    connection: Annotated[
        str | None, typer.Argument(metavar="[CONNECTION]", help="As in its base URL.")
    ] = None,
    identity: Annotated[str | None, typer.Option(metavar="ID", help="Only this SCIM user.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of every connection.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of identities again, e.g. after a failure or a restore.

    Left alone are people who have left downstream though the directory takes them for active:
    muster reconcile shows them, and brings them back when told to.
    """
    if (connection is None) is not every or (every and identity is not None):
        raise typer.BadParameter("give a CONNECTION, with or without --identity, or --all alone")

    async def work(databases: Databases, _settings: Settings) -> list[Resynced]:
        if connection is not None:
            return [await _resync(databases, connection, identity)]
        everything = await connections.list_connections(databases.directory)
        return [await _resync(databases, it.id) for it in everything]

    done = on_databases(work)
    shown = {} if connection is None else {"connection": connection}
    marked = sum(number for number, _ in done)
    leavers = [it for _, left_alone in done for it in left_alone]
    show_published(shown | {"marked": marked}, leavers, as_json=as_json)


async def _resync(databases: Databases, connection: str, identity: str | None = None) -> Resynced:
    """Publish one, or all of a connection, but for leavers whom the directory does not know."""
    leavers = await unknown_leavers(databases, connection, identity)
    marked = await connections.resync(
        databases.directory,
        connection,
        now(),
        identity=identity,
        except_for={it.identity for it in leavers},
    )
    return marked, leavers
