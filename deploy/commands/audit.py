"""What does ``muster audit`` do? It shows who changed what, and when, the latest first."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.list_audit import list_changes
from deploy.commands.completions import workspace_names
from deploy.commands.output import show_rows, with_times
from deploy.commands.session import JsonOption, OfConnection, on_administration


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    workspace: Annotated[
        str | None,
        typer.Argument(
            help="Only of this workspace; all, where left out.", autocompletion=workspace_names
        ),
    ] = None,
    connection: OfConnection = None,
    limit: Annotated[
        int, typer.Option(min=1, metavar="NUMBER", help="The most changes that are shown.")
    ] = 100,
    before: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Only changes before the one so numbered.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the changes that were made, the latest first; --json shows before and after as well.

    begun: a change of several steps, which was made unless a later row says that it failed.

    Example: muster audit acme --limit 20
    """

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_changes(
            it, COMMAND, workspace=workspace, connection=connection, before=before, most=limit
        )
        return [with_times(asdict(change), "at") for change in found]

    columns = ("number", "at", "actor", "action", "workspace", "connection", "subject", "outcome")
    show_rows(on_administration(work), columns, as_json=as_json)
