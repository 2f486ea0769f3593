"""What does the directory keep for administrators? Access, audit, brakes and requests have tables.

The tables of ``api/directory/tables.py`` say what providers pushed. Times are microseconds since
the epoch (UTC). Columns named ``connection_id`` without a foreign key outlive their connection.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, SmallInteger, text
from sqlmodel import Field

from api.directory.tables import NUMBER, ApiTable

DOCUMENT = JSON(none_as_null=True)
"""The type of documents that may be missing."""


class AdminToken(ApiTable, table=True):
    """A bearer token of an administrator, of whom only the token's SHA-256 digest is kept.

    Without a ``workspace`` it reaches the whole installation. ``role`` is ``owner`` or ``viewer``.
    """

    __tablename__ = "admin_tokens"
    __table_args__ = (
        Index("admin_tokens_by_digest", "digest", unique=True),
        Index("admin_tokens_by_workspace", "workspace"),
    )

    id: str = Field(primary_key=True)
    digest: str
    name: str
    workspace: str | None = None
    role: str
    created_at: int = Field(sa_type=BigInteger)
    created_by: str
    expires_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    last_used_at: int | None = Field(default=None, sa_type=BigInteger)


class AuditEntry(ApiTable, table=True):
    """A change that an administrator made, or began: actor, action, time, before and after.

    Triggers refuse to change or to delete a row. ``outcome`` is ``done``, or ``begun`` and perhaps
    ``failed`` for a change of another database. It names no person.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_by_workspace", "workspace", "number"),
        Index("audit_by_connection", "connection_id", "number"),
        Index(
            "audit_by_subject",
            "subject",
            "number",
            sqlite_where=text("subject IS NOT NULL"),
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    number: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    at: int = Field(sa_type=BigInteger)
    actor: str
    workspace: str | None = None
    connection_id: str | None = None
    action: str
    subject: str | None = None
    outcome: str
    before: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)
    after: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)
    correlation_id: str


class IdempotencyKey(ApiTable, table=True):
    """A key by which an actor may repeat a request that creates, and the answer to the first one.

    ``key`` is the digest of the key, and ``request`` that of the request. ``answer`` is sealed with
    the actor's own token, and NULL until the request is answered.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_by_time", "at"),)

    actor: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request: str
    status: int | None = None
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)
    at: int = Field(sa_type=BigInteger)


class Brake(ApiTable, table=True):
    """The brake of a connection on one effect: ``deactivation``, ``admin-role`` or ``device``.

    Relays lock the row, so that each release is counted once. ``tripped_at`` is NULL until more was
    to be released within an hour than the brake allows.
    """

    __tablename__ = "brakes"

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    effect: str = Field(primary_key=True)
    tripped_at: int | None = Field(default=None, sa_type=BigInteger)


class BrakeRelease(ApiTable, table=True):
    """A loss that a brake released within the last hour, and how much it counted.

    ``version`` is that of the identity which names the loss: a deactivation, or the first state
    without the Admin role.
    """

    __tablename__ = "brake_releases"
    __table_args__ = (Index("brake_releases_by_time", "connection_id", "effect", "at"),)

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    effect: str = Field(primary_key=True)
    identity: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    amount: int


class LoggedRequest(ApiTable, table=True):
    """A SCIM request and its answer, without personal values. Api processes write batches.

    ``code`` names the error, for which there is a remedy, and ``micros`` is the duration.
    """

    __tablename__ = "request_log"
    __table_args__ = (
        Index("requests_of_connection", "connection_id", "number"),
        Index("requests_of_resource", "connection_id", "resource_id", "number"),
        Index("requests_by_time", "at"),
    )

    number: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    connection_id: str
    at: int = Field(sa_type=BigInteger)
    method: str
    path: str
    resource_id: str | None = None
    status: int = Field(sa_type=SmallInteger)
    code: str | None = None
    detail: str | None = None
    micros: int = Field(sa_type=BigInteger)
    correlation_id: str
    address: str | None = None


class RateShare(ApiTable, table=True):
    """The requests of a connection that a process was asked of late, a second.

    Api processes share the rate of a connection by it. In the row of no process, ``at`` is when the
    bucket that all of them empty will be full again.
    """

    __tablename__ = "rate_shares"

    connection_id: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    asked: int
    at: int = Field(sa_type=BigInteger)


class ConsoleSession(ApiTable, table=True):
    """A visit to the console, of which only the digest of its cookie is kept.

    It was begun with a token of an administrator or of the operator, whose digest is
    ``token_digest``, or else with ``setup_link``. It ends with either, and at ``expires_at``.
    """

    __tablename__ = "console_sessions"
    __table_args__ = (
        Index("console_sessions_by_token", "token_digest"),
        Index("console_sessions_by_end", "expires_at"),
    )

    digest: str = Field(primary_key=True)
    token_digest: str | None = None
    setup_link: str | None = None
    created_at: int = Field(sa_type=BigInteger)
    used_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class SetupLink(ApiTable, table=True):
    """A link that lets its bearer set up one connection, of which only the digest is kept.

    It begins one session, at ``used_at``, before ``expires_at``.
    """

    __tablename__ = "setup_links"
    __table_args__ = (Index("setup_links_of_connection", "connection_id", "created_at"),)

    id: str = Field(primary_key=True)
    digest: str
    connection_id: str
    created_at: int = Field(sa_type=BigInteger)
    created_by: str
    expires_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
