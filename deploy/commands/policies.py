"""What does ``muster policies`` do? It lists, adds and removes policies of a workspace."""

from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.policies import add_policy, list_policies, remove_policy
from deploy.commands.empty_lists import none_in
from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.workspace_names import Limit, NewWorkspaceOption, Workspace, asking_first

app = typer.Typer(no_args_is_help=True, help="Policies of a workspace.")

Name = Annotated[str, typer.Argument(help="The policy's name.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="policies")


@app.command("list")
def list_(workspace: Workspace, limit: Limit = None, as_json: JsonOption = False) -> None:
    """List the policies of a workspace.

    Example: muster policies list acme
    """

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_policies(it, COMMAND, workspace)
        return [{"policy": each} for each in found[:limit]]

    if_none = none_in("policies list")
    show_rows(on_administration(work), ("policy",), as_json=as_json, if_none=if_none)


@app.command()
def add(
    workspace: Workspace,
    name: Name,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add a policy; actions that were refused for want of it are tried again.

    Example: muster policies add acme Quarantine
    """

    def run(may_be_new: bool) -> None:
        async def work(it: Administration) -> None:
            await add_policy(it, COMMAND, workspace, name, new_workspace=may_be_new)

        on_administration(work, makes=True)

    asking_first(run, new=new_workspace)
    show_row({"policy": name}, as_json=as_json)


@app.command()
def remove(workspace: Workspace, name: Name, as_json: JsonOption = False) -> None:
    """Remove a policy that neither rules nor devices need.

    Example: muster policies remove acme Quarantine
    """

    async def work(it: Administration) -> None:
        await remove_policy(it, COMMAND, workspace, name)

    on_administration(work)
    show_row({"policy": name}, as_json=as_json)
