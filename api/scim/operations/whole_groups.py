"""How is a group read and stored with all its members? Each function takes the whole group.

The product never does so (docs/decisions/0014): only the test suite of the library's port does.
"""

from collections.abc import Collection, Sequence

from api.scim.groups import statements
from api.scim.groups.mapping import group_of
from api.scim.groups.store import change_group
from api.scim.locks import lock_group
from api.scim.members.parameter import MemberChange
from api.scim.members.plan import replace_all_with
from api.scim.members.reads import members_of
from api.scim.members.sent import sent_of
from api.scim.protocol.meta import check_version, entity_tag
from api.scim.protocol.resources import Group
from api.scim.transactions.transaction import Transaction


async def get_whole_group(tx: Transaction, id_: str) -> Group:
    """Return a group with its members, and without a lock on it.

    :raises NotFoundException: when there is no such group.
    """
    row = await statements.read(tx, id_, lock=False)
    return group_of(row, (await members_of(tx, [id_])).get(id_, ()))


async def get_whole_groups(tx: Transaction, ids: Collection[str]) -> Sequence[Group]:
    """Return the groups that exist, with their members, in no order."""
    members = await members_of(tx, ids)
    rows = await statements.read_all(tx, ids)
    return [group_of(row, members.get(row["id"], ())) for row in rows]


async def update_whole_group(tx: Transaction, group: Group, expected: str | None) -> Group:
    """Store the new state of a group, members included.

    :raises UniquenessException: when the displayName is taken.
    """
    members = MemberChange.of(replace_all_with(sent_of(group.members)))
    row = await lock_group(tx, group.id or "", members.ids)
    check_version(entity_tag(row["revision"]), expected)
    await change_group(tx, row, group, members)
    return await get_whole_group(tx, row["id"])
