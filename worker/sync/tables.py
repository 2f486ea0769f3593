"""What does the worker keep of each identity? Tables hold sync record, refusals and failure."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from worker.schema import KEY, WorkerTable, partial_index


class SyncRecordRow(WorkerTable, table=True):
    """The applied version of an identity, and the account that it holds.

    ``applied_at`` is the worker's clock before the transaction that applied the version: a row
    cannot know when it is committed, a few milliseconds later, or after the waits for locks. The
    lag of changes is measured after the commit, by ``muster_sync_lag_seconds``.

    ``event`` is the newest applied event with its trace, kept while one of its actions is refused,
    so that it can be planned again without the api. ``replan_at`` is the due time. ``base_role``
    is the own role of the account, written for workers of the version before this one.
    ``waiting_email`` is the address that the account of an inactive identity takes once its own is
    claimed. The address is valid at ``waiting_version`` only, because workers of the version before
    this one do not clear it.
    """

    __tablename__ = "sync_records"
    __table_args__ = (
        Index("sync_records_by_account", "account_id", unique=True),
        Index("sync_records_by_connection", "connection"),
        partial_index("due_replans", "replan_at", where="replan_at IS NOT NULL"),
    )

    identity: str = Field(primary_key=True, sa_type=KEY)
    connection: str = Field(primary_key=True, sa_type=KEY)
    workspace: str = Field(sa_type=KEY)
    portal: str = Field(sa_type=KEY)
    applied_version: int = Field(default=0, sa_type=BigInteger)
    applied_at: int | None = Field(default=None, sa_type=BigInteger)
    deactivated_at: int = Field(default=0, sa_type=BigInteger)
    account_id: str | None = Field(default=None, sa_type=KEY)
    base_role: str | None = None
    deleted: bool = False
    event: str | None = Field(default=None, sa_type=Text)
    correlation_id: str = ""
    replan_at: int | None = Field(default=None, sa_type=BigInteger)
    waiting_email: str | None = None
    waiting_version: int | None = Field(default=None, sa_type=BigInteger)


class RefusalRow(WorkerTable, table=True):
    """An action that waits until its obstacle is gone."""

    __tablename__ = "refusals"

    identity: str = Field(primary_key=True, sa_type=KEY)
    connection: str = Field(primary_key=True, sa_type=KEY)
    action: str = Field(primary_key=True, sa_type=KEY)
    reason: str
    obstacle: str | None = Field(default=None, index=True, sa_type=KEY)
    since: int = Field(sa_type=BigInteger)


class DeviceActionRow(WorkerTable, table=True):
    """An entry of the ledger: a device action that a deactivation has taken and never repeats.

    ``applied_at`` is the worker's clock before the transaction, as in a sync record.
    """

    __tablename__ = "device_actions"
    __table_args__ = (Index("device_actions_by_device", "device_id", "applied_at"),)

    identity: str = Field(primary_key=True, sa_type=KEY)
    connection: str = Field(primary_key=True, sa_type=KEY)
    deactivated_at: int = Field(primary_key=True, sa_type=BigInteger)
    device_id: str = Field(primary_key=True, sa_type=KEY)
    action: str = Field(primary_key=True, sa_type=KEY)
    applied_at: int = Field(sa_type=BigInteger)
    correlation_id: str


class FailureRow(WorkerTable, table=True):
    """An event that could not be applied after every retry. No column holds personal data."""

    __tablename__ = "failures"

    identity: str = Field(primary_key=True, sa_type=KEY)
    connection: str = Field(primary_key=True, sa_type=KEY)
    kind: str = Field(sa_type=KEY)
    message: str = Field(sa_type=KEY)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    attempts: int
    version: int = Field(sa_type=BigInteger)
    correlation_id: str
