"""How is a User kept? Its row, its identity and its mark change in one transaction."""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import delete
from sqlmodel import col

from api.directory.identity_changes import after_deletion
from api.directory.tables import UserRow
from api.outbox.marks import load_state, save_change
from api.scim.groups.statements import touch
from api.scim.locks import lock_for_deletion
from api.scim.members.reads import groups_with, remove_member
from api.scim.protocol.ids import ID
from api.scim.protocol.limits import Limits
from api.scim.protocol.meta import check_version, entity_tag
from api.scim.protocol.resources import ScimUser
from api.scim.transactions.transaction import Transaction
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser, UserName, find_by_id, lock, stored_of
from api.scim.users.states import UserState, first_state, next_state
from api.scim.users.writes import Change, Creation, Write, not_found, write_users

MOST_CHARACTERS = Limits().user_characters


async def get_user(tx: Transaction, id_: str) -> ScimUser:
    """Return a user; a writing transaction locks it first.

    :raises NotFoundException: when there is none.
    """
    return user_of(await _read(tx, id_))


async def get_users(tx: Transaction, ids: Collection[str]) -> Sequence[StoredUser]:
    """Return the users that there are, in no order."""
    return list((await find_by_id(tx.db, [UserName(tx.connection_id, it) for it in ids])).values())


async def _write(tx: Transaction, write: Write) -> StoredUser:
    [outcome] = await tx.unique(write_users(tx.db, [write], tx.now, wait=True), "userName")
    if isinstance(outcome, Exception):
        raise outcome
    assert outcome is not None, "it has waited"
    return outcome


async def create_user(tx: Transaction, user: ScimUser) -> ScimUser:
    """Store a new user.

    :raises UniquenessException: when the userName is taken.
    """
    state = first_state(user, MOST_CHARACTERS)
    return user_of(await _write(tx, Creation(tx.connection, tx.trace, state)))


async def update_user(tx: Transaction, user: ScimUser, expected: str | None) -> ScimUser:
    """Store the new state of a user; one that is the old state keeps its version.

    :raises UniquenessException: when the userName is taken.
    """

    def decide(stored: StoredUser) -> UserState | None:
        check_version(entity_tag(stored.revision), expected)
        return next_state(user, stored, MOST_CHARACTERS)

    return user_of(await _write(tx, Change(tx.connection, tx.trace, user.id or "", decide)))


async def delete_user(tx: Transaction, id_: str, check: Callable[[str], object]) -> None:
    """Remove a user and its memberships; its identity stays, deleted, with its groups' names.

    :param check: raises where the user must not go in this version.
    """
    await lock_for_deletion(tx, id_, is_user=True)
    user = await _read(tx, id_)
    check(entity_tag(user.revision))
    rules = (await tx.confirm()).rules
    await touch(tx, groups_with(tx, id_))
    await remove_member(tx, id_)
    it = (col(UserRow.connection_id) == tx.connection_id, col(UserRow.id) == id_)
    await tx.db.execute(delete(UserRow).where(*it))
    state = await load_state(tx.db, tx.connection_id, id_)
    assert state is not None, "every user has an identity"
    names = tuple(sorted(group["display"] for group in user.groups))
    change = after_deletion(state, names, rules.on_deactivate, tx.now)
    await save_change(tx.db, tx.connection_id, id_, change, tx.trace, tx.now)


async def _read(tx: Transaction, id_: str) -> StoredUser:
    name = UserName(tx.connection_id, id_)
    if not ID.fullmatch(id_):
        raise not_found(id_)
    if tx.writing:
        row = (await lock(tx.db, [name], wait=True)).get(name)
        user = None if row is None else stored_of(row)
    else:
        user = (await find_by_id(tx.db, [name])).get(name)
    if user is None:
        raise not_found(id_)
    return user
