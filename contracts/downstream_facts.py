"""What may the api's side ask about downstream? The Protocols that the worker implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.identity_changed import IdentityChanged


@dataclass(frozen=True, slots=True)
class Refusal:
    """One action that was not taken, and why: ``conflict``, ``last_admin``, …"""

    reason: str
    action: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that could not be applied. ``message`` holds nothing personal."""

    kind: str
    message: str
    attempts: int
    version: int


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far an identity has come downstream. Version 0: nothing was applied yet.

    ``deactivated_at`` is the version of the newest deactivation that has arrived, be it applied
    or refused; 0: none.
    """

    applied_version: int
    refusals: tuple[Refusal, ...] = ()
    failure: Failure | None = None
    deactivated_at: int = 0

    @property
    def newest_version(self) -> int:
        """Return the newest version that has arrived, applied or given up."""
        return max(self.applied_version, self.failure.version if self.failure else 0)


@dataclass(frozen=True, slots=True, order=True)
class KnownIdentity:
    """An identity that downstream knows, and the version of it that was applied last."""

    connection: str
    identity: str
    applied_version: int = 0


class SyncStates(Protocol):
    """Which state of an identity has arrived downstream?"""

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        """Return the state of each identity that is known downstream; the others are missing."""
        ...

    async def held(self, after: KnownIdentity | None, most: int) -> Sequence[KnownIdentity]:
        """Return identities that downstream takes for undeleted, a page in the order of ids."""
        ...


class Assertions(Protocol):
    """What would asserting newest states again change downstream? Drift, if anything."""

    async def differences(self, events: Sequence[IdentityChanged]) -> Sequence[Sequence[str]]:
        """Name what is not as these events say, in their order: ``role``, ``account``, …

        The events were applied already. Nothing is changed, and no name is personal.
        """
        ...


class Policies(Protocol):
    """Which policies can a rule name?"""

    async def exists(self, workspace: str, name: str) -> bool:
        """Say whether the workspace has a policy of this name."""
        ...


class Workspaces(Protocol):
    """Which workspaces does downstream have?"""

    async def ensure_workspace(self, workspace: str) -> None:
        """Make the workspace on first use."""
        ...
