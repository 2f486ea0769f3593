"""How is an identity stored as a row? Its state and its mark become columns, and back. Pure."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from api.directory.identity_changes import IdentityChange, IdentityState
from api.directory.leavings import Earlier, Leaving
from contracts.identity_changed import Profile, Trace
from contracts.rules import DEACTIVATION_ACTION
from contracts.topology import Lane

Columns = Mapping[str, Any] | RowMapping

DECIDING_COLUMNS = (
    "version",
    "active",
    "deleted",
    "ever_active",
    "deactivated_at",
    "deactivation",
    "profile",
    "role_names",
    "groups",
    "told_at",
    "leaving",
    "earlier_leaving",
    "locked_at",
    "dirty_lane",
    "dirty_since",
)
"""The columns of an identity on which its next state depends, and its renewed mark."""

LANE_NUMBERS = {Lane.URGENT: 0, Lane.BULK: 1}
"""The stored values of lanes; the lower number wins when an identity is marked twice."""


def new_row(
    connection_id: str, identity_id: str, change: IdentityChange, trace: Trace, now: int
) -> dict[str, Any]:
    """Return the row of a new identity with its mark."""
    row = {
        "connection_id": connection_id,
        "id": identity_id,
        "published_version": 0,
        "published_at": None,
        "suspect": False,
        "rejections": 0,
    }
    return row | columns_of(change.state, now) | new_mark(change.lane, trace, now)


def changed_row(before: Columns, change: IdentityChange, trace: Trace, now: int) -> dict[str, Any]:
    """Return the columns of a changed identity, with its mark renewed.

    An earlier mark keeps its age, and the renewed mark is at least as urgent. The database follows
    the same rule (``api.outbox.marks``): ``tests/conformance/test_renewed_marks.py`` compares both.
    """
    mark = new_mark(change.lane, trace, now)
    if before["dirty_lane"] is not None:
        mark["dirty_lane"] = min(mark["dirty_lane"], before["dirty_lane"])
        mark["dirty_since"] = before["dirty_since"]
    return columns_of(change.state, now) | leaving_columns(change.state) | mark


def new_mark(lane: Lane, trace: Trace, now: int) -> dict[str, Any]:
    """Return the columns of a mark that is ready at once, because it has no due time."""
    return {
        "dirty_lane": LANE_NUMBERS[lane],
        "dirty_since": now,
        "due_at": None,
        "attempts": 0,
        "failed_publications": 0,
        "correlation_id": trace.correlation_id,
        "traceparent": trace.traceparent,
    }


def columns_of(state: IdentityState, now: int) -> dict[str, Any]:
    """Return the columns that hold a state, changed at the given time in microseconds."""
    return {
        "version": state.version,
        "changed_at": now,
        "active": state.active,
        "deleted": state.deleted,
        "ever_active": state.ever_active,
        "deactivated_at": state.deactivated_at,
        "deactivation": state.deactivation and state.deactivation.model_dump(mode="json"),
        "profile": state.profile.model_dump(mode="json", exclude_none=True),
        "role_names": list(state.role_names),
        "groups": None if state.groups is None else list(state.groups),
        "told_at": state.told_at,
    }


def leaving_columns(state: IdentityState) -> dict[str, Any]:
    """Return the columns that say how a leaving stands, which a new identity does not have."""
    return {
        "leaving": state.leaving,
        "earlier_leaving": state.earlier and state.earlier.document,
        "locked_at": state.locked_at,
    }


def state_of(row: Columns) -> IdentityState:
    """Return the state that the columns of a row hold.

    Rows that are read to be published need not have the time of a lock, which no event tells.
    """
    leaving, earlier = row["leaving"], row["earlier_leaving"]
    return IdentityState(
        version=row["version"],
        active=row["active"],
        ever_active=row["ever_active"],
        profile=Profile.model_validate(row["profile"]),
        role_names=tuple(row["role_names"]),
        deleted=row["deleted"],
        deactivated_at=row["deactivated_at"],
        deactivation=row["deactivation"]
        and DEACTIVATION_ACTION.validate_python(row["deactivation"]),
        groups=None if row["groups"] is None else tuple(row["groups"]),
        told_at=row["told_at"],
        leaving=None if leaving is None else Leaving(leaving),
        earlier=earlier and Earlier.of(earlier),
        locked_at=row.get("locked_at"),
    )
