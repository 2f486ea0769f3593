"""How is a Group kept? Its row, its memberships and the marks of whom it concerns, together."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog

from api.directory.dirty_set import mark_identities, mark_members
from api.directory.identity_changes import concerned_by_members
from api.scim.memberships import (
    change_members,
    chunks,
    groups_of,
    known_types,
    members_of,
    remove_group,
)
from api.scim.resource_rows import GROUP_ROWS
from api.scim.resources import Group, GroupMember
from api.scim.rows import Member, group_columns, group_of
from api.scim.transaction import Transaction

LOG = structlog.get_logger(__name__)


async def get_group(tx: Transaction, id_: str, *, with_members: bool = True) -> Group:
    """Return a group.

    :raises NotFoundException: when there is none.
    """
    row = await GROUP_ROWS.read(tx, id_)
    return group_of(row, (await _members(tx, id_)).values() if with_members else ())


async def get_groups(
    tx: Transaction, ids: Collection[str], *, with_members: bool = True
) -> Sequence[Group]:
    """Return the groups that there are, in no order."""
    members = await members_of(tx, ids) if with_members else {}
    rows = await GROUP_ROWS.read_all(tx, ids)
    return [group_of(row, members.get(row["id"], ())) for row in rows]


async def create_group(tx: Transaction, group: Group) -> Group:
    """Store a new group with those of its members that are known.

    :raises UniquenessException: when the displayName is taken.
    """
    id_ = await GROUP_ROWS.add(tx, group_columns(group))
    members = await _known(tx, id_, {}, group.members or ())
    await change_members(tx, id_, {}, members)
    await _mark(tx, concerned_by_members((), members))
    return await get_group(tx, id_)


async def update_group(tx: Transaction, group: Group, expected: str | None) -> Group:
    """Store the new state of a group; one that is the old state keeps its version.

    :raises UniquenessException: when the displayName is taken.
    """
    id_ = group.id or ""
    row = await GROUP_ROWS.read(tx, id_, expected)
    columns = group_columns(group)
    before = await _members(tx, id_)
    after = await _known(tx, id_, before, group.members or ())
    if columns["resource"] == row["resource"] and after == before:
        return group_of(row, before.values())
    await GROUP_ROWS.change(tx, id_, columns)
    await change_members(tx, id_, before, after)
    renamed = columns["display_name"] != row["display_name"]
    await _mark_changed(tx, id_, before, after, renamed=renamed)
    return await get_group(tx, id_)


async def delete_group(tx: Transaction, id_: str, expected: str | None) -> None:
    """Remove a group and every membership in it and of it."""
    await GROUP_ROWS.read(tx, id_, expected)
    parents = (await groups_of(tx, [id_])).get(id_, [])
    await mark_members(tx.db, tx.connection_id, id_, tx.trace, tx.now)
    await remove_group(tx, id_)
    await GROUP_ROWS.touch(tx, [parent["id"] for parent in parents])
    await GROUP_ROWS.remove(tx, id_)


async def lock_group_for_deletion(tx: Transaction, id_: str) -> None:
    """Lock a group and those that hold it, in the order of their ids."""
    parents = (await groups_of(tx, [id_])).get(id_, [])
    await GROUP_ROWS.lock(tx, [id_, *(parent["id"] for parent in parents)])


async def _members(tx: Transaction, id_: str) -> dict[str, Member]:
    return {member.id: member for member in (await members_of(tx, [id_])).get(id_, ())}


async def _known(
    tx: Transaction, id_: str, before: Mapping[str, Member], wanted: Iterable[GroupMember]
) -> dict[str, Member]:
    """Return the wanted members that exist, each once, with the last label they were sent with.

    Unknown ones must not fail the push, because the provider would not repeat it.
    """
    labels: dict[str, str | None] = {}
    for member in wanted:
        if member.value:
            labels[member.value] = member.display or labels.get(member.value)
    types = {member.id: member.type for member in before.values() if member.id in labels}
    types |= await known_types(tx, labels.keys() - types.keys())
    if unknown := len(labels) - len(types):
        LOG.warning(
            "unknown_members_dropped", connection=tx.connection_id, group=id_, unknown=unknown
        )
    return {
        member_id: Member(member_id, types[member_id], labels[member_id])
        for member_id in sorted(types)
    }


async def _mark_changed(
    tx: Transaction,
    id_: str,
    before: Mapping[str, Member],
    after: Mapping[str, Member],
    *,
    renamed: bool,
) -> None:
    """Mark whom a change concerns: everybody for a new name, else who came and who went.

    In one pass where both happen, because identities are locked in the order of their ids.
    """
    moved = concerned_by_members(before, after)
    if not renamed:
        await _mark(tx, moved)
    elif moved:
        await _mark(tx, before.keys() | after.keys())
    else:
        await mark_members(tx.db, tx.connection_id, id_, tx.trace, tx.now)


async def _mark(tx: Transaction, ids: Collection[str]) -> None:
    for some in chunks(ids):
        await mark_identities(tx.db, tx.connection_id, some, tx.trace, tx.now)
