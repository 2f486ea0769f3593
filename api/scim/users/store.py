"""How is a User stored? Its row, its identity and its mark change in one transaction."""

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
from api.scim.users.statements import StoredUser, UserKey, find_by_id, lock, stored_of
from api.scim.users.states import UserState, first_state, next_state
from api.scim.users.writes import Change, Creation, Write, not_found, write_users

MOST_CHARACTERS = Limits().user_characters


async def get_user(tx: Transaction, id_: str) -> ScimUser:
    """Return a user; a writing transaction locks its row first.

    :raises NotFoundException: when there is no such user.
    """
    return user_of(await _read(tx, id_))


async def get_users(tx: Transaction, ids: Collection[str]) -> Sequence[StoredUser]:
    """Return the users that exist, in no order."""
    return list((await find_by_id(tx.db, [UserKey(tx.connection_id, id_) for id_ in ids])).values())


async def _write(tx: Transaction, write: Write) -> StoredUser:
    [outcome] = await tx.unique(write_users(tx.db, [write], tx.now, wait=True), "userName")
    if isinstance(outcome, Exception):
        raise outcome
    assert outcome is not None, "the write has waited for the lock"
    return outcome


async def create_user(tx: Transaction, user: ScimUser) -> ScimUser:
    """Store a new user.

    :raises UniquenessException: when the userName is taken.
    """
    state = first_state(user, MOST_CHARACTERS)
    return user_of(await _write(tx, Creation(tx.connection, tx.trace, state)))


async def update_user(tx: Transaction, user: ScimUser, expected: str | None) -> ScimUser:
    """Store a state of a user; without a change the user keeps its version.

    :param expected: the version that the stored user must have; None allows any.
    :raises UniquenessException: when the userName is taken.
    """

    def decide(stored: StoredUser) -> UserState | None:
        check_version(entity_tag(stored.revision), expected)
        return next_state(user, stored, MOST_CHARACTERS)

    return user_of(await _write(tx, Change(tx.connection, tx.trace, user.id or "", decide)))


async def delete_user(tx: Transaction, id_: str, check: Callable[[str], object]) -> None:
    """Delete a user and its memberships; its identity stays, deleted, with the names of its groups.

    :param check: takes the version, and raises if the user must not be deleted in it.
    :raises NotFoundException: when there is no such user.
    """
    await lock_for_deletion(tx, id_, is_user=True)
    user = await _read(tx, id_)
    check(entity_tag(user.revision))
    rules = (await tx.confirm()).rules
    await touch(tx, groups_with(tx, id_))
    await remove_member(tx, id_)
    is_user = (col(UserRow.connection_id) == tx.connection_id, col(UserRow.id) == id_)
    await tx.db.execute(delete(UserRow).where(*is_user))
    state = await load_state(tx.db, tx.connection_id, id_)
    assert state is not None, "every user has an identity"
    names, ids = user.group_names_and_ids
    change = after_deletion(state, names, rules.on_deactivate, tx.now, ids)
    await save_change(tx.db, tx.connection_id, id_, change, tx.trace, tx.now)


async def _read(tx: Transaction, id_: str) -> StoredUser:
    key = UserKey(tx.connection_id, id_)
    if not ID.fullmatch(id_):
        raise not_found(id_)
    if tx.writing:
        row = (await lock(tx.db, [key], wait=True)).get(key)
        user = None if row is None else stored_of(row)
    else:
        user = (await find_by_id(tx.db, [key])).get(key)
    if user is None:
        raise not_found(id_)
    return user
