"""Which statements change the members of a group? The same few serve any number of members.

Members are named in one parameter (``api.scim.members.parameter``). A named member is looked up by
an index; a group is read through only if members may be removed without being named. The lock on
the group has to be held.
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
from api.scim.members.parameter import NO_CHANGE, MemberChange, MemberTable
from api.scim.members.reads import (
    in_group,
    is_at_location,
    mark_members,
    row_location_of,
    stored_value,
)
from api.scim.search.attributes import MEMBERSHIPS
from api.scim.search.filters import condition_on_members
from api.scim.transactions.transaction import Transaction

LOG = structlog.get_logger(__name__)

MEMBER_ID, MEMBER_LABEL = MEMBERSHIPS.c.member_id, MEMBERSHIPS.c.display


async def write_members(
    tx: Transaction, group_id: str, change: MemberChange, *, renamed: bool = False
) -> bool:
    """Insert, delete and relabel memberships; return whether any changed.

    The identities of added and removed members are marked first, and those of all members if the
    group is ``renamed``. The marks lock the identities, so that no added user can be deleted
    meanwhile. A membership with a new label is deleted and inserted again.
    """
    if change == NO_CHANGE:
        if renamed:
            await mark_members(tx, group_id)
        return False
    write = MemberWrite(tx, group_id, change, change.ids.table(tx.dialect))
    await mark_selected(
        tx.db, tx.connection_id, write.ids_to_mark(renamed=renamed), tx.trace, tx.now
    )
    removed = await write.remove()
    added = await write.add()
    await write.report_unknown(added)
    return removed + added > 0


@dataclass(frozen=True, slots=True)
class MemberWrite:
    """The statements of one change of a group's members; ``table`` is that of the change."""

    tx: Transaction
    group_id: str
    change: MemberChange
    table: MemberTable

    # --- statements ---------------------------------------------------------------------------

    def ids_to_mark(self, *, renamed: bool) -> SelectBase:
        """Select the ids of the members whose groups change.

        These are the members to add, and those to remove; in a ``renamed`` group all stored ones.
        """
        new = self.table.kept_ids().where(self._is_new())
        return union_all(new, self._members() if renamed else self.ids_to_remove())

    def ids_to_remove(self) -> Select[Any]:
        """Select the ids of the members to remove."""
        named, unnamed = self.table.removed(), self._is_removed_unnamed()
        if unnamed is None:
            return named.where(~self._is_new())
        return self._members().where(or_(unnamed, MEMBER_ID.in_(named)))

    def new_labels(self) -> Select[Any]:
        """Select the ids of the members whose label changes, with the new labels."""
        label = stored_value(self.tx, self.group_id, self.table, self._new_label())
        differs = stored_value(self.tx, self.group_id, self.table, self._is_relabelled())
        return self.table.kept(self.table.rows.c.id, label).where(differs)

    def ids_to_add(self) -> Select[Any]:
        """Select the ids to add with their labels; resources of these ids need not exist."""
        rows = self.table.rows.c
        return self.table.kept(rows.id, rows.display).where(self._is_new())

    async def remove(self) -> int:
        """Delete the memberships to remove and those to relabel; return their number."""
        ids = self.change.ids
        if (unnamed := self._is_removed_unnamed()) is not None:
            named = union_all(self.table.removed(), self._relabelled_ids())
            which = and_(in_group(self.tx, self.group_id), or_(unnamed, MEMBER_ID.in_(named)))
        elif ids.removed or ids.labelled or ids.exact:
            which = is_at_location(self._row_locations())
        else:
            return 0
        return (await self.tx.db.execute(delete(Membership).where(which))).rowcount

    async def add(self) -> int:
        """Insert the users and groups to add that exist; return their number."""
        if not self.change.ids.kept:
            return 0
        tx, rows = self.tx, self.table.rows.c
        new_rows = self.table.kept(rows.id, rows.display, rows.display_key)
        # Without the offset, PostgreSQL would look up the identities of stored members as well.
        new = new_rows.where(self._is_new()).offset(0).subquery("new").c
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
        """Log the number of ids that no resource has: providers do not repeat a failed request."""
        ids = self.change.ids
        unknown = ids.unknown_ids
        if added < ids.kept:
            unknown += await self._count_missing()
        if unknown:
            group = {"connection": self.tx.connection_id, "group": self.group_id}
            LOG.warning("unknown_members_dropped", **group, unknown=unknown)

    async def _count_missing(self) -> int:
        if self.change.remove_others:  # so the members are the named ones that exist
            members = await self.tx.db.scalar(
                select(func.count()).where(in_group(self.tx, self.group_id))
            )
            return self.change.ids.kept - (members or 0)
        missing = self.table.kept(func.count()).where(self._is_new())
        return await self.tx.db.scalar(missing) or 0

    # --- conditions ---------------------------------------------------------------------------

    def _is_removed_unnamed(self) -> ColumnElement[bool] | None:
        """Return the condition on members removed without being named; None if there is none."""
        is_unnamed = MEMBER_ID.not_in(self.table.kept_ids())
        if self.change.remove_others:
            return is_unnamed
        if self.change.remove_where:
            return and_(condition_on_members(self.change.remove_where), is_unnamed)
        return None

    def _row_locations(self) -> SelectBase:
        """Select the row locations of named memberships to remove or to relabel."""
        location = row_location_of(self.tx, self.group_id, self.table)
        differs = stored_value(self.tx, self.group_id, self.table, self._is_relabelled())
        relabelled = self.table.kept(location).where(differs)
        return union_all(self.table.removed(location), relabelled)

    def _relabelled_ids(self) -> Select[str]:
        """Select the ids of members whose label changes.

        A member that is sent without a label keeps its own, unless the label is exact, or the
        member was removed and added again in the same request.
        """
        if self.change.remove_others and not self.change.ids.labelled:
            return self._members().where(MEMBER_LABEL.is_not(None))
        differs = stored_value(self.tx, self.group_id, self.table, self._is_relabelled())
        return self.table.kept_ids().where(differs)

    def _new_label(self) -> ColumnElement[Any]:
        """Return the new label of a named member, as an expression on its membership."""
        row = self.table.rows.c
        exact = or_(row.exact.is_not(None), condition_on_members(self.change.remove_where))
        return case((exact, row.display), else_=func.coalesce(row.display, MEMBER_LABEL))

    def _is_relabelled(self) -> ColumnElement[bool]:
        return MEMBER_LABEL.is_distinct_from(self._new_label())

    def _is_new(self) -> ColumnElement[bool]:
        """Return the condition on rows of the table whose id is no member yet."""
        return stored_value(self.tx, self.group_id, self.table, MEMBER_ID).is_(None)

    def _members(self) -> Select[str]:
        return select(MEMBER_ID).where(in_group(self.tx, self.group_id))
