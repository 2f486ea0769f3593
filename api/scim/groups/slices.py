"""How are many members written on a database with one writer? Each slice is a transaction.

SQLite has one writer at a time, and a group of 100,000 members keeps it busy for seconds. So the
change is read first, as of one moment and in a reading transaction; then it is written slice by
slice, and other requests write in between. A slice commits memberships together with the marks of
the identities that they concern, and is small enough to be planned in the event loop.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from api.directory.tables import Membership
from api.scim.members.parameter import MemberChange
from api.scim.members.plan import Label, MemberPlan
from api.scim.members.reads import in_group
from api.scim.members.writes import MemberWrite
from api.scim.transactions.transaction import Transaction

MEMBERS_PER_SLICE = 1_000
"""Members of one slice. A slice takes a few times as long as a request for a single user."""


async def has_more_than(tx: Transaction, group_id: str, members: int) -> bool:
    """Return whether a group has more members than a number, without counting all of them."""
    counted = select(col(Membership.member_id)).where(in_group(tx, group_id)).limit(members + 1)
    count = await tx.db.scalar(select(func.count()).select_from(counted.subquery()))
    return (count or 0) > members


async def slices_of(
    tx: Transaction, group_id: str, change: MemberChange, members: int
) -> AsyncIterator[MemberChange]:
    """Split a change of members into slices: first removals, then new labels, then additions.

    :param tx: a reading transaction; all slices show the group as of its beginning.
    :param members: the most members of a slice.
    """
    write = MemberWrite(tx, group_id, change, change.ids.table(tx.dialect))
    async for removed in _in_slices(tx, write.ids_to_remove(), members):
        yield MemberChange.of(MemberPlan(remove=frozenset(id_ for (id_,) in removed)))
    async for relabelled in _in_slices(tx, write.new_labels(), members):
        keep = {id_: Label(display, exact=True) for id_, display in relabelled}
        yield MemberChange.of(MemberPlan(keep))
    async for added in _in_slices(tx, write.ids_to_add(), members):
        keep = {id_: Label(display) for id_, display in added}
        yield MemberChange.of(MemberPlan(keep))


async def members_in_slices(
    tx: Transaction, group_id: str, members: int
) -> AsyncIterator[Sequence[str]]:
    """Yield the ids of a group's members in slices, as of the beginning of the transaction."""
    rows = select(col(Membership.member_id)).where(in_group(tx, group_id))
    async for ids in _in_slices(tx, rows, members):
        yield [id_ for (id_,) in ids]


async def _in_slices(
    tx: Transaction, rows: Select[Any], members: int
) -> AsyncIterator[Sequence[Any]]:
    result = await tx.db.stream(rows.execution_options(yield_per=members))
    async for partition in result.partitions(members):
        yield partition
