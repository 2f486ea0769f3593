"""Who is in which group? The table of memberships, read and emptied."""

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
from api.scim.members.parameter import Named, NamedTable
from api.scim.members.plan import MOST_SELECTED, Concern
from api.scim.members.stored import Member, Row
from api.scim.search.attributes import MEMBERSHIPS
from api.scim.search.filters import condition_on_members
from api.scim.transactions.transaction import Transaction

PLACE = row_location(MEMBERSHIPS.c.member_id)

CHUNK = 1_000
"""Ids in one statement; databases limit the parameters of one (PostgreSQL: 32,767)."""


def chunks(ids: Collection[str]) -> Iterator[Sequence[str]]:
    """Split ids into what fits in a statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


# --- reading --------------------------------------------------------------------------------


async def members_of(tx: Transaction, group_ids: Collection[str]) -> Mapping[str, list[Member]]:
    """Return the members of each group that has any."""
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


async def members_concerned(tx: Transaction, group_id: str, concern: Concern) -> Sequence[Member]:
    """Return the members that a PATCH has to see; no statement where there is none.

    Of those that it selects, there are more than it may select where there are too many.
    """
    if concern == Concern():
        return ()
    statement = (
        select(Membership.__table__)  # type: ignore[attr-defined]
        .where(_is_concerned(tx, group_id, concern))
        .order_by(col(Membership.member_id))
        .limit(len(concern.ids) + MOST_SELECTED + 1)
    )
    if len(concern.ids) <= MOST_SELECTED:
        return [_member(row) for row in (await tx.db.execute(statement)).mappings()]
    members: list[Member] = []
    some: Sequence[Row]  # so many are read in portions, and others go on in between
    result = await tx.db.stream(statement.execution_options(yield_per=CHUNK))
    async for some in result.mappings().partitions():
        members.extend(map(_member, some))
    return members


def _is_concerned(tx: Transaction, group_id: str, concern: Concern) -> ColumnElement[bool]:
    """Say of a membership whether it is one that a PATCH has to see."""
    named = Named.of_ids(concern.ids).table(tx.dialect)
    if concern.everybody:
        return in_group(tx, group_id)
    if not concern.filters:
        return is_at(named.columns(place_of_member(tx, group_id, named)))
    is_named = col(Membership.member_id).in_(named.ids())
    selected = or_(condition_on_members(concern.filters), is_named)
    return and_(in_group(tx, group_id), selected)


def groups_with(tx: Transaction, member_id: str) -> Select[str]:
    """Return the statement that gives the ids of the groups that hold a member."""
    return select(col(Membership.group_id)).where(
        col(Membership.connection_id) == tx.connection_id, col(Membership.member_id) == member_id
    )


async def contradicts_types(tx: Transaction, group_id: str, types: Named) -> bool:
    """Say whether some member is of another type than the one it was sent with."""
    if not types.staying:
        return False
    named = types.table(tx.dialect)
    stored = of_member(tx, group_id, named, MEMBERSHIPS.c.member_type)
    return bool(await tx.db.scalar(select(exists().where(stored != named.rows.c.type))))


# --- changing -------------------------------------------------------------------------------


async def mark_members(tx: Transaction, group_id: str, *, unless_waiting: bool = False) -> None:
    """Mark the members of a group.

    :param unless_waiting: leaves out those whose marks have not been leased yet.
    """
    members = select(col(Membership.member_id)).where(in_group(tx, group_id))
    await mark_selected(
        tx.db, tx.connection_id, members, tx.trace, tx.now, unless_waiting=unless_waiting
    )


async def remove_group(tx: Transaction, group_id: str) -> None:
    """Remove the memberships in a group, and those of the group in others."""
    in_it = (col(Membership.group_id) == group_id) | (col(Membership.member_id) == group_id)
    await tx.db.execute(
        delete(Membership).where(col(Membership.connection_id) == tx.connection_id, in_it)
    )


async def remove_member(tx: Transaction, member_id: str) -> None:
    """Remove the memberships of a user."""
    await tx.db.execute(
        delete(Membership).where(
            col(Membership.connection_id) == tx.connection_id,
            col(Membership.member_id) == member_id,
        )
    )


# --- conditions -----------------------------------------------------------------------------


def in_group(tx: Transaction, group_id: str) -> ColumnElement[bool]:
    """Say of a membership that it is one in a group."""
    return and_(
        col(Membership.connection_id) == tx.connection_id, col(Membership.group_id) == group_id
    )


def of_member(
    tx: Transaction, group_id: str, named: NamedTable, what: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return something of the membership of a named one; NULL where there is none.

    A scalar subquery is looked up by an index; an EXISTS could become a join.
    """
    member = select(what).where(
        in_group(tx, group_id), col(Membership.member_id) == named.rows.c.id
    )
    return member.correlate(named.rows).scalar_subquery()


def place_of_member(tx: Transaction, group_id: str, named: NamedTable) -> ColumnElement[Any]:
    """Return where the membership of a named one lies; NULL where there is none."""
    return of_member(tx, group_id, named, PLACE)


def is_at(places: SelectBase) -> ColumnElement[bool]:
    """Say of a membership whether it lies at one of these places, and ask nothing else.

    Beside a condition on its group, PostgreSQL would take it for a filter.
    """
    return is_among(PLACE, places)


def _member(row: Row) -> Member:
    return Member(row["member_id"], row["member_type"], row["display"])
