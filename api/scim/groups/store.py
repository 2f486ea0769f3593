"""How is a Group stored? Its row, memberships and marks change in one transaction.

No function here loads the members of a group.
"""

from collections.abc import Callable
from math import inf

from sqlalchemy import select
from sqlmodel import col

from api.directory.tables import Membership
from api.scim.groups import statements
from api.scim.groups.mapping import group_columns, group_of
from api.scim.locks import lock_for_deletion, lock_nested
from api.scim.members.bounds import check_groups_of_users
from api.scim.members.parameter import MemberChange
from api.scim.members.reads import (
    groups_with,
    in_group,
    mark_members,
    remove_group,
)
from api.scim.members.stored import Row
from api.scim.members.writes import MemberWrite, write_members
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.resources import Group
from api.scim.transactions.transaction import Transaction

NO_GROUP = ""
"""The id that stands for a group not stored yet."""


async def get_group(tx: Transaction, id_: str) -> Group:
    """Return a group without its members, and without a lock on it.

    :raises NotFoundException: when there is no such group.
    """
    return group_of(await statements.read(tx, id_, lock=False))


async def create_group(tx: Transaction, group: Group, members: MemberChange) -> Row:
    """Store a new group with those of its members that exist.

    :raises UniquenessException: when the displayName is taken.
    """
    await lock_nested(tx, members.ids)
    await check_added_members(tx, NO_GROUP, group.display_name or "", members)
    row = await statements.add(tx, group_columns(group))
    await write_members(tx, row["id"], members)
    return row


async def change_group(
    tx: Transaction,
    row: Row,
    group: Group | None,
    members: MemberChange,
    *,
    members_marked: bool = False,
    bounds_checked: bool = False,
) -> Row:
    """Store the changes of a locked group; a group without changes keeps its version.

    :param group: the new state without members; None if only members change.
    :param members_marked: whether the members were marked for the new name before; members whose
        marks were published meanwhile are marked again.
    :param bounds_checked: whether ``check_bounds`` was passed before.
    :raises UniquenessException: when the displayName is taken.
    :raises InvalidValueException: when a user would be in too many groups.
    """
    id_ = row["id"]
    columns = {} if group is None else group_columns(group)
    rewritten = bool(columns) and columns["resource"] != row["resource"]
    renamed = rewritten and columns["display_name"] != row["display_name"]
    if rewritten and not renamed:
        columns["display_name_key"] = row["display_name_key"]  # unique by the keys of its time
    if not bounds_checked:
        await check_bounds(tx, row, group, members)
    if rewritten:
        row = await statements.change(tx, id_, columns)
    if renamed and members_marked:
        await mark_members(tx, id_, unless_waiting=True)
        renamed = False
    members_changed = await write_members(tx, id_, members, renamed=renamed)
    if members_changed and not rewritten:
        row = await statements.change(tx, id_, {})
    return row


async def check_bounds(
    tx: Transaction, row: Row, group: Group | None, members: MemberChange
) -> None:
    """Check that the groups of each member, and their names, still fit into an event.

    :raises InvalidValueException: when a user would be in too many groups, or under too long names.
    """
    id_, name = row["id"], (group and group.display_name) or row["display_name"]
    await check_added_members(tx, id_, name, members)
    if len(name) > len(row["display_name"]):
        member_ids = select(col(Membership.member_id)).where(in_group(tx, id_))
        await check_groups_of_users(tx, id_, name, member_ids, inf)


async def check_added_members(tx: Transaction, id_: str, name: str, members: MemberChange) -> None:
    """Check that the groups of each added member still fit into an event.

    :raises InvalidValueException: when a user would be in too many groups, or under too long names.
    """
    at_most = members.ids.kept
    if at_most:
        added = MemberWrite(tx, id_, members, members.ids.table(tx.dialect)).ids_to_add()
        added_ids = added.with_only_columns(added.selected_columns[0])
        await check_groups_of_users(tx, id_, name, added_ids, at_most)


async def delete_group(tx: Transaction, id_: str, check: Callable[[str], object]) -> None:
    """Delete a group with all memberships in it, and its own memberships in other groups.

    :param check: takes the version, and raises if the group must not be deleted in it.
    :raises NotFoundException: when there is no such group.
    """
    await lock_for_deletion(tx, id_, is_user=False)
    row = await statements.read(tx, id_)
    check(entity_tag(row["revision"]))
    await statements.touch(tx, groups_with(tx, id_))
    await mark_members(tx, id_)
    await remove_group(tx, id_)
    await statements.remove(tx, id_)
