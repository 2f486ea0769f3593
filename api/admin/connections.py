"""Which connections are there, and how are they created? They switch SCIM on for a portal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from unicodedata import normalize

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.access.tokens import issue_token
from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.audit import AUDIT, Change, record
from api.admin.rule_choices import policy_of
from api.admin.workspaces import made_workspace, workspace_named, workspace_to_use
from api.connection_urls import base_url_of
from api.directory.brake_limits import STANDARD, limit_in
from api.directory.closing import Closing, closing_in
from api.directory.connection_states import ConnectionState, Standing
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Connection
from api.errors import (
    ConnectionChanged,
    ConnectionCloses,
    UnknownConnection,
    UnknownPolicy,
    UnusableRules,
    UnusableWorkspaceName,
)
from api.traces import new_trace
from contracts.downstream.policies import Policies
from contracts.rules import RULES, DashboardRules, Portal, Rules

DELETION = "connections.delete"
"""The action of a deletion in the audit log."""

LONGEST_SLUG = 50
"""Characters of a connection's id that come from its workspace: every URL contains the id."""


@dataclass(frozen=True, slots=True)
class ConnectionInUse:
    """A connection, its rules and its state. Times are in microseconds since the epoch.

    ``state_by`` names the actor who set the state, at first the maker of the connection; None where
    an earlier version made it. ``brake`` is ``off``, or the number and the share in percent of
    people who may leave within an hour. ``closing`` tells what the deletion of the connection does
    to people and how far it has come; None until it is begun.
    """

    id: str
    workspace: str
    portal: Portal
    rules: Rules
    created_at: int
    standing: Standing
    state_since: int
    state_by: str | None
    brake: str = STANDARD
    closing: Closing | None = None

    @property
    def settings_digest(self) -> str:
        """Return a digest of the rules and the brake, by which a change tells its basis."""
        return sha256(self.brake.encode() + RULES.dump_json(self.rules)).hexdigest()[:32]

    def check_stays(self) -> None:
        """Check that the connection is not being deleted.

        :raises ConnectionCloses: when it is.
        """
        if self.closing is not None:
            raise ConnectionCloses

    def check_settings(self, seen: str | None) -> None:
        """Check that rules and brake are those that a change is based on.

        :param seen: their digest; None: the change is based on any.
        :raises ConnectionChanged: when they are others by now.
        """
        if seen not in {None, self.settings_digest}:
            raise ConnectionChanged


@dataclass(frozen=True, slots=True)
class Credentials:
    """The base URL and the token for an identity provider; the token is shown only here."""

    connection: str
    base_url: str
    token: str


@dataclass(frozen=True, slots=True)
class NewConnection:
    """The id of a new connection, and its token, which is shown only here."""

    id: str
    token: str


async def open_connection(
    it: Administration,
    actor: Actor,
    workspace: str,
    rules: Rules,
    *,
    observe: bool = False,
    new_workspace: bool = False,
    brake: str = STANDARD,
) -> Credentials:
    """Switch SCIM on for a portal, and return the credentials for its identity provider.

    :param observe: whether all that the provider pushes waits until the connection is live.
    :param new_workspace: whether the workspace may be made beside others.
    :param brake: how many people may leave within an hour: ``off``, or ``NUMBER:SHARE``.
    :raises UnusableBrake: when it is neither.
    :raises NewWorkspace: when it would be made beside others, and that was not demanded.
    :raises UnknownWorkspace: when the actor does not reach the workspace.
    :raises NotAllowed: when the actor may not change it.
    :raises UnknownPolicy: when the rules name a policy that the workspace does not have.
    :raises UnusableRules: when the rules map groups by their ids, of which there are none yet.
    :raises UnusableWorkspaceName: when no id can be derived from the workspace.
    """
    if isinstance(rules, DashboardRules) and rules.group_map:
        reason = "{names.group_map} takes groups that were pushed: map them afterwards"
        raise UnusableRules(reason, "group_map")
    slug_of(workspace)  # an unusable name is refused before anything is written
    limit_in(brake)
    meant = await workspace_to_use(it, actor, workspace, new=new_workspace)
    await check_policy(it.downstream.policies, meant, rules)
    workspace = await made_workspace(it, actor, workspace, new=new_workspace)
    state = ConnectionState.OBSERVING if observe else ConnectionState.LIVE
    created = await create_connection(
        it.directory, workspace, rules, it.clock(), actor, state=state, brake=brake
    )
    return Credentials(created.id, base_url_of(it.public_url, created.id), created.token)


async def create_connection(
    database: DirectoryDatabase,
    workspace: str,
    rules: Rules,
    now: int,
    actor: Actor = COMMAND,
    *,
    state: ConnectionState = ConnectionState.LIVE,
    brake: str = STANDARD,
) -> NewConnection:
    """Create a connection for the portal of the rules; a portal may have several.

    :raises UnusableWorkspaceName: when no id can be derived from the workspace.
    """
    stem = f"{slug_of(workspace)}-{rules.portal}"
    values = {
        "workspace": workspace,
        "portal": rules.portal,
        "rules": RULES.dump_python(rules, mode="json"),
        "created_at": now,
        "state": state,
        "state_by": actor.name,
        "brake": brake,
    }
    async with database.write() as db:
        for number in count(1):
            id_ = stem if number == 1 else f"{stem}-{number}"
            if not await _was_deleted(db, id_) and await _insert(db, values | {"id": id_}):
                break
        made = {"portal": rules.portal, "state": state, "brake": brake, "rules": values["rules"]}
        change = Change("connections.create", workspace, id_, after=made)
        await record(db, actor, change, now, new_trace())
        return NewConnection(id_, await issue_token(db, id_, now, actor.name))


async def list_connections(
    it: Administration, actor: Actor, workspace: str | None = None
) -> Sequence[ConnectionInUse]:
    """Return the connections that an actor reaches, of one workspace or of all, by their ids.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    if workspace is not None:
        workspace = await workspace_named(it, actor, workspace, Power.VIEW)
    actor.check(Power.VIEW)
    statement = select(Connection.__table__).order_by(col(Connection.id))  # type: ignore[attr-defined]
    if (only := workspace or actor.workspace) is not None:
        statement = statement.where(col(Connection.workspace) == only)
    async with it.directory.read() as db:
        return [_in_use(row) for row in (await db.execute(statement)).mappings()]


async def check_policy(policies: Policies, workspace: str, rules: Rules) -> None:
    """Check that the workspace has the policy that the rules name, if they name one.

    :raises UnknownPolicy: when the workspace does not have it.
    """
    policy = policy_of(rules)
    if policy and not await policies.exists(workspace, policy):
        raise UnknownPolicy(workspace, policy)


async def _was_deleted(db: AsyncConnection, id_: str) -> bool:
    """Return whether a connection with this id was deleted.

    Its accounts, which were kept, go on naming it as their maker, and so do both logs: a later
    connection with the same id would be taken for it.
    """
    log = AUDIT.c
    deleted = select(log.number).where(log.connection_id == id_, log.action == DELETION)
    return await db.scalar(deleted.limit(1)) is not None


async def _insert(db: AsyncConnection, values: dict[str, object]) -> bool:
    """Insert a connection, and return whether its id was free; a race may have taken it."""
    try:
        async with db.begin_nested():
            await db.execute(insert(Connection).values(values))
    except IntegrityError:
        return False
    return True


async def find_connection(
    db: AsyncConnection, connection_id: str, *, lock: bool = False
) -> ConnectionInUse:
    """Return a connection within a transaction.

    :param lock: whether the row is locked until the end of the transaction.
    :raises UnknownConnection: when no connection has this id.
    """
    statement = select(Connection.__table__).where(col(Connection.id) == connection_id)  # type: ignore[attr-defined]
    if lock:
        statement = statement.with_for_update(
            key_share=True
        )  # inserts of rows that refer to it do not wait
    row = (await db.execute(statement)).mappings().one_or_none()
    if row is None:
        raise UnknownConnection(connection_id)
    return _in_use(row)


def _in_use(row: RowMapping) -> ConnectionInUse:
    return ConnectionInUse(
        id=row["id"],
        workspace=row["workspace"],
        portal=Portal(row["portal"]),
        rules=RULES.validate_python(row["rules"]),
        created_at=row["created_at"],
        standing=Standing(ConnectionState(row["state"]), row["switched_off_at"]),
        state_since=row["state_since"] or row["created_at"],
        state_by=row["state_by"],
        closing=closing_in(row["closing_people"]) if row["closing_people"] else None,
        brake=row["brake"],
    )


def slug_of(workspace: str) -> str:
    """Return a workspace's name in the characters of a connection id: ``[a-z0-9-]``.

    :raises UnusableWorkspaceName: when the result is empty or too long.
    """
    plain = normalize("NFKD", workspace).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    if not 0 < len(slug) <= LONGEST_SLUG:
        raise UnusableWorkspaceName(workspace)
    return slug
