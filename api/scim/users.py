"""How is a User kept? Its row, its identity and its mark change in one transaction."""

from collections.abc import Collection, Sequence

from api.directory.dirty_set import load_state, save_change, save_new
from api.directory.identity_changes import after_creation, after_deletion, after_update
from api.scim.memberships import groups_of, groups_with, remove_member
from api.scim.resource_rows import GROUP_ROWS, USER_ROWS
from api.scim.resources import ScimUser
from api.scim.rows import Row, user_columns, user_of
from api.scim.seen_users import seen
from api.scim.transaction import Transaction


async def get_user(tx: Transaction, id_: str, *, with_groups: bool = True) -> ScimUser:
    """Return a user.

    :raises NotFoundException: when there is none.
    """
    return await _rendered(tx, await USER_ROWS.read(tx, id_), with_groups=with_groups)


async def get_users(
    tx: Transaction, ids: Collection[str], *, with_groups: bool = True
) -> Sequence[ScimUser]:
    """Return the users that there are, in no order."""
    groups = await groups_of(tx, ids) if with_groups else {}
    rows = await USER_ROWS.read_all(tx, ids)
    return [user_of(row, groups.get(row["id"], ())) for row in rows]


async def create_user(tx: Transaction, user: ScimUser) -> ScimUser:
    """Store a new user. One that does not say whether it is active is.

    :raises UniquenessException: when the userName is taken.
    """
    stored = user.model_copy(update={"active": user.active is not False})
    row = await USER_ROWS.add(tx, user_columns(stored))
    change = after_creation(seen(stored), tx.now)
    await save_new(tx.db, tx.connection_id, row["id"], change, tx.trace, tx.now)
    return user_of(row)


async def update_user(tx: Transaction, user: ScimUser, expected: str | None) -> ScimUser:
    """Store the new state of a user; one that is the old state keeps its version.

    :raises UniquenessException: when the userName is taken.
    """
    id_ = user.id or ""
    row = await USER_ROWS.read(tx, id_, expected)
    columns = user_columns(user)
    if columns["resource"] == row["resource"]:
        return await _rendered(tx, row)
    row = await USER_ROWS.change(tx, id_, columns)
    state = await load_state(tx.db, tx.connection_id, id_)
    assert state is not None, "every user has an identity"
    now_seen = seen(user, active=state.active)
    change = after_update(state, now_seen, tx.connection.rules.on_deactivate, tx.now)
    if change is not None:
        await save_change(tx.db, tx.connection_id, id_, change, tx.trace, tx.now)
    return await _rendered(tx, row)


async def delete_user(tx: Transaction, id_: str, expected: str | None) -> None:
    """Remove a user and its memberships; its identity stays, deleted, with its groups' names."""
    await USER_ROWS.read(tx, id_, expected)
    groups = (await groups_of(tx, [id_])).get(id_, [])
    await GROUP_ROWS.touch(tx, groups_with(tx, id_))
    await remove_member(tx, id_)
    await USER_ROWS.remove(tx, id_)
    state = await load_state(tx.db, tx.connection_id, id_)
    assert state is not None, "every user has an identity"
    names = tuple(sorted(group["display_name"] for group in groups))
    change = after_deletion(state, names, tx.connection.rules.on_deactivate, tx.now)
    await save_change(tx.db, tx.connection_id, id_, change, tx.trace, tx.now)


async def _rendered(tx: Transaction, row: Row, *, with_groups: bool = True) -> ScimUser:
    id_ = row["id"]
    groups = (await groups_of(tx, [id_])).get(id_, []) if with_groups else []
    return user_of(row, groups)
