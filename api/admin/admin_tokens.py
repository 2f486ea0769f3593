"""Which administrator has a token? Its digest is looked up by its id, and tells the actor."""

from contextlib import suppress
from hmac import compare_digest

from sqlalchemy import RowMapping, select, update
from sqlalchemy.exc import SQLAlchemyError

from api.access.tokens import id_of
from api.admin.actors import Actor, Power
from api.directory.administration_tables import AdminToken
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import ApiTable

ADMIN_TOKENS = ApiTable.metadata.tables[str(AdminToken.__tablename__)]

POWERS = {"viewer": Power.VIEW, "owner": Power.OWN}
"""The powers of the roles of administrators."""

NOTED_EVERY = 60_000_000
"""Microseconds between two notes of the last use of a token."""


async def actor_with(directory: DirectoryDatabase, digest: str, now: int) -> Actor | None:
    """Return the actor whose live token has this digest, and note the use; None without one."""
    of_id = select(ADMIN_TOKENS).where(ADMIN_TOKENS.c.id == id_of(digest))
    async with directory.read() as db:
        row = (await db.execute(of_id)).mappings().one_or_none()
    if row is None or not compare_digest(row["digest"], digest) or not _is_live(row, now):
        return None
    if row["last_used_at"] is None or row["last_used_at"] + NOTED_EVERY <= now:
        with suppress(SQLAlchemyError, OSError):  # a request that looks is answered all the same
            await _note_use(directory, row["id"], now)
    return Actor(actor_name(row["id"]), row["workspace"], POWERS[row["role"]])


def actor_name(token_id: str) -> str:
    """Return the name in the audit log of the administrator with a token."""
    return f"admin:{token_id}"


def _is_live(row: RowMapping, now: int) -> bool:
    has_expired = row["expires_at"] is not None and row["expires_at"] <= now
    return row["revoked_at"] is None and not has_expired


async def _note_use(directory: DirectoryDatabase, token_id: str, now: int) -> None:
    async with directory.write() as db:
        of_id = update(ADMIN_TOKENS).where(ADMIN_TOKENS.c.id == token_id)
        await db.execute(of_id.values(last_used_at=now))
