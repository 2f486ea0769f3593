"""How many groups may a user be in, and how long may their names be? As fits into one event.

An event tells the names of all groups of an identity. It has to stay well below what a broker
takes, so the bound is where a membership is made, and where the name of a group gets longer.

Only who is in several hundred groups can reach the bound, so they are counted first, by an index
alone. Where many members come, nobody is counted if all groups of the directory would fit.
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

MANY = 1_000
"""Members, from where it is cheaper to look at the groups of a connection first."""

LONGEST_BYTES = 6 * LONGEST_NAME
"""What a name takes in JSON at most: a character that is escaped has six bytes."""


async def check_groups_of_one(
    tx: Transaction, group_id: str, name: str, who: SelectBase, how_many: float
) -> None:
    """Check that each of some users may be in a group of this name, beside the others.

    :param who: gives their ids.
    :param how_many: they are at most, as far as that is known.
    :raises InvalidValueException: when somebody would be in too many groups.
    """
    longer = len(to_json(name))
    if how_many > MANY and await _fit_all(tx, longer):
        return
    beyond = await tx.db.scalar(_beyond(tx, group_id, longer, who))
    if beyond is not None:
        raise InvalidValueException(
            detail=f"A user is in at most {MOST_GROUPS_OF_ONE} groups, whose names have at most"
            f" {MOST_GROUP_BYTES} bytes together; {beyond} would be in more. Take it out of other"
            " groups first, or give them shorter names"
        )


async def _fit_all(tx: Transaction, longer: int) -> bool:
    """Say whether somebody could be in every group of the connection, and in one more."""
    names = func.coalesce(_bytes_of_names(tx), 0)
    groups = select(func.count(), names).where(col(GroupRow.connection_id) == tx.connection_id)
    count, has = (await tx.db.execute(groups)).one()
    return bool(count < MOST_GROUPS_OF_ONE and has + longer <= MOST_GROUP_BYTES)


def _beyond(tx: Transaction, group_id: str, length: int, who: SelectBase) -> Select[str]:
    """Return the statement that finds somebody who would be in too many groups."""
    fewest = (MOST_GROUP_BYTES - length) // LONGEST_BYTES
    concerned = is_among(col(Membership.member_id), who)
    in_many = _of_members(tx, group_id, concerned).having(func.count() >= fewest)
    among = is_among(col(Membership.member_id), in_many)
    too_many = func.count() >= MOST_GROUPS_OF_ONE
    too_long = _bytes_of_names(tx) > MOST_GROUP_BYTES - length
    others = _of_members(tx, group_id, among).join(
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
