"""How do tests administrate a directory? With a downstream that tells facts which a test sets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.administration import Administration, Downstream
from api.admin.connection_states import change_state
from api.admin.tokens import NewToken, rotate_token
from api.directory.connection_states import Verb
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Token
from contracts.clock import Clock, now
from contracts.downstream.failures import FailureGroup, ListedFailure
from contracts.downstream.histories import History, Holder
from contracts.downstream.open_problems import Cause, ProblemGroup, Trouble, Troubled
from contracts.downstream.pages import Key, Page
from contracts.downstream.preview import PlannedEffect, Preview
from contracts.downstream.sync_states import Arrived, KnownIdentity, OpenProblems, SyncState
from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Portal
from tests.drivers.in_process import PUBLIC_URL
from tests.drivers.inventory import (
    AccountsInMemory,
    ConflictsInMemory,
    DevicesInMemory,
    Stored,
)
from worker.errors import UnknownPolicy


@dataclass(slots=True)
class Platform:
    """Workspaces, policies by the workspace, and accounts and devices in memory."""

    policies: set[tuple[str, str]] = field(default_factory=set)
    workspaces: set[str] = field(default_factory=set)
    stored: Stored = field(default_factory=Stored)

    def __post_init__(self) -> None:
        """Let all of it share the workspaces."""
        self.stored.workspaces = self.workspaces


@dataclass(frozen=True, slots=True)
class KnownPolicies:
    """The Policies of such a platform."""

    platform: Platform

    async def exists(self, workspace: str, name: str) -> bool:
        return (workspace, name) in self.platform.policies

    async def of_workspace(self, workspace: str) -> Sequence[str]:
        return sorted(name for owner, name in self.platform.policies if owner == workspace)

    async def add(self, workspace: str, name: str) -> None:
        self.platform.policies.add((workspace, name))

    async def remove(self, workspace: str, name: str) -> None:
        if not await self.exists(workspace, name):
            raise UnknownPolicy(workspace, name)
        self.platform.policies.remove((workspace, name))


@dataclass(frozen=True, slots=True)
class KnownWorkspaces:
    """The Workspaces of such a platform."""

    platform: Platform

    async def names(self) -> Sequence[str]:
        return sorted(self.platform.workspaces)

    async def exists(self, workspace: str) -> bool:
        return workspace in self.platform.workspaces

    async def ensure_workspace(self, workspace: str) -> str:
        for name in self.platform.workspaces:
            if name_key(name) == name_key(workspace):
                return name
        self.platform.workspaces.add(workspace)
        return workspace


@dataclass(slots=True)
class States:
    """Sync states of one connection, by identity."""

    known: dict[str, SyncState] = field(default_factory=dict)

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        return {id_: self.known[id_] for id_ in identities if id_ in self.known}

    async def held(self, after: KnownIdentity | None, most: int) -> Sequence[KnownIdentity]:
        return ()

    async def problems(self, connections: Sequence[str]) -> Mapping[str, OpenProblems]:
        refused = sum(bool(it.refusals) for it in self.known.values())
        failed = sum(it.failure is not None for it in self.known.values())
        return dict.fromkeys(connections, OpenProblems(refused, failed))

    async def arrived(
        self, connections: Sequence[str], since: Sequence[int]
    ) -> Mapping[str, Arrived]:
        versions = [it.newest_version for it in self.known.values()]
        later = [sum(it > at for it in versions) for at in since]
        return dict.fromkeys(connections, Arrived(max(versions, default=0), later))


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


@dataclass(frozen=True, slots=True)
class NoEffects:
    """A Preview that keeps the events which it is given, and tells no effect of them."""

    events: list[IdentityChanged] = field(default_factory=list)

    async def of(
        self, events: AsyncIterator[Sequence[IdentityChanged]]
    ) -> AsyncIterator[PlannedEffect]:
        async for page in events:
            self.events.extend(page)
        effects: Sequence[PlannedEffect] = ()
        for effect in effects:
            yield effect


@dataclass(frozen=True, slots=True)
class NoProblems:
    """The OpenProblems of a platform where nobody is refused or failed."""

    async def groups(self, connections: Sequence[str], first: int) -> Sequence[ProblemGroup]:
        return ()

    async def refused(self, connections: Sequence[str]) -> int:
        return 0

    async def people(
        self, connection: str, trouble: Trouble, *, after: str = "", most: int = 100
    ) -> Sequence[str]:
        return ()

    async def page(
        self, connections: Sequence[str], cause: Cause, *, after: Key | None = None, most: int = 100
    ) -> Page[Troubled]:
        return Page((), None)


@dataclass(frozen=True, slots=True)
class NothingKept:
    """Histories of a platform where no identity has one."""

    async def of(self, connection: str, identity: str) -> History | None:
        return None

    async def holder_of(self, workspace: str, portal: Portal, email: str) -> Holder | None:
        return None


def administration_on(
    directory: DirectoryDatabase,
    *,
    platform: Platform | None = None,
    states: States | None = None,
    failures: GivenUp | None = None,
    preview: Preview | None = None,
    clock: Clock = now,
) -> Administration:
    """Return what use cases work with, on a directory without a worker."""
    platform = platform or Platform()
    downstream = Downstream(
        states or States(),
        failures or GivenUp(),
        KnownPolicies(platform),
        KnownWorkspaces(platform),
        AccountsInMemory(platform.stored),
        DevicesInMemory(platform.stored),
        NothingKept(),
        preview or NoEffects(),
        ConflictsInMemory(platform.stored),
        NoProblems(),
    )
    return Administration(directory, downstream, PUBLIC_URL, clock)


async def stand(directory: DirectoryDatabase, connection: str, *verbs: Verb) -> None:
    """Change the state of a connection, by one verb after the other."""
    for verb in verbs:
        await change_state(administration_on(directory), COMMAND, connection, verb)


async def rotate(directory: DirectoryDatabase, connection: str, clock: Clock = now) -> NewToken:
    """Rotate the tokens of a connection."""
    return await rotate_token(administration_on(directory, clock=clock), COMMAND, connection)


async def expire(directory: DirectoryDatabase, connection: str) -> None:
    """Let the tokens of a connection expire, by setting back their end."""
    async with directory.write() as db:
        of_connection = col(Token.connection_id) == connection
        await db.execute(update(Token).where(of_connection).values(expires_at=now() - 1))
