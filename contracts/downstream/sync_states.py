"""How far has an identity come downstream? Its sync state has the version that was applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that was not taken, with its reason: ``conflict``, ``last_admin``, …"""

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
    """The progress of an identity downstream. Version 0: nothing was applied yet.

    ``deactivated_at`` is the version of the newest deactivation that has arrived, applied or
    refused; 0: none.
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
    """An identity with a sync record, and its version that was applied last."""

    connection: str
    identity: str
    applied_version: int = 0


@dataclass(frozen=True, slots=True)
class OpenProblems:
    """The numbers of people of a connection with a refused action, and with a failed event."""

    refused: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """The people of a connection, by the newest version of each that has arrived.

    ``newest`` is the newest of all, and ``later`` counts those that are later than each of some
    times, in their order.
    """

    newest: int = 0
    later: Sequence[int] = ()


class SyncStates(Protocol):
    """The sync states of all identities."""

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        """Return the state of each identity that is known downstream; the others are missing."""
        ...

    async def held(self, after: KnownIdentity | None, most: int) -> Sequence[KnownIdentity]:
        """Return the identities that are not deleted downstream, a page in the order of ids."""
        ...

    async def problems(self, connections: Sequence[str]) -> Mapping[str, OpenProblems]:
        """Count the people with open problems of each connection that has any.

        However many connections and people there are, it takes a fixed number of statements.
        """
        ...

    async def arrived(
        self, connections: Sequence[str], since: Sequence[int]
    ) -> Mapping[str, Arrived]:
        """Count the people of each connection whose newest version is later than some times.

        It takes one statement; a connection without any person is missing.
        """
        ...
