"""What does ``muster workspaces`` do? It lists the customers' workspaces."""

from dataclasses import asdict
from typing import Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.workspaces import list_workspaces
from deploy.commands.empty_lists import none_in
from deploy.commands.output import show_rows
from deploy.commands.session import JsonOption, on_administration

app = typer.Typer(no_args_is_help=True, help="Workspaces of customers.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="workspaces")


@app.callback()
def _workspaces() -> None:
    """Keep ``list`` a subcommand while it is the only one."""


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the workspaces, and how many connections each has.

    Example: muster workspaces list --json
    """

    async def work(it: Administration) -> list[dict[str, Any]]:
        return [asdict(each) for each in await list_workspaces(it, COMMAND)]

    if_none = none_in("workspaces list")
    columns = ("workspace", "connections")
    show_rows(on_administration(work), columns, as_json=as_json, if_none=if_none)
