"""What did a connection's provider ask, and how was it answered? The log is read backwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Table, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.scope import connection_for
from api.directory.administration_tables import LoggedRequest
from api.directory.tables import ApiTable
from api.requests.remedies import remedy_of

REQUESTS: Table = ApiTable.metadata.tables[str(LoggedRequest.__tablename__)]

FIRST_ERROR = 400
"""The lowest status of an answer that refuses its request."""


@dataclass(frozen=True, slots=True)
class WantedRequests:
    """Which requests are wanted: only those refused, only since a time, only of a resource.

    ``since`` is in microseconds since the epoch.
    """

    errors: bool = False
    since: int | None = None
    resource: str | None = None


ALL_REQUESTS = WantedRequests()


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request and its answer, without personal values.

    ``at`` is when it came, in microseconds since the epoch. ``resource`` is the id of the user or
    group that it named or made. ``code``, ``detail`` and ``remedy`` are those of a refusal.
    """

    number: int
    at: int
    method: str
    path: str
    resource: str | None
    status: int
    code: str | None
    detail: str | None
    remedy: str | None
    seconds: float
    correlation_id: str
    address: str | None


async def list_requests(
    it: Administration,
    actor: Actor,
    connection_id: str,
    wanted: WantedRequests = ALL_REQUESTS,
    *,
    before: int | None = None,
    most: int = 100,
) -> Sequence[ListedRequest]:
    """Return the newest requests of a connection, the latest first.

    :param before: the number of a request: only earlier ones are returned.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not look.
    """
    statement = select(REQUESTS).where(REQUESTS.c.connection_id == connection_id)
    if wanted.errors:
        statement = statement.where(REQUESTS.c.status >= FIRST_ERROR)
    if wanted.since is not None:
        statement = statement.where(REQUESTS.c.at >= wanted.since)
    if wanted.resource is not None:
        statement = statement.where(REQUESTS.c.resource_id == wanted.resource)
    if before is not None:
        statement = statement.where(REQUESTS.c.number < before)
    newest = statement.order_by(REQUESTS.c.number.desc()).limit(most)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        return [_listed(row) for row in (await db.execute(newest)).mappings()]


def _listed(row: RowMapping) -> ListedRequest:
    return ListedRequest(
        number=row["number"],
        at=row["at"],
        method=row["method"],
        path=row["path"],
        resource=row["resource_id"],
        status=row["status"],
        code=row["code"],
        detail=row["detail"],
        remedy=remedy_of(row["code"]),
        seconds=row["micros"] / 1_000_000,
        correlation_id=row["correlation_id"],
        address=row["address"],
    )
