"""Which tokens end soon? Administrators are told two weeks before, in lists and by an alert."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.opens import is_valid
from api.access.tokens import id_of
from api.directory.tables import ApiTable

TOKENS = ApiTable.metadata.tables["tokens"]

SOON = 14 * 24 * 3600 * 1_000_000
"""Microseconds before its end at which a token is said to end soon."""

MOST_TOLD = 1_000
"""Tokens that end soon and are told at once: those that end first."""


@dataclass(frozen=True, slots=True)
class ExpiringToken:
    """A live token that ends soon. Times are in microseconds since the epoch."""

    connection: str
    token: str
    name: str | None
    expires_at: int
    last_used_at: int | None


def expires_soon(expires_at: int | None, now: int) -> bool:
    """Return whether a token that lives ends soon."""
    return expires_at is not None and expires_at - now <= SOON


async def expiring_tokens(db: AsyncConnection, now: int) -> Sequence[ExpiringToken]:
    """Return the live tokens that end soon, the next one first."""
    soon = select(TOKENS).where(is_valid(TOKENS), TOKENS.c.expires_at <= now + SOON)
    first = soon.order_by(TOKENS.c.expires_at, TOKENS.c.digest).limit(MOST_TOLD)
    return [
        ExpiringToken(
            connection=row["connection_id"],
            token=id_of(row["digest"]),
            name=row["name"],
            expires_at=row["expires_at"],
            last_used_at=row["last_used_at"],
        )
        for row in (await db.execute(first, {"now": now})).mappings()
    ]


async def next_expiry(db: AsyncConnection, now: int) -> int | None:
    """Return when the first of all live tokens ends; None where no token does."""
    ends: int | None = await db.scalar(
        select(func.min(TOKENS.c.expires_at)).where(is_valid(TOKENS)), {"now": now}
    )
    return ends
