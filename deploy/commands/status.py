"""``muster status`` and ``muster resync``: where identities stand, and the one way to move them."""

from dataclasses import asdict
from typing import Annotated

import typer

from api.admin import connections
from contracts.clock import now
from deploy.commands.connections import ConnectionId
from deploy.commands.session import JsonOption, on_databases
from deploy.opened import Databases
from deploy.output import print_json, show_row, show_rows
from deploy.settings import Settings
from deploy.status_report import StatusReport, report
from worker.sync_states import StoredSyncStates


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(resync)


def status(as_json: JsonOption = False) -> None:
    """Show how many identities are pending and applied, which are refused or failed, and why."""

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
    ):
        if rows:
            show_rows(rows, columns, as_json=False)


def resync(
    connection: ConnectionId,
    identity: Annotated[str | None, typer.Option(metavar="ID", help="Only this SCIM user.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of identities again, e.g. after a failure or a restore."""

    async def work(databases: Databases, _settings: Settings) -> int:
        return await connections.resync(databases.directory, connection, now(), identity=identity)

    show_row({"connection": connection, "marked": on_databases(work)}, as_json=as_json)
