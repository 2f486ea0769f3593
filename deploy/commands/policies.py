"""What does ``muster policies`` do? It lists and adds the policies of a workspace's devices."""

from typing import Annotated, Any

import typer

from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption, Workspace, on_databases
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.platforms.sql.inventory import Inventory

app = typer.Typer(no_args_is_help=True, help="Policies of a workspace.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="policies")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the policies of a workspace."""

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        names = await Inventory(databases.downstream).policies.of_workspace(workspace)
        return [{"policy": name} for name in names]

    show_rows(on_databases(work), ("policy",), as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    name: Annotated[str, typer.Argument(help="The policy's name.")],
    as_json: JsonOption = False,
) -> None:
    """Add a policy; actions that were refused for want of it are tried again."""

    async def work(databases: Databases, _settings: Settings) -> None:
        await Inventory(databases.downstream).policies.add(workspace, name)

    on_databases(work)
    show_row({"policy": name}, as_json=as_json)
