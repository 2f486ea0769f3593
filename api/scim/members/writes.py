"""In which statements do members come and go? The same few, whatever the number of either.

Members are named in one parameter (``api.scim.members.parameter``). A member who is named is looked
up by an index, and a group is read through only where somebody may leave who is not named. Whoever
moves members holds the lock of their group.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Select,
    SelectBase,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlmodel import col

from api.directory.tables import GroupRow, Identity, Membership
from api.outbox.marks import mark_selected
from api.scim.members.parameter import NOTHING, NamedChanges, NamedTable
from api.scim.members.reads import in_group, is_at, mark_members, of_member, place_of_member
from api.scim.search.attributes import MEMBERSHIPS
from api.scim.search.filters import condition_on_members
from api.scim.transactions.transaction import Transaction

LOG = structlog.get_logger(__name__)

MEMBER, LABEL = MEMBERSHIPS.c.member_id, MEMBERSHIPS.c.display


async def move_members(
    tx: Transaction, group_id: str, changes: NamedChanges, *, renamed: bool = False
) -> bool:
    """Store who comes, who goes and who is called otherwise; say whether anything changed.

    Whom it concerns is marked first: those who come and those who go, or everybody for a new name.
    The marks lock their identities, so nobody who comes can be deleted meanwhile. Members who are
    called otherwise are stored anew.
    """
    if changes == NOTHING:
        if renamed:
            await mark_members(tx, group_id)
        return False
    move = Move(tx, group_id, changes, changes.named.table(tx.dialect))
    concerned = move.concerned(renamed=renamed)
    await mark_selected(tx.db, tx.connection_id, concerned, tx.trace, tx.now)
    removed = await move.remove()
    added = await move.add()
    await move.report_unknown(added)
    return removed + added > 0


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the members of a group, with its statements."""

    tx: Transaction
    group_id: str
    changes: NamedChanges
    named: NamedTable

    # --- statements ---------------------------------------------------------------------------

    def concerned(self, *, renamed: bool) -> SelectBase:
        """Return the ids of those who come, and of those who go or whose group has a new name."""
        coming = self.named.ids().where(self._is_stranger())
        return union_all(coming, self._members() if renamed else self.leaving())

    def leaving(self) -> Select[Any]:
        """Return the ids of the members who go."""
        named, unnamed = self.named.leaving(), self._leaves_unnamed()
        if unnamed is None:
            return named.where(~self._is_stranger())
        return self._members().where(or_(unnamed, MEMBER.in_(named)))

    def relabelled(self) -> Select[Any]:
        """Return the ids of the members whose label changes, and what they are called then."""
        label = of_member(self.tx, self.group_id, self.named, self._label())
        differs = of_member(self.tx, self.group_id, self.named, self._is_relabelled())
        return self.named.columns(self.named.rows.c.id, label).where(differs)

    def coming(self) -> Select[Any]:
        """Return the ids of those who come, be they known or not, and what they are called."""
        rows = self.named.rows.c
        return self.named.columns(rows.id, rows.display).where(self._is_stranger())

    async def remove(self) -> int:
        """Remove those who go, and those whose label changes; return how many."""
        named = self.changes.named
        if (unnamed := self._leaves_unnamed()) is not None:
            gone = union_all(self.named.leaving(), self._called_otherwise())
            which = and_(in_group(self.tx, self.group_id), or_(unnamed, MEMBER.in_(gone)))
        elif named.leaving or named.labelled or named.exact:
            which = is_at(self._places())
        else:
            return 0
        return (await self.tx.db.execute(delete(Membership).where(which))).rowcount

    async def add(self) -> int:
        """Add those who are named, exist and are no members; return how many."""
        if not self.changes.named.staying:
            return 0
        tx, rows = self.tx, self.named.rows.c
        strangers = self.named.columns(rows.id, rows.display, rows.display_key)
        # Without the offset, PostgreSQL would look for the identities of those who are members too.
        new = strangers.where(self._is_stranger()).offset(0).subquery("new").c
        is_user = exists().where(
            col(Identity.connection_id) == tx.connection_id,
            col(Identity.id) == new.id,
            col(Identity.deleted).is_(False),
        )
        is_group = exists().where(
            col(GroupRow.connection_id) == tx.connection_id, col(GroupRow.id) == new.id
        )
        values = {
            "connection_id": literal(tx.connection_id),
            "group_id": literal(self.group_id),
            "member_id": new.id,
            "member_type": case((is_user, "User"), else_="Group"),
            "display": new.display,
            "display_key": new.display_key,
        }
        found = select(*values.values()).where(or_(is_user, is_group))
        return (await tx.db.execute(insert(Membership).from_select([*values], found))).rowcount

    async def report_unknown(self, added: int) -> None:
        """Log how many of the wanted there are not: a provider would not repeat what failed."""
        named = self.changes.named
        unknown = named.strangers
        if added < named.staying:
            unknown += await self._missing()
        if unknown:
            who = {"connection": self.tx.connection_id, "group": self.group_id}
            LOG.warning("unknown_members_dropped", **who, unknown=unknown)

    async def _missing(self) -> int:
        if self.changes.others_leave:  # so the members are those of the wanted who exist
            members = await self.tx.db.scalar(
                select(func.count()).where(in_group(self.tx, self.group_id))
            )
            return self.changes.named.staying - (members or 0)
        missing = self.named.columns(func.count()).where(self._is_stranger())
        return await self.tx.db.scalar(missing) or 0

    # --- conditions ---------------------------------------------------------------------------

    def _leaves_unnamed(self) -> ColumnElement[bool] | None:
        """Say of a member whether it leaves without being named; None where nobody does."""
        is_unnamed = MEMBER.not_in(self.named.ids())
        if self.changes.others_leave:
            return is_unnamed
        if self.changes.leave_where:
            return and_(condition_on_members(self.changes.leave_where), is_unnamed)
        return None

    def _places(self) -> SelectBase:
        """Return where the memberships lie of those named who go, or whose label changes."""
        place = place_of_member(self.tx, self.group_id, self.named)
        differs = of_member(self.tx, self.group_id, self.named, self._is_relabelled())
        relabelled = self.named.columns(place).where(differs)
        return union_all(self.named.leaving(place), relabelled)

    def _called_otherwise(self) -> Select[str]:
        """Return the ids of members whose label changes.

        One who is sent without a label keeps it, unless the label is exact, or the member left and
        came back in the same request.
        """
        if self.changes.others_leave and not self.changes.named.labelled:
            return self._members().where(LABEL.is_not(None))
        differs = of_member(self.tx, self.group_id, self.named, self._is_relabelled())
        return self.named.ids().where(differs)

    def _label(self) -> ColumnElement[Any]:
        """Return what a named member is to be called, in terms of its membership."""
        named = self.named.rows.c
        exact = or_(named.exact.is_not(None), condition_on_members(self.changes.leave_where))
        return case((exact, named.display), else_=func.coalesce(named.display, LABEL))

    def _is_relabelled(self) -> ColumnElement[bool]:
        return LABEL.is_distinct_from(self._label())

    def _is_stranger(self) -> ColumnElement[bool]:
        """Say of a named one that it is no member."""
        return of_member(self.tx, self.group_id, self.named, MEMBER).is_(None)

    def _members(self) -> Select[str]:
        return select(MEMBER).where(in_group(self.tx, self.group_id))
