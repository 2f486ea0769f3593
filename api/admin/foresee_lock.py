"""What would a lock of a person do? It is told by the rules and by what the person has."""

from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.find_person import find_by_id
from api.admin.lock_person import Locking
from api.admin.why.explain import gather
from api.admin.why.facts import PersonFacts, removes
from api.directory.connection_states import PUBLISHING, ConnectionState
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.rules import (
    ChangePolicy,
    DeactivationAction,
    LeaveAlone,
    RemoveUser,
    RemoveUserAndDevices,
    UnassignDevices,
)

OnDevices = UnassignDevices | ChangePolicy | RemoveUser | RemoveUserAndDevices
"""The deactivations that do something to devices."""


@dataclass(frozen=True, slots=True)
class LockOutlook:
    """A person, and the effects that a lock would have at this moment.

    ``action`` is the deactivation of the person, ``devices`` are those that it would concern.
    ``is_last_admin`` tells that the removal would be refused. ``waits`` is the state of a
    connection that publishes nothing, so that a lock would wait there. ``locked_at`` is set for a
    person who is locked already.
    """

    connection: ConnectionInUse
    identity: str
    user_name: str
    done: Locking
    action: DeactivationAction
    account: ListedAccount | None
    devices: tuple[ListedDevice, ...]
    is_last_admin: bool
    waits: ConnectionState | None
    locked_at: int | None

    @property
    def removes_account(self) -> bool:
        """Return whether the account would be removed."""
        return self.account is not None and removes(self.action) and not self.is_last_admin

    @property
    def is_final(self) -> bool:
        """Return whether an unlock would not bring back all that is lost."""
        return self.done is Locking.LET_GO or (self.done is Locking.LOCKED and bool(self.devices))


async def foresee_lock(
    it: Administration, actor: Actor, connection_id: str, identity: str
) -> LockOutlook:
    """Return the effects of a lock of a person, or those that an unlock would end.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises UnknownPerson: when the connection has no person with this id.
    """
    connection, person = await find_by_id(it, actor, connection_id, identity, Power.OWN)
    connection.check_stays()
    facts = await gather(it, connection, identity)
    action = _action(facts)
    standing = connection.standing.state
    return LockOutlook(
        connection=connection,
        identity=identity,
        user_name=person.user_name,
        done=_done(facts),
        action=action,
        account=facts.account,
        devices=facts.devices if isinstance(action, OnDevices) else (),
        is_last_admin=facts.is_last_admin and removes(action),
        waits=None if standing in PUBLISHING else standing,
        locked_at=facts.newest.locked_at,
    )


def _done(facts: PersonFacts) -> Locking:
    """Return the outcome that ``lock_person`` would have."""
    if facts.newest.active:
        return Locking.LOCKED
    return Locking.LEFT if facts.newest.leaving is None else Locking.LET_GO


def _action(facts: PersonFacts) -> DeactivationAction:
    """Return the deactivation of the rules; for a leaver, that of the leaving."""
    if facts.newest.active:
        return facts.connection.rules.on_deactivate
    return facts.newest.deactivation or LeaveAlone()
