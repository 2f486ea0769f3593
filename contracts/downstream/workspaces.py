"""How does a workspace come to be downstream? The first connection of the workspace makes it."""

from typing import Protocol


class Workspaces(Protocol):
    """The workspaces downstream."""

    async def ensure_workspace(self, workspace: str) -> None:
        """Make the workspace unless it exists."""
        ...
