"""How many groups may a user be in, and how long may their names be? As fits into one event.

An event tells the names of all groups of an identity. It has to stay well below what a broker
takes, so the bound is where a membership is made, and where the name of a group gets longer.

Only who is in several hundred groups can reach the bound, so they are counted first, by an index
alone. Where many members come, a directory whose groups all fit is told by its groups.
"""

from scim2_models import InvalidValueException
from sqlalchemy import ColumnElement, Select, SelectBase, func, select
from sqlmodel import col

from api.directory.database import is_among
from api.directory.tables import GroupRow, Membership
from api.scim.limits import LONGEST_NAME, MOST_GROUP_NAMES, MOST_GROUPS_OF_ONE
from api.scim.transaction import Transaction

MANY = 1_000
"""Members, from where it is cheaper to look at the groups of a connection first."""


async def check_groups_of_one(
    tx: Transaction, group_id: str, name: str, who: SelectBase, how_many: float
) -> None:
    """Check that each of some users may be in a group of this name, beside the others.

    :param who: gives their ids.
    :param how_many: they are at most, as far as that is known.
    :raises InvalidValueException: when somebody would be in too many groups.
    """
    if how_many > MANY and await _fit_all(tx, len(name)):
        return
    beyond = await tx.db.scalar(_beyond(tx, group_id, len(name), who))
    if beyond is not None:
        raise InvalidValueException(
            detail=f"A user is in at most {MOST_GROUPS_OF_ONE} groups, whose names have at most"
            f" {MOST_GROUP_NAMES} characters together; {beyond} would be in more. Take it out of"
            " other groups first, or give them shorter names"
        )


async def _fit_all(tx: Transaction, longer: int) -> bool:
    """Say whether somebody could be in every group of the connection, and in one more."""
    names = func.coalesce(func.sum(func.length(col(GroupRow.display_name))), 0)
    groups = select(func.count(), names).where(col(GroupRow.connection_id) == tx.connection_id)
    count, characters = (await tx.db.execute(groups)).one()
    return bool(count < MOST_GROUPS_OF_ONE and characters + longer <= MOST_GROUP_NAMES)


def _beyond(tx: Transaction, group_id: str, length: int, who: SelectBase) -> Select[str]:
    """Return the statement that finds somebody who would be in too many groups."""
    fewest = min(MOST_GROUPS_OF_ONE, (MOST_GROUP_NAMES - length) // LONGEST_NAME)
    concerned = is_among(col(Membership.member_id), who)
    in_many = _of_members(tx, group_id, concerned).having(func.count() >= fewest)
    among = is_among(col(Membership.member_id), in_many)
    names = func.sum(func.length(col(GroupRow.display_name)))
    too_many = (func.count() >= MOST_GROUPS_OF_ONE) | (names > MOST_GROUP_NAMES - length)
    others = _of_members(tx, group_id, among).join(
        GroupRow,
        (col(GroupRow.connection_id) == col(Membership.connection_id))
        & (col(GroupRow.id) == col(Membership.group_id)),
    )
    return others.having(too_many).limit(1)


def _of_members(tx: Transaction, group_id: str, which: ColumnElement[bool]) -> Select[str]:
    """Return the members of other groups, one by one."""
    return (
        select(col(Membership.member_id))
        .where(
            col(Membership.connection_id) == tx.connection_id,
            col(Membership.group_id) != group_id,
            which,
        )
        .group_by(col(Membership.member_id))
    )
