"""What does ``muster policies`` do? It lists and adds the policies of a workspace's devices."""

from typing import Annotated, Any

import typer

from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption
from deploy.commands.workspace_names import (
    NewWorkspaceOption,
    Workspace,
    on_workspace,
    on_workspace_to_use,
)
from worker.platforms.sql.inventory import Inventory

app = typer.Typer(no_args_is_help=True, help="Policies of a workspace.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="policies")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the policies of a workspace."""

    async def work(inventory: Inventory, name: str) -> list[dict[str, Any]]:
        return [{"policy": each} for each in await inventory.policies.of_workspace(name)]

    show_rows(on_workspace(workspace, work), ("policy",), as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    name: Annotated[str, typer.Argument(help="The policy's name.")],
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add a policy; actions that were refused for want of it are tried again."""

    async def work(inventory: Inventory, owner: str) -> None:
        await inventory.policies.add(owner, name)

    on_workspace_to_use(workspace, work, new=new_workspace)
    show_row({"policy": name}, as_json=as_json)
