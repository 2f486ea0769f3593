"""Which tables does the platform have? Four tables keep workspaces, accounts, devices, policies."""

from sqlalchemy import JSON, BigInteger, Index, false
from sqlmodel import Field

from worker.schema import KEY, WorkerTable, partial_index

LIVE_ADMIN = "role = 'admin' AND email_key IS NOT NULL"
"""The condition for the accounts that count as Admins of a workspace."""


class WorkspaceRow(WorkerTable, table=True):
    """A customer of the platform. The lock on its row protects the number of Admins."""

    __tablename__ = "workspaces"

    name: str = Field(primary_key=True, sa_type=KEY)


class AccountRow(WorkerTable, table=True):
    """An employee, a collaborator or an MDM employee.

    A removed account stays for the audit, without its e-mail: ``email_key`` is unique among live
    accounts. ``made_by`` is a connection, NULL where the account was made by hand, and ``unknown``
    where an identity held the account before makers were recorded.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        partial_index(
            "live_accounts_by_email",
            "email_key",
            "workspace",
            "portal",
            where="email_key IS NOT NULL",
            unique=True,
        ),
        partial_index("live_admins", "workspace", where=LIVE_ADMIN),
        Index("accounts_of_workspace", "workspace", "portal", "id"),
    )

    id: str = Field(primary_key=True, sa_type=KEY)
    workspace: str = Field(sa_type=KEY)
    portal: str = Field(sa_type=KEY)
    email: str | None = None
    email_key: str | None = Field(default=None, sa_type=KEY)
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
    """A policy that can be assigned to devices."""

    __tablename__ = "policies"

    workspace: str = Field(primary_key=True, sa_type=KEY)
    name: str = Field(primary_key=True, sa_type=KEY)


class DeviceRow(WorkerTable, table=True):
    """A managed device. ``assigned_to`` is an account; a removed device has left the inventory.

    The row of a removed device stays, because the ledger refers to it. A device that is enrolled
    again has a new row.
    """

    __tablename__ = "devices"
    __table_args__ = (
        Index("devices_of_workspace", "workspace", "serial"),
        partial_index(
            "live_devices_by_serial", "workspace", "serial", where="NOT removed", unique=True
        ),
    )

    id: str = Field(primary_key=True, sa_type=KEY)
    workspace: str = Field(sa_type=KEY)
    serial: str = Field(sa_type=KEY)
    policy: str | None = Field(default=None, sa_type=KEY)
    assigned_to: str | None = Field(default=None, index=True, sa_type=KEY)
    removed: bool = False
