"""Which workspace does a command work on? Its argument names it, in any case of letters."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from api.admin.actors import COMMAND, Power
from api.admin.administration import Administration
from api.admin.workspaces import workspace_named, workspace_to_use
from api.errors import NewWorkspace
from deploy.administration import administration_of
from deploy.commands.session import on_databases
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.platforms.sql.inventory import Inventory

T = TypeVar("T")

Workspace = Annotated[str, typer.Argument(help="The customer's workspace.")]
NewWorkspaceOption = Annotated[
    bool, typer.Option("--new-workspace", help="Make the workspace, if there are only others.")
]


def on_workspace(text: str, work: Callable[[Inventory, str], Awaitable[T]]) -> T:
    """Run what operators do downstream in the workspace that a text means."""

    async def found(it: Administration) -> str:
        return await workspace_named(it, COMMAND, text, Power.OPERATE)

    return _on_inventory(found, work, makes=False)


def on_workspace_to_use(
    text: str, work: Callable[[Inventory, str], Awaitable[T]], *, new: bool
) -> T:
    """Run what may make the workspace that a text means.

    :param new: whether the workspace may be made beside others.
    """

    def run(may_be_new: bool) -> T:
        async def found(it: Administration) -> str:
            return await workspace_to_use(it, COMMAND, text, new=may_be_new)

        return _on_inventory(found, work, makes=True)

    return asking_first(run, new=new)


def asking_first(run: Callable[[bool], T], *, new: bool) -> T:
    """Run what may make a workspace; a person at a terminal is asked where it would be a new one.

    :param run: takes whether the workspace may be made beside others.
    """
    try:
        return run(new)
    except NewWorkspace as error:
        at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        if not at_terminal or not typer.confirm(f"muster: {error}. Make it?", err=True):
            raise
    return run(True)


def _on_inventory(
    found: Callable[[Administration], Awaitable[str]],
    work: Callable[[Inventory, str], Awaitable[T]],
    *,
    makes: bool,
) -> T:
    async def run(databases: Databases, settings: Settings) -> T:
        workspace = await found(administration_of(databases, settings))
        return await work(Inventory(databases.downstream), workspace)

    return on_databases(run, makes=makes)
