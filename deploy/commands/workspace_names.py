"""Which workspace does a command work on? Its argument names it, in any case of letters."""

import sys
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from api.errors import NewWorkspace
from deploy.commands.completions import workspace_names
from deploy.commands.visible_text import visible
from worker.errors import WorkspaceExists

T = TypeVar("T")

Workspace = Annotated[
    str, typer.Argument(help="The customer's workspace.", autocompletion=workspace_names)
]
NewWorkspaceOption = Annotated[
    bool, typer.Option("--new-workspace", help="Make the workspace, if there are only others.")
]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="The most that are listed (default: all).")
]


def asking_first(run: Callable[[bool], T], *, new: bool) -> T:
    """Run a step that may make a workspace; a person at a terminal is asked before it does.

    Another command may make it at the same moment, in other letters: that workspace is used then.

    :param run: takes whether the workspace may be made beside others.
    """
    try:
        return run(new)
    except WorkspaceExists:
        return run(new)
    except NewWorkspace as error:
        at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        if not at_terminal or not typer.confirm(visible(f"muster: {error}. Make it?"), err=True):
            raise
    return run(True)
