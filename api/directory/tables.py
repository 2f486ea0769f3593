"""What does the directory keep? Tables of connections, tokens, SCIM resources and identities do.

Times and versions are microseconds since the epoch (UTC), in one integer type on every database.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

COMPARABLE = JSON().with_variant(JSONB(), "postgresql")
"""The type of JSON documents that filters search."""

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""The type of numbers that the database gives to new rows; SQLite gives them to integers only."""

KEY = String().with_variant(String(collation="C"), "postgresql")
"""The type of texts in comparison form, ordered by code points as Python orders them."""


class ApiTable(SQLModel, registry=registry()):
    """The base of the api's tables; without it, SQLModel shares one MetaData with the worker's."""


class Connection(ApiTable, table=True):
    """SCIM switched on for one portal of one workspace.

    ``state`` is ``live``, ``paused``, ``observing`` or ``closing``; while ``switched_off_at`` is
    set, the connection is off as well. ``state_by`` names the actor who set the state, and
    ``state_since`` is NULL until then. ``brake`` is ``off``, or the number and the share in percent
    of people who may leave within an hour. ``closing_people`` is the effect of a deletion on
    people, with its present step.
    """

    __tablename__ = "connections"

    id: str = Field(primary_key=True)
    workspace: str = Field(index=True)
    portal: str
    rules: dict[str, Any] = Field(sa_type=JSON)
    created_at: int = Field(sa_type=BigInteger)
    state: str = Field(default="live", sa_column_kwargs={"server_default": "live"})
    state_since: int | None = Field(default=None, sa_type=BigInteger)
    state_by: str | None = None
    switched_off_at: int | None = Field(default=None, sa_type=BigInteger)
    brake: str = Field(default="50:10", sa_column_kwargs={"server_default": "50:10"})
    closing_people: str | None = None


class Token(ApiTable, table=True):
    """A bearer token that opens one connection; only its SHA-256 digest is kept.

    It opens nothing from ``expires_at`` on, and its last use is noted at most once a minute.
    """

    __tablename__ = "tokens"

    digest: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connections.id", index=True)
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    name: str | None = None
    created_by: str | None = None
    expires_at: int | None = Field(default=None, sa_type=BigInteger)
    last_used_at: int | None = Field(default=None, sa_type=BigInteger)
    last_used_from: str | None = None


class UserRow(ApiTable, table=True):
    """A SCIM User as the provider pushed it.

    ``resource`` is the canonical JSON without derived attributes (id, meta, groups); ``comparable``
    is the same with every value in comparison form, which the columns ``user_name_key`` and
    ``external_id`` have as well.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "users_by_name",
            "connection_id",
            "user_name_key",
            unique=True,
            postgresql_include=["created_at", "id"],  # sorted pages skip within the index
        ),
        Index("users_by_external_id", "connection_id", "external_id"),
        Index("users_by_creation", "connection_id", "created_at", "id"),
    )

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    id: str = Field(primary_key=True)
    user_name_key: str = Field(sa_type=KEY)
    external_id: str | None = Field(default=None, sa_type=KEY)
    resource: dict[str, Any] = Field(sa_type=JSON)
    comparable: dict[str, Any] = Field(sa_column=Column(COMPARABLE, nullable=False))
    created_at: int = Field(sa_type=BigInteger)
    modified_at: int = Field(sa_type=BigInteger)
    revision: int = Field(default=1, sa_type=BigInteger)


class UserRange(ApiTable, table=True):
    """A number of users that follow each other in the order of their creation, counted.

    The range begins behind one user and ends with another. A connection's ranges follow each other
    from the first user on, and the newest users are in none yet. The users may have been deleted.
    """

    __tablename__ = "user_ranges"

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    after_created_at: int = Field(primary_key=True, sa_type=BigInteger)
    after_id: str = Field(primary_key=True)
    created_at: int = Field(sa_type=BigInteger)
    id: str
    users: int


class UserRangeChange(ApiTable, table=True):
    """A user that came into a range, or left it, after the range was counted.

    Triggers of the table of users write these rows, whatever statement adds or deletes a user.
    """

    __tablename__ = "user_range_changes"
    __table_args__ = (
        Index("user_range_changes_by_creation", "connection_id", "created_at", "id", "users"),
    )

    number: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    connection_id: str = Field(foreign_key="connections.id")
    created_at: int = Field(sa_type=BigInteger)
    id: str
    users: int


class GroupRow(ApiTable, table=True):
    """A SCIM Group as the provider pushed it, without its members."""

    __tablename__ = "groups"
    __table_args__ = (
        Index("groups_by_name", "connection_id", "display_name_key", unique=True),
        Index("groups_by_external_id", "connection_id", "external_id"),
        Index("groups_by_creation", "connection_id", "created_at", "id"),
    )

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    id: str = Field(primary_key=True)
    display_name: str
    display_name_key: str = Field(sa_type=KEY)
    external_id: str | None = Field(default=None, sa_type=KEY)
    resource: dict[str, Any] = Field(sa_type=JSON)
    comparable: dict[str, Any] = Field(sa_column=Column(COMPARABLE, nullable=False))
    created_at: int = Field(sa_type=BigInteger)
    modified_at: int = Field(sa_type=BigInteger)
    revision: int = Field(default=1, sa_type=BigInteger)


class Membership(ApiTable, table=True):
    """A member of a group: a user, or a nested group, which never becomes a user."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_by_member", "connection_id", "member_id", "group_id"),)

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    group_id: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    member_type: str
    display: str | None = None
    display_key: str | None = Field(default=None, sa_type=KEY)


class Identity(ApiTable, table=True):
    """A SCIM user in provider-neutral form, and its mark in the dirty set.

    The row outlives the user: a deleted identity stays, so that it can be published again.
    ``profile`` is released: while the identity is inactive it shows the person as last active.
    ``groups`` is NULL until deletion, which removes memberships and keeps their names here.

    Rows with a ``dirty_lane`` are the dirty set: their newest state is not published yet. Rows
    without ``due_at`` are ready; a lease sets that time, and so does a retry that waits.
    A ``suspect`` may have broken a line to the broker, and is published apart until it succeeds.
    ``rejection`` is the reason why ``rejected_version`` cannot be published; the mark ends.

    ``leaving`` says whether the newest deactivation was not judged by a brake yet (0), is held (1)
    or was waived (2); until it is released (NULL), ``earlier_leaving`` is the person as before it.
    ``held_since`` is the beginning of a hold, also once it was waived, and ``locked_at`` that of a
    lock by an administrator. A creation does not name them, so that they are NULL.
    ``admin_hold`` is 1 or 2 for a loss of the Admin role, which the mapped name ``admin_line`` gave
    when the person was last published, or the creation rule if that name is empty, and
    ``admin_held_since`` the time of that hold.
    """

    __tablename__ = "identities"
    __table_args__ = (
        Index(
            "dirty_marks",  # a step leads from each connection with marks to the next
            "dirty_lane",
            "suspect",
            "connection_id",
            "due_at",
            "dirty_since",
            sqlite_where=text("dirty_lane IS NOT NULL"),
            postgresql_where=text("dirty_lane IS NOT NULL"),
        ),
        Index(
            "waiting_marks",
            "due_at",
            "attempts",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "rejected_identities",
            "connection_id",
            "rejected_version",
            sqlite_where=text("rejected_version IS NOT NULL"),
            postgresql_where=text("rejected_version IS NOT NULL"),
        ),
        Index(
            "deleted_identities",
            "connection_id",
            "version",
            sqlite_where=text("deleted"),
            postgresql_where=text("deleted"),
        ),
        Index(
            "held_identities",
            "connection_id",
            "held_since",
            "id",
            sqlite_where=text("leaving = 1"),
            postgresql_where=text("leaving = 1"),
        ),
        Index(
            "leavers_by_time",
            "connection_id",
            "deactivated_at",
            sqlite_where=text("deactivated_at > 0"),
            postgresql_where=text("deactivated_at > 0"),
        ),
        Index(
            "admins_held",
            "connection_id",
            sqlite_where=text("admin_hold IS NOT NULL"),
            postgresql_where=text("admin_hold IS NOT NULL"),
        ),
    )

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    id: str = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)
    active: bool
    deleted: bool = False
    ever_active: bool
    deactivated_at: int = Field(default=0, sa_type=BigInteger)
    deactivation: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    profile: dict[str, Any] = Field(sa_type=JSON)
    role_names: list[str] = Field(default_factory=list, sa_type=JSON)
    groups: list[str] | None = Field(default=None, sa_type=JSON)
    told_at: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")}
    )

    dirty_lane: int | None = None
    dirty_since: int | None = Field(default=None, sa_type=BigInteger)
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    attempts: int = 0
    correlation_id: str = ""
    traceparent: str | None = None
    published_version: int = Field(default=0, sa_type=BigInteger)
    published_at: int | None = Field(default=None, sa_type=BigInteger)

    suspect: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    failed_publications: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    rejection: str | None = None
    rejected_version: int | None = Field(default=None, sa_type=BigInteger)
    rejected_at: int | None = Field(default=None, sa_type=BigInteger)
    first_rejected_at: int | None = Field(default=None, sa_type=BigInteger)
    rejections: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})

    leaving: int | None = Field(default=None, sa_type=SmallInteger)
    earlier_leaving: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    held_since: int | None = Field(default=None, sa_type=BigInteger)
    locked_at: int | None = Field(default=None, sa_type=BigInteger)
    admin_line: str | None = None
    admin_hold: int | None = Field(default=None, sa_type=SmallInteger)
    admin_held_since: int | None = Field(default=None, sa_type=BigInteger)


class Schedule(ApiTable, table=True):
    """The next time at which a job is due, which one of many processes then claims."""

    __tablename__ = "schedules"

    name: str = Field(primary_key=True)
    due_at: int = Field(sa_type=BigInteger)
