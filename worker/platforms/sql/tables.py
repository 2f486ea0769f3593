"""What does the worker keep? Its tables: workspaces, accounts, devices, policies, sync records.

Times and versions are microseconds since the epoch (UTC): one integer type on every database.
Every row that a batch locks is found by a key of its own, so that locks come in a stable order. A
key begins with what is most its own: nothing else of a connection or a workspace is read for it.
"""

from sqlalchemy import JSON, BigInteger, Index, Text, false, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

LIVE_ADMIN = "role = 'admin' AND email_key IS NOT NULL"
"""Which accounts count when the last Admin is looked for."""


class WorkerTable(SQLModel, registry=registry()):
    """The worker's own tables: SQLModel would otherwise share one MetaData with the api's."""


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Index only the rows that are looked for."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )


class WorkspaceRow(WorkerTable, table=True):
    """One customer of the platform. Its row is the lock under which Admins are counted."""

    __tablename__ = "workspaces"

    name: str = Field(primary_key=True)


class AccountRow(WorkerTable, table=True):
    """An employee, a collaborator or an MDM employee.

    A removed one stays for the audit, without its e-mail: ``email_key`` is unique among the live.
    ``made_by`` is a connection, NULL where the account was made by hand, and ``unknown`` where an
    identity held it already when this began to be written down.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        _partial(
            "live_accounts_by_email",
            "email_key",
            "workspace",
            "portal",
            where="email_key IS NOT NULL",
            unique=True,
        ),
        _partial("live_admins", "workspace", where=LIVE_ADMIN),
    )

    id: str = Field(primary_key=True)
    workspace: str
    portal: str
    email: str | None = None
    email_key: str | None = None
    display_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    external_id: str | None = None
    role: str | None = None
    groups: list[str] = Field(default_factory=list, sa_type=JSON)
    removed: bool = False
    created_at: int = Field(sa_type=BigInteger)
    removed_at: int | None = Field(default=None, sa_type=BigInteger)
    own_role: str | None = None
    made_by: str | None = None
    released: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class PolicyRow(WorkerTable, table=True):
    """A policy that devices can be under."""

    __tablename__ = "policies"

    workspace: str = Field(primary_key=True)
    name: str = Field(primary_key=True)


class DeviceRow(WorkerTable, table=True):
    """A managed device. ``assigned_to`` is an account; a removed one has left the inventory.

    Its row stays, for the ledger names it. A device that is enrolled again is another row.
    """

    __tablename__ = "devices"
    __table_args__ = (
        Index("devices_of_workspace", "workspace", "serial"),
        _partial("live_devices_by_serial", "workspace", "serial", where="NOT removed", unique=True),
    )

    id: str = Field(primary_key=True)
    workspace: str
    serial: str
    policy: str | None = None
    assigned_to: str | None = Field(default=None, index=True)
    removed: bool = False


class SyncRecordRow(WorkerTable, table=True):
    """How far an identity has come, and which account it holds.

    ``event`` is the newest applied event with its trace, kept while something of it is refused,
    so that it can be planned again without the api. ``replan_at`` says when. ``base_role`` is
    the own role of the account, written for workers of the version before this one.
    ``waiting_email`` is what the account of somebody inactive takes once its address is claimed;
    it counts at ``waiting_version`` alone, because workers of the version before do not clear it.
    """

    __tablename__ = "sync_records"
    __table_args__ = (
        Index("sync_records_by_account", "account_id", unique=True),
        _partial("due_replans", "replan_at", where="replan_at IS NOT NULL"),
    )

    identity: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    workspace: str
    portal: str
    applied_version: int = Field(default=0, sa_type=BigInteger)
    applied_at: int | None = Field(default=None, sa_type=BigInteger)
    deactivated_at: int = Field(default=0, sa_type=BigInteger)
    account_id: str | None = None
    base_role: str | None = None
    deleted: bool = False
    event: str | None = Field(default=None, sa_type=Text)
    correlation_id: str = ""
    replan_at: int | None = Field(default=None, sa_type=BigInteger)
    waiting_email: str | None = None
    waiting_version: int | None = Field(default=None, sa_type=BigInteger)


class RefusalRow(WorkerTable, table=True):
    """One action that waits until its obstacle is gone."""

    __tablename__ = "refusals"

    identity: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    action: str = Field(primary_key=True)
    reason: str
    obstacle: str | None = Field(default=None, index=True)
    since: int = Field(sa_type=BigInteger)


class DeviceActionRow(WorkerTable, table=True):
    """The ledger: a device action that a deactivation has had, and never has again."""

    __tablename__ = "device_actions"

    identity: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    deactivated_at: int = Field(primary_key=True, sa_type=BigInteger)
    device_id: str = Field(primary_key=True)
    action: str = Field(primary_key=True)
    applied_at: int = Field(sa_type=BigInteger)
    correlation_id: str


class FailureRow(WorkerTable, table=True):
    """An event that could not be applied, after every retry. Nothing in it is personal."""

    __tablename__ = "failures"

    identity: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    kind: str
    message: str
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    attempts: int
    version: int = Field(sa_type=BigInteger)
    correlation_id: str
