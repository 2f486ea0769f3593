"""Which policies can a rule name? A rule can name every policy of its workspace."""

from typing import Protocol


class Policies(Protocol):
    """The policies of all workspaces downstream."""

    async def exists(self, workspace: str, name: str) -> bool:
        """Return whether the workspace has a policy of this name."""
        ...
