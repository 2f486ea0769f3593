"""How many groups may a user be in, and how long may their names be? An event has to hold them all.

An event tells the names of all groups of an identity, and has to stay well below the size that a
broker takes. The bound is checked when a membership is added and when a group's name gets longer.

Only users in several hundred groups can reach the bound, so the groups of users are counted first,
by an index alone. For many members the counting is skipped if all groups of the connection fit.
"""

from typing import Any

from pydantic_core import to_json
from scim2_models import InvalidValueException
from sqlalchemy import ColumnElement, LargeBinary, Select, SelectBase, cast, func, select
from sqlmodel import col

from api.directory.dialects import is_among, json_text
from api.directory.tables import GroupRow, Membership
from api.scim.protocol.limits import LONGEST_NAME, MOST_GROUP_BYTES, MOST_GROUPS_OF_ONE
from api.scim.transactions.transaction import Transaction

MANY_MEMBERS = 1_000
"""Members; for more of them it is cheaper to look at the groups of the connection first."""

LONGEST_NAME_BYTES = 6 * LONGEST_NAME
"""Bytes of the longest name in JSON: an escaped character has six."""

GROUPS_WITHIN_BOUNDS = (MOST_GROUP_BYTES - LONGEST_NAME_BYTES) // LONGEST_NAME_BYTES
"""Groups of a user that is within the bounds in one more, whatever the names of the groups are."""


async def check_groups_of_users(
    tx: Transaction, group_id: str, name: str, user_ids: SelectBase, at_most: float
) -> None:
    """Check that users may be in a group of this name, beside their other groups.

    :param user_ids: selects the ids of the users.
    :param at_most: an upper bound of their number; infinite if there is none.
    :raises InvalidValueException: when a user would be in too many groups, or their names too long.
    """
    name_bytes = len(to_json(name))
    if at_most > MANY_MEMBERS and await _all_groups_fit(tx, name_bytes):
        return
    user = await tx.db.scalar(_user_beyond_bounds(tx, group_id, name_bytes, user_ids))
    if user is not None:
        raise InvalidValueException(
            detail=f"A user is in at most {MOST_GROUPS_OF_ONE} groups, whose names have at most"
            f" {MOST_GROUP_BYTES} bytes together; {user} would be in more. Take it out of other"
            " groups first, or give them shorter names"
        )


async def _all_groups_fit(tx: Transaction, name_bytes: int) -> bool:
    """Return whether a user could be in all groups of the connection and in one more."""
    names = func.coalesce(_bytes_of_names(tx), 0)
    groups = select(func.count(), names).where(col(GroupRow.connection_id) == tx.connection_id)
    count, bytes_of_names = (await tx.db.execute(groups)).one()
    return bool(count < MOST_GROUPS_OF_ONE and bytes_of_names + name_bytes <= MOST_GROUP_BYTES)


def _user_beyond_bounds(
    tx: Transaction, group_id: str, name_bytes: int, user_ids: SelectBase
) -> Select[str]:
    """Select the id of one user that would be in too many groups, or under too long names."""
    fewest = (MOST_GROUP_BYTES - name_bytes) // LONGEST_NAME_BYTES
    is_checked = is_among(col(Membership.member_id), user_ids)
    in_many = _of_members(tx, group_id, is_checked).having(func.count() >= fewest)
    is_in_many = is_among(col(Membership.member_id), in_many)
    too_many = func.count() >= MOST_GROUPS_OF_ONE
    too_long = _bytes_of_names(tx) > MOST_GROUP_BYTES - name_bytes
    others = _of_members(tx, group_id, is_in_many).join(
        GroupRow,
        (col(GroupRow.connection_id) == col(Membership.connection_id))
        & (col(GroupRow.id) == col(Membership.group_id)),
    )
    return others.having(too_many | too_long).limit(1)


def _bytes_of_names(tx: Transaction) -> ColumnElement[Any]:
    name = json_text(col(GroupRow.display_name))
    if tx.dialect == "postgresql":
        return func.sum(func.octet_length(name))
    return func.sum(func.length(cast(name, LargeBinary)))


def _of_members(tx: Transaction, group_id: str, which: ColumnElement[bool]) -> Select[str]:
    """Select the ids of the members of other groups, once each, under a condition."""
    return (
        select(col(Membership.member_id))
        .where(
            col(Membership.connection_id) == tx.connection_id,
            col(Membership.group_id) != group_id,
            which,
        )
        .group_by(col(Membership.member_id))
    )
