"""Which policies can a rule name? A rule can name every policy of its workspace."""

from collections.abc import Sequence
from typing import Protocol


class Policies(Protocol):
    """The policies of all workspaces downstream."""

    async def exists(self, workspace: str, name: str) -> bool:
        """Return whether the workspace has a policy of this name."""
        ...

    async def of_workspace(self, workspace: str) -> Sequence[str]:
        """Return the names of the policies, in order.

        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def add(self, workspace: str, name: str) -> None:
        """Make a policy; deactivations that waited for it are planned again.

        :raises DownstreamError: when the workspace has such a policy, or the name is not usable.
        """
        ...

    async def remove(self, workspace: str, name: str) -> None:
        """Remove a policy that no device is under. Rules that name it are the caller's to check.

        :raises DownstreamError: when there is no such policy, or a device is under it.
        """
        ...
