"""How is a person locked at once, and unlocked? Rows of the directory change, in the urgent lane.

The provider is not asked, and its user stays as it is. A lock lasts until an administrator ends it,
or the provider deactivates or deletes the user.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import ConnectionInUse
from api.admin.find_person import find_person
from api.admin.scope import connection_for
from api.directory.connection_states import PUBLISHING, ConnectionState
from api.directory.identity_changes import IdentityChange, IdentityState
from api.directory.person_locks import after_lock, after_unlock
from api.directory.tables import Identity, UserRow
from api.errors import NotLocked, UnknownPerson
from api.outbox.marks import load_state, save_change
from api.scim.users.profile import released_attributes_of
from api.traces import new_trace


class Locking(StrEnum):
    """The outcome of a command to lock or to unlock.

    ``LET_GO``: a leaving that a brake kept back is carried out; it was the provider's, and is no
    lock. ``LEFT``: the person had left already.
    """

    LOCKED = "locked"
    LET_GO = "let-go"
    LEFT = "left"
    UNLOCKED = "unlocked"


WITHOUT_LOCK = {
    Locking.LET_GO: (
        "The provider's deactivation, which waited or was waived, is carried out now."
        " That is no lock: unlock does not undo it. The person returns once the provider"
        " activates the user again; a deleted one has to be made anew."
    ),
    Locking.LEFT: "Nothing was done: the person has left already, by the provider's word.",
}
"""The answers to a command to lock that has made no lock."""


@dataclass(frozen=True, slots=True)
class PersonLock:
    """How a person stands after a lock, or after its end. ``locked_at`` is in microseconds.

    Without ``locked_at``, an inactive person has been deactivated by the provider, and only the
    provider can bring them back. ``deactivation`` is the action of the rules on a leaver.
    ``waits`` is the state of a connection that publishes nothing, so that the change waits there.
    """

    connection: str
    identity: str
    user_name: str
    done: Locking
    active: bool
    locked_at: int | None
    deactivation: str
    waits: ConnectionState | None


async def lock_person(
    it: Administration, actor: Actor, connection_id: str, text: str
) -> PersonLock:
    """Deactivate a person by the rules, in the urgent lane, past every brake.

    The text is an id, userName, e-mail or externalId. A leaving that a brake keeps back, or has
    still to judge, is carried out. A person who has left already is returned unchanged.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises UnknownPerson: when the text means nobody.
    :raises AmbiguousPerson: when the text means several people.
    """
    _, person = await find_person(it, actor, connection_id, text, Power.OWN)
    id_, now = person.identity, it.clock()
    states = await it.downstream.states.of(connection_id, [id_])
    beyond = states[id_].newest_version if id_ in states else 0
    async with it.directory.write() as db:
        connection = await connection_for(db, actor, connection_id, Power.OWN)
        connection.check_stays()
        before = await _state(db, connection_id, id_)
        change = after_lock(before, connection.rules.on_deactivate, now, beyond=beyond)
        if change is not None:
            await _save(db, actor, connection, id_, "people.lock", before, change, now)
            of_person = col(Identity.connection_id) == connection_id, col(Identity.id) == id_
            await db.execute(update(Identity).where(*of_person).values(held_since=None))
    state = before if change is None else change.state
    done = Locking.LEFT if change is None else Locking.LET_GO
    done = done if state.locked_at is None else Locking.LOCKED
    return _answer(connection, id_, person.user_name, done, state)


async def unlock_person(
    it: Administration, actor: Actor, connection_id: str, text: str
) -> PersonLock:
    """End the lock of a person, who is provided for again as the provider has told meanwhile.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises UnknownPerson: when the text means nobody.
    :raises AmbiguousPerson: when the text means several people.
    :raises NotLocked: when the person is not locked, or no longer.
    """
    _, person = await find_person(it, actor, connection_id, text, Power.OWN)
    id_, now = person.identity, it.clock()
    async with it.directory.write() as db:
        connection = await connection_for(db, actor, connection_id, Power.OWN)
        connection.check_stays()
        before = await _state(db, connection_id, id_)
        sent = released_attributes_of(await _resource(db, connection_id, id_))
        change = after_unlock(before, sent, connection.rules.on_deactivate, now)
        if change is None:
            raise NotLocked(connection_id, id_)
        await _save(db, actor, connection, id_, "people.unlock", before, change, now)
    return _answer(connection, id_, person.user_name, Locking.UNLOCKED, change.state)


async def _state(db: AsyncConnection, connection_id: str, id_: str) -> IdentityState:
    """Return the state of an identity, whose row is locked."""
    state = await load_state(db, connection_id, id_)
    if state is None:
        raise UnknownPerson(connection_id)
    return state


async def _resource(db: AsyncConnection, connection_id: str, id_: str) -> dict[str, object]:
    """Return the canonical JSON of a user, empty once it is deleted."""
    resource = select(col(UserRow.resource)).where(
        col(UserRow.connection_id) == connection_id, col(UserRow.id) == id_
    )
    return await db.scalar(resource) or {}


async def _save(
    db: AsyncConnection,
    actor: Actor,
    connection: ConnectionInUse,
    id_: str,
    action: str,
    before: IdentityState,
    change: IdentityChange,
    now: int,
) -> None:
    trace = new_trace()
    await save_change(db, connection.id, id_, change, trace, now)
    told = (_told(before), _told(change.state))
    audited = Change(action, connection.workspace, connection.id, id_, *told)
    await record(db, actor, audited, now, trace)


def _told(state: IdentityState) -> dict[str, object]:
    """Return the state of a person for the audit log, without personal values."""
    leaving = None if state.leaving is None else state.leaving.name.lower()
    return {"active": state.active, "locked": state.locked_at is not None, "leaving": leaving}


def _answer(
    connection: ConnectionInUse, id_: str, user_name: str, done: Locking, state: IdentityState
) -> PersonLock:
    standing = connection.standing.state
    return PersonLock(
        connection=connection.id,
        identity=id_,
        user_name=user_name,
        done=done,
        active=state.active,
        locked_at=state.locked_at,
        deactivation=connection.rules.on_deactivate.do,
        waits=None if standing in PUBLISHING else standing,
    )
