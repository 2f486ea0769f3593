"""What does ``muster status`` do? It reports how far identities have come downstream."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.access.expiring import ExpiringToken, expiring_tokens
from api.admin.actors import COMMAND
from api.admin.status import ConnectionStatus, Status, WorkspaceStatus, status_of
from contracts.clock import now
from deploy.administration import administration_of
from deploy.commands.completions import workspace_names
from deploy.commands.output import print_json, show_row, show_rows, with_times
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.visible_text import say
from deploy.databases.open_databases import Databases
from deploy.doctor.whereabouts import whereabouts
from deploy.settings import Settings

COUNTED = ("identities", "pending", "held", "applied", "waived", "refused", "failed", "left")
LAG = "oldest_pending_seconds"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    workspace: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORKSPACE]",
            help="Only of this workspace; all, where left out.",
            autocompletion=workspace_names,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many identities are pending and applied, which are refused or failed, and why.

    It begins with the installation that it looks at, and counts by workspace and connection, too.

    waived: people who stay because a held loss was rejected; they count as applied, too.
    left: people who have left downstream although the directory shows them as active; muster
    reconcile tells more. Last come tokens that end within two weeks.

    Example: muster status --json
    """

    async def work(
        databases: Databases, settings: Settings
    ) -> tuple[Status, dict[str, str], Sequence[ExpiringToken]]:
        it = administration_of(databases, settings)
        found = await status_of(it, COMMAND, workspace)
        async with databases.directory.read() as db:
            tokens = await expiring_tokens(db, now())
        shown = {each.connection for each in found.connections}
        return found, whereabouts(settings), [each for each in tokens if each.connection in shown]

    found, installation, tokens = on_databases(work)
    workspaces, connections = _rows_of(found.workspaces), _rows_of(found.connections)
    expiring = [with_times(asdict(token), "expires_at", "last_used_at") for token in tokens]
    if as_json:
        by = {"workspaces": workspaces, "connections": connections}
        of_tokens = {"expiring_tokens": expiring}
        print_json({"installation": installation} | asdict(found.whole) | by | of_tokens)
        return
    show_row(installation, as_json=False)
    say()
    show_row(found.whole.counts(), as_json=False)
    for rows, columns in (
        (workspaces if len(workspaces) > 1 else (), ("workspace", "connections", *COUNTED, LAG)),
        (connections, ("connection", "state", *COUNTED, LAG)),
        (found.whole.refused, ("connection", "identity", "reason", "action")),
        (found.whole.failed, ("connection", "identity", "kind", "message", "attempts")),
        (found.whole.left, ("connection", "identity", "lost")),
        (expiring, ("connection", "token", "name", "expires_at", "last_used_at")),
    ):
        if rows:
            show_rows(rows, columns, as_json=False)


def _rows_of(
    parts: Sequence[WorkspaceStatus] | Sequence[ConnectionStatus],
) -> Sequence[dict[str, Any]]:
    """Return parts as rows, each with its own fields and its counts."""
    rows = []
    for part in parts:
        row = asdict(part)
        counts = row.pop("counts")
        rows.append(row | counts)
    return rows
