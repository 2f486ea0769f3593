"""When has each provider called last? The request log tells it, and older calls their tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.requests import FIRST_ERROR, REQUESTS
from api.admin.tokens import OF_DOCTOR, TOKENS
from api.directory.tables import ApiTable

CONNECTIONS = ApiTable.metadata.tables["connections"]


@dataclass(frozen=True, slots=True)
class LastCall:
    """The newest call of a provider. ``at`` is in microseconds since the epoch.

    ``status`` is None where the log has forgotten the call, whose token was accepted.
    """

    at: int
    status: int | None = None

    @property
    def was_refused(self) -> bool:
        """Return whether the call was answered with an error."""
        return self.status is not None and self.status >= FIRST_ERROR


async def last_calls(db: AsyncConnection, connections: Sequence[str]) -> Mapping[str, LastCall]:
    """Return the last call to each connection that was called."""
    used = await _uses(db, connections)
    logged = await _logged(db, connections)
    return used | logged


async def _logged(db: AsyncConnection, connections: Sequence[str]) -> dict[str, LastCall]:
    """Return the newest call of each connection in the log, whose number an index tells first."""
    of_connection = REQUESTS.c.connection_id == CONNECTIONS.c.id
    newest = select(func.max(REQUESTS.c.number)).where(of_connection).scalar_subquery()
    numbers = await db.scalars(select(newest).where(CONNECTIONS.c.id.in_(connections)))
    rows = select(REQUESTS.c.connection_id, REQUESTS.c.at, REQUESTS.c.status)
    of_numbers = rows.where(REQUESTS.c.number.in_([it for it in numbers if it is not None]))
    return {id_: LastCall(at, status) for id_, at, status in await db.execute(of_numbers)}


async def _uses(db: AsyncConnection, connections: Sequence[str]) -> dict[str, LastCall]:
    of_doctor = func.coalesce(TOKENS.c.name, "") == OF_DOCTOR
    used = (
        select(TOKENS.c.connection_id, func.max(TOKENS.c.last_used_at))
        .where(TOKENS.c.connection_id.in_(connections), TOKENS.c.last_used_at.is_not(None))
        .where(~of_doctor)
        .group_by(TOKENS.c.connection_id)
    )
    return {id_: LastCall(at) for id_, at in await db.execute(used)}
