"""Who is in which group? The table of memberships, read and changed set by set.

Whatever names members names them in one parameter (``api.scim.named_members``), so that the number
of statements does not depend on theirs. Whoever changes the members of a group holds its lock.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import structlog
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlmodel import col

from api.directory.dirty_set import mark_selected
from api.directory.tables import GroupRow, Identity, Membership
from api.scim.filters import condition_on_members
from api.scim.membership_plan import Concern, MemberChanges
from api.scim.named_members import Named
from api.scim.rows import Member, Row
from api.scim.transaction import Transaction

LOG = structlog.get_logger(__name__)

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
    """Return the members that a PATCH has to see; no statement where there is none."""
    if concern == Concern():
        return ()
    wanted = true() if concern.everybody else condition_on_members(concern.filters)
    named = Named.of_ids(concern.ids)
    is_named = col(Membership.member_id).in_(named.ids())
    statement = (
        select(Membership.__table__)  # type: ignore[attr-defined]
        .where(_in_group(tx, group_id), or_(is_named, wanted))
        .order_by(col(Membership.member_id))
    )
    return [_member(row) for row in (await tx.db.execute(statement)).mappings()]


async def groups_of(tx: Transaction, member_ids: Collection[str]) -> Mapping[str, list[Row]]:
    """Return id and name of the groups that each member is in directly."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for some in chunks(member_ids):
        statement = (
            select(col(Membership.member_id), col(GroupRow.id), col(GroupRow.display_name))
            .join(
                GroupRow,
                (col(GroupRow.connection_id) == col(Membership.connection_id))
                & (col(GroupRow.id) == col(Membership.group_id)),
            )
            .where(col(Membership.connection_id) == tx.connection_id)
            .where(col(Membership.member_id).in_(some))
            .order_by(col(GroupRow.id))
        )
        for row in (await tx.db.execute(statement)).mappings():
            groups[row["member_id"]].append(row)
    return groups


def groups_with(tx: Transaction, member_id: str) -> Select[str]:
    """Return the statement that gives the ids of the groups that hold a member."""
    return select(col(Membership.group_id)).where(
        col(Membership.connection_id) == tx.connection_id, col(Membership.member_id) == member_id
    )


async def contradicts_types(tx: Transaction, group_id: str, types: Mapping[str, str]) -> bool:
    """Say whether some member is of another type than the one it was sent with."""
    if not types:
        return False
    named = Named.of_types(types)
    other = and_(
        _in_group(tx, group_id),
        col(Membership.member_id) == named.rows.c.id,
        col(Membership.member_type) != named.rows.c.type,
    )
    return bool(await tx.db.scalar(select(exists().where(other))))


# --- changing -------------------------------------------------------------------------------


async def change_members(
    tx: Transaction, group_id: str, changes: MemberChanges, *, renamed: bool = False
) -> bool:
    """Store who comes, who goes and who is called otherwise; say whether anything changed.

    Whom it concerns is marked first: those who come and those who go, or everybody for a new name.
    The marks lock their identities, so nobody who comes can be deleted meanwhile.
    """
    if changes == MemberChanges():
        if renamed:
            await mark_members(tx, group_id)
        return False
    named = Named.of_changes(changes)
    leaving = and_(_in_group(tx, group_id), _leaves(changes, named))
    await _mark_moving(tx, group_id, named, leaving, renamed=renamed)
    joined = await _add(tx, group_id, named) if named.staying else 0
    left = 0
    if changes.leave or changes.leave_where or changes.others_leave:
        left = (await tx.db.execute(delete(Membership).where(leaving))).rowcount
    labelled = 0
    if joined < named.staying:
        labelled = await _relabel(tx, group_id, changes, named)
    await _report_unknown(tx, group_id, named, joined)
    return joined + left + labelled > 0


async def mark_members(tx: Transaction, group_id: str) -> None:
    """Mark whoever is in a group."""
    members = select(col(Membership.member_id)).where(_in_group(tx, group_id))
    await mark_selected(tx.db, tx.connection_id, members, tx.trace, tx.now)


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


async def _mark_moving(
    tx: Transaction, group_id: str, named: Named, leaving: ColumnElement[bool], *, renamed: bool
) -> None:
    """Mark in one pass, because identities are locked in the order of their ids."""
    joining = named.ids().where(~_is_member(tx, group_id, named))
    others = _in_group(tx, group_id) if renamed else leaving
    moving = union_all(joining, select(col(Membership.member_id)).where(others))
    await mark_selected(tx.db, tx.connection_id, moving, tx.trace, tx.now)


async def _add(tx: Transaction, group_id: str, named: Named) -> int:
    """Add those who are named, exist and are no members yet; return how many."""
    is_user = exists().where(
        col(Identity.connection_id) == tx.connection_id,
        col(Identity.id) == named.rows.c.id,
        col(Identity.deleted).is_(False),
    )
    is_group = exists().where(
        col(GroupRow.connection_id) == tx.connection_id, col(GroupRow.id) == named.rows.c.id
    )
    new = named.columns(
        literal(tx.connection_id),
        literal(group_id),
        named.rows.c.id,
        case((is_user, "User"), else_="Group"),
        named.rows.c.display,
        named.rows.c.display_key,
    ).where(or_(is_user, is_group), ~_is_member(tx, group_id, named))
    columns = ["connection_id", "group_id", "member_id", "member_type", "display", "display_key"]
    return (await tx.db.execute(insert(Membership).from_select(columns, new))).rowcount


async def _relabel(tx: Transaction, group_id: str, changes: MemberChanges, named: Named) -> int:
    """Store new labels. Whoever left and came back in one request is called as sent last."""
    exact = or_(named.rows.c.exact.is_not(None), condition_on_members(changes.leave_where))
    display = case((exact, named.rows.c.display), else_=_sent_or_stored(named, "display"))
    display_key = case(
        (exact, named.rows.c.display_key), else_=_sent_or_stored(named, "display_key")
    )
    statement = (
        update(Membership)
        .where(
            _in_group(tx, group_id),
            col(Membership.member_id) == named.rows.c.id,
            named.rows.c.stays.is_not(None),
            col(Membership.display).is_distinct_from(display),
        )
        .values(display=display, display_key=display_key)
        .execution_options(synchronize_session=False)
    )
    return (await tx.db.execute(statement)).rowcount


async def _report_unknown(tx: Transaction, group_id: str, named: Named, joined: int) -> None:
    """Log how many of the wanted members there are not: the provider would not repeat a failure."""
    unknown = named.strangers
    if joined < named.staying:
        missing = named.columns(func.count()).where(~_is_member(tx, group_id, named))
        unknown += await tx.db.scalar(missing) or 0
    if unknown:
        LOG.warning(
            "unknown_members_dropped", connection=tx.connection_id, group=group_id, unknown=unknown
        )


# --- conditions -----------------------------------------------------------------------------


def _in_group(tx: Transaction, group_id: str) -> ColumnElement[bool]:
    return and_(
        col(Membership.connection_id) == tx.connection_id, col(Membership.group_id) == group_id
    )


def _is_member(tx: Transaction, group_id: str, named: Named) -> ColumnElement[bool]:
    """Say of a named row whether there is such a member."""
    member = _in_group(tx, group_id)
    return exists().where(member, col(Membership.member_id) == named.rows.c.id)


def _leaves(changes: MemberChanges, named: Named) -> ColumnElement[bool]:
    """Say of a member whether it leaves."""
    stays = col(Membership.member_id).in_(named.ids())
    if changes.others_leave:
        return ~stays
    leaves: ColumnElement[bool] = false()
    if changes.leave:
        leaves = col(Membership.member_id).in_(named.leaving())
    if changes.leave_where:
        leaves = or_(leaves, and_(condition_on_members(changes.leave_where), ~stays))
    return leaves


def _sent_or_stored(named: Named, column: str) -> ColumnElement[str]:
    return func.coalesce(named.rows.c[column], Membership.__table__.c[column])  # type: ignore[attr-defined]


def _member(row: Row) -> Member:
    return Member(row["member_id"], row["member_type"], row["display"])
