"""What becomes of leased marks? Outcomes clear them, give them back, postpone or reject them.

Every function runs inside the caller's transaction, and skips marks of identities with a newer
version.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, null
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import Identity
from api.outbox.leasing import Mark

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


async def clear(db: AsyncConnection, marks: Collection[Mark], now: int) -> None:
    """Remove marks whose parcels were confirmed."""
    published = {"published_version": col(Identity.version), "published_at": now}
    await _settle(db, marks, NO_MARK | NO_FAULT | published)


async def give_back(db: AsyncConnection, marks: Collection[Mark]) -> None:
    """Make marks ready again that were not published, for no fault of theirs."""
    await _settle(db, marks, {"due_at": null()})


async def postpone(db: AsyncConnection, due: Mapping[Mark, int]) -> None:
    """Postpone marks to the given times, because a worker has failed and asks for another try."""
    values = {"due_at": bindparam("due"), "attempts": col(Identity.attempts) + 1}
    await _settle(db, due, values, {mark: {"due": at} for mark, at in due.items()})


async def suspect(db: AsyncConnection, due: Mapping[Mark, int]) -> None:
    """Postpone marks to the given times, and make them suspects, which are published apart.

    Identities with a newer version become suspects as well, because it may have the same fault.
    """
    is_same = col(Identity.version) == bindparam("of_version")
    values = {
        "suspect": True,
        "due_at": case((is_same, bindparam("due")), else_=col(Identity.due_at)),
        "failed_publications": case((is_same, col(Identity.failed_publications) + 1), else_=0),
    }
    parameters = {mark: {"due": at} for mark, at in due.items()}
    await _settle(db, due, values, parameters, even_if_newer=True)


async def reject(db: AsyncConnection, reasons: Mapping[Mark, str], now: int) -> None:
    """Remove marks whose states cannot be published, and store why; a new mark is a suspect."""
    values = NO_MARK | {
        "suspect": True,
        "failed_publications": 0,
        "rejection": bindparam("reason"),
        "rejected_version": col(Identity.version),
        "rejected_at": now,
        "first_rejected_at": func.coalesce(col(Identity.first_rejected_at), now),
        "rejections": col(Identity.rejections) + 1,
    }
    await _settle(db, reasons, values, {mark: {"reason": it} for mark, it in reasons.items()})


async def _settle(
    db: AsyncConnection,
    marks: Collection[Mark],
    values: Mapping[str, Any],
    parameters: Mapping[Mark, Mapping[str, Any]] | None = None,
    *,
    even_if_newer: bool = False,
) -> None:
    if not marks:
        return
    given = parameters or {}
    statement = (
        update_rows(Identity)
        .where(
            _is_marked_identity()
            if even_if_newer
            else and_(_is_marked_identity(), _has_leased_version())
        )
        .values(values)
        .execution_options(synchronize_session=None)
    )
    await db.execute(
        statement,
        [
            {
                "of_connection": mark.connection_id,
                "of_identity": mark.identity_id,
                "of_version": mark.state.version,
                **given.get(mark, {}),
            }
            for mark in sorted(marks, key=lambda mark: (mark.connection_id, mark.identity_id))
        ],
    )


def _is_marked_identity() -> ColumnElement[bool]:
    return and_(
        col(Identity.connection_id) == bindparam("of_connection"),
        col(Identity.id) == bindparam("of_identity"),
    )


def _has_leased_version() -> ColumnElement[bool]:
    return col(Identity.version) == bindparam("of_version")
