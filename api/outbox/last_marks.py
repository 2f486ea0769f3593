"""How are people of a connection published for the last time? Slices mark them as deleted.

Every function runs inside the caller's transaction. A slice deletes users and marks their
identities in the same transaction, so that no request can change a user whose end is marked.
Memberships stay until all is applied: the last event of a person tells the groups of then.

The marks are in the bulk lane, however many leavers there are: an administrator who deletes a
connection does not put off leavers of others.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    and_,
    case,
    delete,
    false,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.closing import Closing, People
from api.directory.identity_changes import next_version
from api.directory.identity_rows import LANE_NUMBERS, new_mark
from api.directory.leavings import KEPT_BACK
from api.directory.tables import Identity, UserRow
from contracts.identity_changed import Trace
from contracts.rules import DeactivationAction, LeaveAlone
from contracts.topology import Lane

SLICE = 500
"""Identities of one transaction, which takes a few times as long as a request for one user."""


async def next_to_end(
    db: AsyncConnection, connection_id: str, closing: Closing, since: int, after: str, most: int
) -> Sequence[str]:
    """Return the ids of the next slice of identities whose end is not marked yet.

    :param since: when the deletion began, in microseconds.
    :param after: the last id of the slice before.
    :param most: the size of the slice.
    """
    statement = (
        select(col(Identity.id))
        .where(
            col(Identity.connection_id) == connection_id,
            col(Identity.id) > after,
            _is_to_end(closing, since),
        )
        .order_by(col(Identity.id))
        .limit(most)
    )
    return list(await db.scalars(statement))


async def end_people(
    db: AsyncConnection,
    connection_id: str,
    ids: Sequence[str],
    closing: Closing,
    action: DeactivationAction,
    trace: Trace,
    now: int,
    *,
    has_brake: bool,
) -> None:
    """Delete users, and mark their identities as deleted.

    :param action: the deactivation that the rules name.
    :param has_brake: whether a brake had to judge leavings that it has not judged yet.
    """
    of_users = (col(UserRow.connection_id) == connection_id, col(UserRow.id).in_(ids))
    await db.execute(delete(UserRow).where(*of_users))
    of_identities = (col(Identity.connection_id) == connection_id, col(Identity.id).in_(ids))
    in_order = select(col(Identity.id)).where(*of_identities).order_by(col(Identity.id))
    await db.execute(in_order.with_for_update())
    last = _last_state(closing, action, now, has_brake=has_brake) | _last_mark(trace, now)
    await db.execute(update(Identity).where(*of_identities).values(last))


def _is_to_end(closing: Closing, since: int) -> ColumnElement[bool]:
    """Return the condition that an identity has not got its last state yet."""
    waits_for_a_brake = col(Identity.leaving).is_not(None)
    unended = or_(col(Identity.deleted).is_(False), waits_for_a_brake)
    if not closing.held:
        return unended
    return or_(unended, and_(_is_unpublished(), col(Identity.changed_at) <= since))


def _is_unpublished() -> ColumnElement[bool]:
    return col(Identity.published_version) < col(Identity.version)


def _last_state(
    closing: Closing, action: DeactivationAction, now: int, *, has_brake: bool
) -> dict[str, Any]:
    """Return the columns that hold the last state, from those of the state before.

    An active person is deactivated. If people are kept, a leaving that was not released, because a
    brake or a pause held it, or a brake had still to judge it, is replaced by a leaving without
    effect. A person of whom a held connection has published nothing was never there, for
    downstream.
    """
    version = col(Identity.version)
    newer = case((version >= next_version(0, now), version + 1), else_=next_version(0, now))
    unreleased: ColumnElement[bool] = false()
    never: ColumnElement[bool] = false()
    if closing.people is People.KEEP:
        leaving = col(Identity.leaving)
        unreleased = leaving.is_not(None) if has_brake else leaving.in_(KEPT_BACK)
    if closing.held:
        never = col(Identity.published_version) == 0
        if closing.people is People.KEEP:
            not_told = col(Identity.published_version) < col(Identity.deactivated_at)
            unreleased = or_(unreleased, not_told)
    kept = LeaveAlone() if closing.people is People.KEEP else action
    leaves_now = or_(col(Identity.active).is_(True), unreleased)
    document = literal(kept.model_dump(mode="json"), JSON())
    return {
        "version": newer,
        "changed_at": now,
        "told_at": newer,
        "active": False,
        "deleted": True,
        "ever_active": case((never, false()), else_=col(Identity.ever_active)),
        "deactivated_at": case((never, 0), (leaves_now, newer), else_=col(Identity.deactivated_at)),
        "deactivation": case(
            (never, null()), (leaves_now, document), else_=col(Identity.deactivation)
        ),
        "leaving": None,
        "earlier_leaving": null(),
        "held_since": None,
        "locked_at": None,
        "admin_hold": None,
        "admin_held_since": None,
    }


def _last_mark(trace: Trace, now: int) -> dict[str, Any]:
    """Return a mark over an earlier one, as urgent and as old as that, if there is one."""
    bulk, was = LANE_NUMBERS[Lane.BULK], col(Identity.dirty_lane)
    return new_mark(Lane.BULK, trace, now) | {
        "dirty_lane": case((was < bulk, was), else_=bulk),
        "dirty_since": func.coalesce(col(Identity.dirty_since), now),
    }
