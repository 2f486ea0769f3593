"""How is a Group kept? Its row, its memberships and the marks of whom it concerns, together.

Nothing here loads the members of a group.
"""

from collections.abc import Callable
from math import inf

from sqlalchemy import select
from sqlmodel import col

from api.directory.tables import Membership
from api.scim.groups import statements
from api.scim.groups.mapping import group_columns, group_of
from api.scim.locks import lock_for_deletion, lock_nested
from api.scim.members.bounds import check_groups_of_one
from api.scim.members.parameter import NamedChanges
from api.scim.members.reads import (
    groups_with,
    in_group,
    mark_members,
    remove_group,
)
from api.scim.members.stored import Row
from api.scim.members.writes import Move, move_members
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.resources import Group
from api.scim.transactions.transaction import Transaction

NOBODYS = ""
"""The id of no group."""


async def get_group(tx: Transaction, id_: str) -> Group:
    """Return a group without its members. It is not locked.

    :raises NotFoundException: when there is none.
    """
    return group_of(await statements.read(tx, id_, lock=False))


async def create_group(tx: Transaction, group: Group, members: NamedChanges) -> Row:
    """Store a new group with those of its members that are known.

    :raises UniquenessException: when the displayName is taken.
    """
    await lock_nested(tx, members.named)
    await check_coming(tx, NOBODYS, group.display_name or "", members)
    row = await statements.add(tx, group_columns(group))
    await move_members(tx, row["id"], members)
    return row


async def change_group(
    tx: Transaction,
    row: Row,
    group: Group | None,
    members: NamedChanges,
    *,
    are_marked: bool = False,
    are_checked: bool = False,
) -> Row:
    """Store what changes of a locked group; one that stays as it is keeps its version.

    :param group: its new state, members aside; None where that stays.
    :param are_marked: whether the members were marked for a new name, but for those whose marks
        were published meanwhile.
    :param are_checked: whether it is known that nobody gets into too many groups by it.
    :raises UniquenessException: when the displayName is taken.
    """
    id_ = row["id"]
    columns = {} if group is None else group_columns(group)
    rewritten = bool(columns) and columns["resource"] != row["resource"]
    renamed = rewritten and columns["display_name"] != row["display_name"]
    if rewritten and not renamed:
        columns["display_name_key"] = row["display_name_key"]  # unique when keys were made so
    if not are_checked:
        await check_room(tx, row, group, members)
    if rewritten:
        row = await statements.change(tx, id_, columns)
    if renamed and are_marked:
        await mark_members(tx, id_, unless_waiting=True)
        renamed = False
    moved = await move_members(tx, id_, members, renamed=renamed)
    if moved and not rewritten:
        row = await statements.change(tx, id_, {})
    return row


async def check_room(tx: Transaction, row: Row, group: Group | None, members: NamedChanges) -> None:
    """Check that nobody gets into more groups than an event can tell, or into longer names.

    :raises InvalidValueException: when somebody does.
    """
    id_, name = row["id"], (group and group.display_name) or row["display_name"]
    await check_coming(tx, id_, name, members)
    if len(name) > len(row["display_name"]):
        everybody = select(col(Membership.member_id)).where(in_group(tx, id_))
        await check_groups_of_one(tx, id_, name, everybody, inf)


async def check_coming(tx: Transaction, id_: str, name: str, members: NamedChanges) -> None:
    """Check that nobody who comes gets into more groups than an event can tell.

    :raises InvalidValueException: when somebody does.
    """
    staying = members.named.staying
    if staying:
        coming = Move(tx, id_, members, members.named.table(tx.dialect)).coming()
        who = coming.with_only_columns(coming.selected_columns[0])
        await check_groups_of_one(tx, id_, name, who, staying)


async def delete_group(tx: Transaction, id_: str, check: Callable[[str], object]) -> None:
    """Remove a group and every membership in it and of it.

    :param check: raises where the group must not go in this version.
    """
    await lock_for_deletion(tx, id_, is_user=False)
    row = await statements.read(tx, id_)
    check(entity_tag(row["revision"]))
    await statements.touch(tx, groups_with(tx, id_))
    await mark_members(tx, id_)
    await remove_group(tx, id_)
    await statements.remove(tx, id_)
