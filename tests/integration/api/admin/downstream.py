"""What does downstream tell administrators, where no worker is needed? Facts that a test sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.downstream.failures import FailureGroup, ListedFailure
from contracts.downstream.sync_states import KnownIdentity, SyncState


@dataclass(slots=True)
class Platform:
    """Workspaces, and policies by the workspace."""

    policies: set[tuple[str, str]] = field(default_factory=set)
    workspaces: set[str] = field(default_factory=set)

    async def exists(self, workspace: str, name: str) -> bool:
        return (workspace, name) in self.policies

    async def ensure_workspace(self, workspace: str) -> None:
        self.workspaces.add(workspace)


@dataclass(slots=True)
class States:
    """Sync states of one connection, by identity."""

    known: dict[str, SyncState] = field(default_factory=dict)

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        return {id_: self.known[id_] for id_ in identities if id_ in self.known}

    async def held(self, after: KnownIdentity | None, most: int) -> Sequence[KnownIdentity]:
        return ()


@dataclass(slots=True)
class GivenUp:
    """Failures of the worker."""

    listed: list[ListedFailure] = field(default_factory=list)

    async def groups(self) -> Sequence[FailureGroup]:
        return [FailureGroup(it.kind, it.message, 1, it.first_at, it.last_at) for it in self.listed]

    async def of(
        self,
        *,
        kind: str | None = None,
        connection: str | None = None,
        identity: str | None = None,
    ) -> Sequence[ListedFailure]:
        wanted = {"kind": kind, "connection": connection, "identity": identity}
        return [
            it
            for it in self.listed
            if all(value in {None, getattr(it, name)} for name, value in wanted.items())
        ]
