"""What does the worker remember of each identity? Sync records, refusals, the ledger, failures."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from worker.schema import WorkerTable, partial_index


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
        partial_index("due_replans", "replan_at", where="replan_at IS NOT NULL"),
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
