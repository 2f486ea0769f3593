"""What becomes of leased marks? Outcomes clear them, give them back, postpone or reject them.

Every function runs inside the caller's transaction, and skips marks of identities with a newer
version.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    FromClause,
    String,
    Update,
    and_,
    bindparam,
    case,
    column,
    func,
    null,
    select,
    true,
)
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import rows_in
from api.outbox.lease_statement import IDENTITIES
from api.outbox.leasing import Mark

Values = Mapping[str, Any]
"""The new values of an identity's columns."""

NO_MARK = {"dirty_lane": null(), "dirty_since": null(), "due_at": null(), "attempts": 0}
"""The columns of an identity that is not dirty."""

NO_FAULT = {
    "suspect": False,
    "failed_publications": 0,
    "rejection": null(),
    "rejected_version": null(),
    "rejected_at": null(),
    "first_rejected_at": null(),
    "rejections": 0,
}
"""The columns of an identity that was published without trouble."""


SETTLED = (
    column("connection", String),
    column("identity", String),
    column("version", BigInteger),
    column("due", BigInteger),
    column("reason", String),
)
"""The columns of a settled mark: its name, the leased version, and the values of its outcome."""

NOW = bindparam("now", type_=BigInteger)
NO_PARAMETERS: Mapping[str, Any] = {}


async def clear(db: AsyncConnection, marks: Collection[Mark], now: int) -> None:
    """Remove marks whose events were confirmed."""
    await _settle(db, _cleared, [_named(it) for it in marks], {"now": now})


async def give_back(db: AsyncConnection, marks: Collection[Mark]) -> None:
    """Make marks ready again that were not published, for no fault of theirs."""
    await _settle(db, _given_back, [_named(it) for it in marks])


async def postpone(db: AsyncConnection, due: Mapping[Mark, int]) -> None:
    """Postpone marks to the given times, because a worker has failed and asks for another try."""
    await _settle(db, _postponed, [_named(mark, due=at) for mark, at in due.items()])


async def suspect(db: AsyncConnection, due: Mapping[Mark, int]) -> None:
    """Postpone marks to the given times, and make them suspects, which are published apart.

    Identities with a newer version become suspects as well, because it may have the same fault.
    """
    await _settle(db, _suspected, [_named(mark, due=at) for mark, at in due.items()])


async def reject(db: AsyncConnection, reasons: Mapping[Mark, str], now: int) -> None:
    """Remove marks whose states cannot be published, and store why; a new mark is a suspect."""
    marks = [_named(mark, reason=why) for mark, why in reasons.items()]
    await _settle(db, _rejected, marks, {"now": now})


# --- the new values of an identity, given its settled mark --------------------------------------


def _cleared(_mark: FromClause) -> Values:
    published = {"published_version": IDENTITIES.c.version, "published_at": NOW}
    return NO_MARK | NO_FAULT | published


def _given_back(_mark: FromClause) -> Values:
    return {"due_at": null()}


def _postponed(mark: FromClause) -> Values:
    return {"due_at": mark.c.due, "attempts": IDENTITIES.c.attempts + 1}


def _suspected(mark: FromClause) -> Values:
    is_same, failures = IDENTITIES.c.version == mark.c.version, IDENTITIES.c.failed_publications
    return {
        "suspect": True,
        "due_at": case((is_same, mark.c.due), else_=IDENTITIES.c.due_at),
        "failed_publications": case((is_same, failures + 1), else_=0),
    }


def _rejected(mark: FromClause) -> Values:
    return NO_MARK | {
        "suspect": True,
        "failed_publications": 0,
        "rejection": mark.c.reason,
        "rejected_version": IDENTITIES.c.version,
        "rejected_at": NOW,
        "first_rejected_at": func.coalesce(IDENTITIES.c.first_rejected_at, NOW),
        "rejections": IDENTITIES.c.rejections + 1,
    }


EVEN_IF_NEWER = {_suspected}
"""The outcomes that also change identities with a newer version than the leased one."""

# --- statements -----------------------------------------------------------------------------


async def _settle(
    db: AsyncConnection,
    values: Callable[[FromClause], Values],
    marks: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any] = NO_PARAMETERS,
) -> None:
    if marks:
        given = {"marks": json.dumps(marks), **parameters}
        await db.execute(_statement(values, db.dialect.name), given)


@cache
def _statement(values: Callable[[FromClause], Values], dialect: str) -> Update:
    """Return the statement that settles marks, whatever their number.

    It locks rows in the order of their names, as requests do, which an update alone would not do.
    """
    given = rows_in(bindparam("marks", type_=String), SETTLED, dialect)
    each = IDENTITIES.alias("each")
    is_named = and_(each.c.connection_id == given.c.connection, each.c.id == given.c.identity)
    has_version = true() if values in EVEN_IF_NEWER else each.c.version == given.c.version
    locked = (
        select(*(given.c[str(it.key)] for it in SETTLED))
        .where(is_named, has_version)
        .order_by(each.c.connection_id, each.c.id)
        .with_for_update(of=each)
        .subquery("locked")
    )
    is_locked = and_(
        IDENTITIES.c.connection_id == locked.c.connection, IDENTITIES.c.id == locked.c.identity
    )
    return update_rows(IDENTITIES).where(is_locked).values(values(locked))


def _named(mark: Mark, **added: Any) -> dict[str, Any]:
    """Return a mark as an object with the columns ``SETTLED``."""
    return {
        "connection": mark.connection_id,
        "identity": mark.identity_id,
        "version": mark.state.version,
        **added,
    }
