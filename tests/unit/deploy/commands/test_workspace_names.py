"""Is a workspace used that another command has just made in other letters?"""

import pytest

from deploy.commands.workspace_names import asking_first
from worker.errors import WorkspaceExists


def test_a_workspace_that_was_just_made_is_found_at_the_second_try() -> None:
    tries: list[bool] = []

    def run(may_be_new: bool) -> str:  # as typer's options are passed on
        tries.append(may_be_new)
        if len(tries) == 1:
            raise WorkspaceExists("demo", "Demo")
        return "Demo"

    assert asking_first(run, new=True) == "Demo"
    assert tries == [True, True]


def test_a_second_refusal_is_told() -> None:
    def run(_may_be_new: bool) -> str:
        raise WorkspaceExists("demo", "Demo")

    with pytest.raises(WorkspaceExists, match="try again"):
        asking_first(run, new=False)
