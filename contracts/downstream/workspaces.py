"""How does a workspace come to be downstream? The first connection of the workspace makes it."""

from collections.abc import Sequence
from typing import Protocol


class Workspaces(Protocol):
    """The workspaces downstream."""

    async def names(self) -> Sequence[str]:
        """Return the names of all workspaces, in order."""
        ...

    async def exists(self, workspace: str) -> bool:
        """Return whether downstream has this workspace."""
        ...

    async def ensure_workspace(self, workspace: str) -> str:
        """Make the workspace unless one exists with its comparison key; return the name it has.

        Of several calls at once with the same key, the first makes the workspace.

        :raises DownstreamError: when the name is not readable.
        """
        ...
