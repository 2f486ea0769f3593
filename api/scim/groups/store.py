"""How is a Group kept? Its row, its memberships and the marks of whom it concerns, together.

Nothing here loads the members of a group, but for reading models of a few with theirs.
"""

from collections.abc import Callable, Collection, Sequence
from math import inf

from sqlalchemy import select
from sqlmodel import col

from api.directory.tables import Membership
from api.scim.groups import statements
from api.scim.groups.mapping import group_columns, group_of
from api.scim.locks import lock_for_deletion, lock_group, lock_nested
from api.scim.members.bounds import check_groups_of_one
from api.scim.members.parameter import NamedChanges
from api.scim.members.plan import exactly
from api.scim.members.reads import (
    groups_with,
    in_group,
    mark_members,
    members_of,
    remove_group,
)
from api.scim.members.sent import sent_of
from api.scim.members.stored import Row
from api.scim.members.writes import Move, move_members
from api.scim.protocol.meta import entity_tag, expect
from api.scim.protocol.resources import Group
from api.scim.transactions.transaction import Transaction

NOBODYS = ""
"""The id of no group."""


async def get_group(tx: Transaction, id_: str, *, with_members: bool = True) -> Group:
    """Return a group. It is not locked: that takes ``lock_group``, in one step with others.

    :raises NotFoundException: when there is none.
    """
    row = await statements.read(tx, id_, lock=False)
    return group_of(row, (await members_of(tx, [id_])).get(id_, ()) if with_members else ())


async def get_groups(
    tx: Transaction, ids: Collection[str], *, with_members: bool = True
) -> Sequence[Group]:
    """Return the groups that there are, in no order."""
    members = await members_of(tx, ids) if with_members else {}
    rows = await statements.read_all(tx, ids)
    return [group_of(row, members.get(row["id"], ())) for row in rows]


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


async def update_group(tx: Transaction, group: Group, expected: str | None) -> Group:
    """Store the new state of a group, members included.

    :raises UniquenessException: when the displayName is taken.
    """
    members = NamedChanges.of(exactly(sent_of(group.members)))
    row = await lock_group(tx, group.id or "", members.named)
    expect(entity_tag(row["revision"]), expected)
    await change_group(tx, row, group, members)
    return await get_group(tx, row["id"])


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
