"""What did a connection's provider ask, and how was it answered? The log is read backwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, Table, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.scope import connection_for
from api.directory.administration_tables import LoggedRequest
from api.directory.tables import ApiTable
from api.requests.remedies import remedy_of

REQUESTS: Table = ApiTable.metadata.tables[str(LoggedRequest.__tablename__)]

FIRST_ERROR = 400
"""The lowest status of an answer that refuses its request."""

WRITING = ("POST", "PUT", "PATCH", "DELETE")
"""The methods of requests that may change something; a search may be a POST as well."""

SEARCH = ".search"
"""The end of the paths of searches (RFC 7644, section 3.4.3)."""


@dataclass(frozen=True, slots=True)
class WantedRequests:
    """Selects requests: only refused ones, only since a time, only of a resource.

    ``since`` is in microseconds since the epoch. ``writes`` leaves out those that only read.
    """

    errors: bool = False
    since: int | None = None
    resource: str | None = None
    writes: bool = False


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
    of_connection = REQUESTS.c.connection_id == connection_id
    statement = select(REQUESTS).where(of_connection, *conditions_of(wanted, before))
    newest = statement.order_by(REQUESTS.c.number.desc()).limit(most)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        return [listed(row) for row in (await db.execute(newest)).mappings()]


def conditions_of(wanted: WantedRequests, before: int | None) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on rows of the log; ``before`` is as for ``list_requests``."""
    log = REQUESTS.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.errors:
        conditions.append(log.status >= FIRST_ERROR)
    if wanted.writes:
        conditions += [log.method.in_(WRITING), log.path.not_like(f"%/{SEARCH}%")]
    if wanted.since is not None:
        conditions.append(log.at >= wanted.since)
    if wanted.resource is not None:
        conditions.append(log.resource_id == wanted.resource)
    if before is not None:
        conditions.append(log.number < before)
    return conditions


def listed(row: RowMapping) -> ListedRequest:
    """Return a row of the log as lists show it."""
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
