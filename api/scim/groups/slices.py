"""How do many members come and go where there is one writer? In slices, a transaction each.

SQLite has one writer at a time, and a group of 100,000 members keeps it busy for seconds. So what
changes is read first, as of one moment and without the writer; then it is written slice by slice,
and other requests have the writer in between. Each slice holds memberships together with the marks
of whom they concern. A slice is small enough to be planned in the event loop.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from api.directory.tables import Membership
from api.scim.members.parameter import NamedChanges
from api.scim.members.plan import Label, MemberChanges
from api.scim.members.reads import in_group
from api.scim.members.writes import Move
from api.scim.transactions.transaction import Transaction

SLICE = 1_000
"""Members in one transaction, which takes a few times as long as a request for a single user."""


async def has_more_than(tx: Transaction, group_id: str, members: int) -> bool:
    """Say whether a group has more than so many members."""
    some = select(col(Membership.member_id)).where(in_group(tx, group_id)).limit(members + 1)
    count = await tx.db.scalar(select(func.count()).select_from(some.subquery()))
    return (count or 0) > members


async def slices_of(
    tx: Transaction, group_id: str, changes: NamedChanges, members: int
) -> AsyncIterator[NamedChanges]:
    """Yield a change of members in slices: who leaves, who is called otherwise, who comes.

    All of them are as of the moment when the transaction began, which reads only.

    :param members: how many are in a slice.
    """
    move = Move(tx, group_id, changes, changes.named.table(tx.dialect))
    async for leaving in _in_slices(tx, move.leaving(), members):
        yield NamedChanges.of(MemberChanges(leave=frozenset(id_ for (id_,) in leaving)))
    async for relabelled in _in_slices(tx, move.relabelled(), members):
        stay = {id_: Label(display, exact=True) for id_, display in relabelled}
        yield NamedChanges.of(MemberChanges(stay))
    async for coming in _in_slices(tx, move.coming(), members):
        stay = {id_: Label(display) for id_, display in coming}
        yield NamedChanges.of(MemberChanges(stay))


async def members_in_slices(
    tx: Transaction, group_id: str, members: int
) -> AsyncIterator[Sequence[str]]:
    """Yield the ids of all members, as of the moment when the transaction began."""
    rows = select(col(Membership.member_id)).where(in_group(tx, group_id))
    async for some in _in_slices(tx, rows, members):
        yield [id_ for (id_,) in some]


async def _in_slices(
    tx: Transaction, rows: Select[Any], members: int
) -> AsyncIterator[Sequence[Any]]:
    result = await tx.db.stream(rows.execution_options(yield_per=members))
    async for some in result.partitions(members):
        yield some
