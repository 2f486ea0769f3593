"""What does ``muster status`` do? It reports how far identities have come downstream."""

from dataclasses import asdict

import typer

from api.reconciliation.status import StatusReport, report
from contracts.clock import now
from deploy.commands.output import print_json, show_row, show_rows
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.whereabouts import whereabouts
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.sync.states import StoredSyncStates


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(as_json: JsonOption = False) -> None:
    """Show how many identities are pending and applied, which are refused or failed, and why.

    It begins with the installation that it looks at.

    left: people who have left downstream although the directory shows them as active; muster
    reconcile tells more.
    """

    async def work(databases: Databases, settings: Settings) -> tuple[StatusReport, dict[str, str]]:
        states = StoredSyncStates(databases.downstream)
        return await report(databases.directory, states, now()), whereabouts(settings)

    result, installation = on_databases(work)
    if as_json:
        print_json({"installation": installation} | asdict(result))
        return
    show_row(installation, as_json=False)
    typer.echo()
    show_row(result.counts(), as_json=False)
    for rows, columns in (
        (result.refused, ("connection", "identity", "reason", "action")),
        (result.failed, ("connection", "identity", "kind", "message", "attempts")),
        (result.left, ("connection", "identity", "lost")),
    ):
        if rows:
            show_rows(rows, columns, as_json=False)
