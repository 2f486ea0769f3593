"""Who is in which group? The statements on memberships read, mark and delete them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SelectBase,
    and_,
    delete,
    exists,
    or_,
    select,
)
from sqlmodel import col

from api.directory.dialects import is_among, row_location
from api.directory.tables import Membership
from api.outbox.marks import mark_selected
from api.scim.members.parameter import MemberIds, MemberTable
from api.scim.members.plan import MOST_SELECTED, MembersToLoad
from api.scim.members.stored import Member, Row
from api.scim.search.attributes import MEMBERSHIPS
from api.scim.search.filters import condition_on_members
from api.scim.transactions.transaction import Transaction

ROW_LOCATION = row_location(MEMBERSHIPS.c.member_id)

IDS_PER_STATEMENT = 1_000
"""Ids in one statement; databases limit its parameters (PostgreSQL: 32,767)."""


def chunks(ids: Collection[str]) -> Iterator[Sequence[str]]:
    """Split ids into sorted chunks, each of which fits into one statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_PER_STATEMENT):
        yield ordered[start : start + IDS_PER_STATEMENT]


# --- reading --------------------------------------------------------------------------------


async def members_of(tx: Transaction, group_ids: Collection[str]) -> Mapping[str, list[Member]]:
    """Return the members of groups by the group's id; groups without members are missing."""
    members: dict[str, list[Member]] = defaultdict(list)
    for some in chunks(group_ids):
        statement = (
            select(Membership.__table__)  # type: ignore[attr-defined]
            .where(col(Membership.connection_id) == tx.connection_id)
            .where(col(Membership.group_id).in_(some))
            .order_by(col(Membership.group_id), col(Membership.member_id))
        )
        for row in (await tx.db.execute(statement)).mappings():
            members[row["group_id"]].append(_member(row))
    return members


async def load_members(tx: Transaction, group_id: str, to_load: MembersToLoad) -> Sequence[Member]:
    """Return the members that a PATCH needs to be loaded; without any, no statement is sent.

    If filters select too many members, the result has one more than the plan accepts.
    """
    if to_load == MembersToLoad():
        return ()
    statement = (
        select(Membership.__table__)  # type: ignore[attr-defined]
        .where(_is_to_load(tx, group_id, to_load))
        .order_by(col(Membership.member_id))
        .limit(len(to_load.ids) + MOST_SELECTED + 1)
    )
    if len(to_load.ids) <= MOST_SELECTED:
        return [_member(row) for row in (await tx.db.execute(statement)).mappings()]
    members: list[Member] = []
    some: Sequence[Row]  # this many are read in portions, and other tasks run in between
    result = await tx.db.stream(statement.execution_options(yield_per=IDS_PER_STATEMENT))
    async for some in result.mappings().partitions():
        members.extend(map(_member, some))
    return members


def _is_to_load(tx: Transaction, group_id: str, to_load: MembersToLoad) -> ColumnElement[bool]:
    """Return the condition on memberships that a PATCH needs to be loaded."""
    table = MemberIds.of(to_load.ids).table(tx.dialect)
    if to_load.all_members:
        return in_group(tx, group_id)
    if not to_load.filters:
        return is_at_location(table.kept(row_location_of(tx, group_id, table)))
    is_named = col(Membership.member_id).in_(table.kept_ids())
    selected = or_(condition_on_members(to_load.filters), is_named)
    return and_(in_group(tx, group_id), selected)


def groups_with(tx: Transaction, member_id: str) -> Select[str]:
    """Select the ids of the groups that have a member."""
    return select(col(Membership.group_id)).where(
        col(Membership.connection_id) == tx.connection_id, col(Membership.member_id) == member_id
    )


async def contradicts_types(tx: Transaction, group_id: str, types: MemberIds) -> bool:
    """Return whether a stored member has another type than it was sent with."""
    if not types.kept:
        return False
    table = types.table(tx.dialect)
    stored = stored_value(tx, group_id, table, MEMBERSHIPS.c.member_type)
    return bool(await tx.db.scalar(select(exists().where(stored != table.rows.c.type))))


# --- changing -------------------------------------------------------------------------------


async def mark_members(tx: Transaction, group_id: str, *, unless_waiting: bool = False) -> None:
    """Mark the identities of a group's members.

    :param unless_waiting: whether identities whose marks have not been leased yet are left out.
    """
    members = select(col(Membership.member_id)).where(in_group(tx, group_id))
    await mark_selected(
        tx.db, tx.connection_id, members, tx.trace, tx.now, unless_waiting=unless_waiting
    )


async def remove_group(tx: Transaction, group_id: str) -> None:
    """Delete the memberships in a group, and those of the group in other groups."""
    is_of_group = (col(Membership.group_id) == group_id) | (col(Membership.member_id) == group_id)
    await tx.db.execute(
        delete(Membership).where(col(Membership.connection_id) == tx.connection_id, is_of_group)
    )


async def remove_member(tx: Transaction, member_id: str) -> None:
    """Delete all memberships of a user."""
    await tx.db.execute(
        delete(Membership).where(
            col(Membership.connection_id) == tx.connection_id,
            col(Membership.member_id) == member_id,
        )
    )


# --- conditions -----------------------------------------------------------------------------


def in_group(tx: Transaction, group_id: str) -> ColumnElement[bool]:
    """Return the condition on memberships in a group."""
    return and_(
        col(Membership.connection_id) == tx.connection_id, col(Membership.group_id) == group_id
    )


def stored_value(
    tx: Transaction, group_id: str, table: MemberTable, column: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return a column of the stored membership for each row of the table, as an SQL expression.

    A row names a member. The value is NULL where the group does not have this member.

    A scalar subquery is looked up by an index; an EXISTS could become a join.
    """
    member = select(column).where(
        in_group(tx, group_id), col(Membership.member_id) == table.rows.c.id
    )
    return member.correlate(table.rows).scalar_subquery()


def row_location_of(tx: Transaction, group_id: str, table: MemberTable) -> ColumnElement[Any]:
    """Return the location of the membership that a row of the table names; NULL without one."""
    return stored_value(tx, group_id, table, ROW_LOCATION)


def is_at_location(locations: SelectBase) -> ColumnElement[bool]:
    """Return the condition on memberships whose row is at one of the locations.

    The condition has to stand alone in its statement: beside one on the group, PostgreSQL would
    take it for a filter.
    """
    return is_among(ROW_LOCATION, locations)


def _member(row: Row) -> Member:
    return Member(row["member_id"], row["member_type"], row["display"])
