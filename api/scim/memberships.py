"""Who is in which group? The table of memberships, read and changed by the row."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from api.directory.tables import GroupRow, Membership, UserRow
from api.scim.rows import Member, Row
from api.scim.transaction import Transaction
from contracts.names import comparison_key

CHUNK = 1_000
"""Ids in one statement; databases limit the parameters of one (PostgreSQL: 32,767)."""


def chunks(ids: Collection[str]) -> Iterator[Sequence[str]]:
    """Split ids into what fits in a statement, in order, so that locks are taken in one order."""
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
            member = Member(row["member_id"], row["member_type"], row["display"])
            members[row["group_id"]].append(member)
    return members


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


async def known_types(tx: Transaction, ids: Collection[str]) -> Mapping[str, str]:
    """Return which of the ids are users or groups; users stay until the transaction ends."""
    types: dict[str, str] = {}
    for some in chunks(ids):
        groups = select(col(GroupRow.id)).where(
            col(GroupRow.connection_id) == tx.connection_id, col(GroupRow.id).in_(some)
        )
        users = (
            select(col(UserRow.id))
            .where(col(UserRow.connection_id) == tx.connection_id, col(UserRow.id).in_(some))
            .order_by(col(UserRow.id))
            .with_for_update(read=True, key_share=True)
        )
        types |= dict.fromkeys(await tx.db.scalars(groups), "Group")
        types |= dict.fromkeys(await tx.db.scalars(users), "User")
    return types


# --- changing -------------------------------------------------------------------------------


async def change_members(
    tx: Transaction, group_id: str, before: Mapping[str, Member], after: Mapping[str, Member]
) -> None:
    """Store who came, who went and whose label changed; nobody else is touched."""
    for some in chunks(before.keys() - after.keys()):
        await tx.db.execute(
            delete(Membership).where(
                col(Membership.connection_id) == tx.connection_id,
                col(Membership.group_id) == group_id,
                col(Membership.member_id).in_(some),
            )
        )
    joined = [after[id_] for id_ in sorted(after.keys() - before.keys())]
    if joined:
        rows = [_row(tx, group_id, member) for member in joined]
        await tx.db.execute(insert(Membership), rows)
    for id_ in sorted(before.keys() & after.keys()):
        if before[id_] != after[id_]:
            await _relabel(tx, group_id, after[id_])


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


async def _relabel(tx: Transaction, group_id: str, member: Member) -> None:
    await tx.db.execute(
        update(Membership)
        .where(
            col(Membership.connection_id) == tx.connection_id,
            col(Membership.group_id) == group_id,
            col(Membership.member_id) == member.id,
        )
        .values(_labels(member))
    )


def _row(tx: Transaction, group_id: str, member: Member) -> dict[str, str | None]:
    key = {"connection_id": tx.connection_id, "group_id": group_id, "member_id": member.id}
    return {**key, "member_type": member.type, **_labels(member)}


def _labels(member: Member) -> dict[str, str | None]:
    key = None if member.display is None else comparison_key(member.display)
    return {"display": member.display, "display_key": key}
