"""What may the api's side ask about downstream? The Protocols that the worker implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


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
    """How far an identity has come downstream. Version 0: nothing was applied yet."""

    applied_version: int
    refusals: tuple[Refusal, ...] = ()
    failure: Failure | None = None


class SyncStates(Protocol):
    """Which state of an identity has arrived downstream?"""

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        """Return the state of each identity that is known downstream; the others are missing."""
        ...


class Policies(Protocol):
    """Which policies can a rule name?"""

    async def exists(self, workspace: str, name: str) -> bool:
        """Say whether the workspace has a policy of this name."""
        ...
