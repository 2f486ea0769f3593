"""In which sync state is a person? Versions, the connection and refusals decide it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from api.directory.identity_listing import IdentityVersion
from api.reconciliation.verdicts import UNSEEN, unknown_leaving
from contracts.downstream.sync_states import SyncState

BRAKE = "brake"
"""The reason of a person who is held by the brake; the other reason is the connection's state."""

WAIVED = "waived"
"""The reason of an applied person whose held loss was rejected: the person keeps all."""

LEFT = "left"
"""The reason of a person who has left downstream, which the directory has lost."""

AHEAD = "ahead"
"""The reason of a pending person whose newest state is older than that downstream."""


class PersonState(StrEnum):
    """The sync state of a person: the progress of the newest state."""

    PENDING = "pending"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """A sync state with its reason, which few of the applied and of the pending have.

    The reason of a refusal is a word of ``muster status``, that of a failure its kind.
    """

    state: PersonState
    reason: str | None = None


def person_standing(identity: IdentityVersion, state: SyncState | None) -> PersonStanding:
    """Return the sync state of a person. Pure.

    A newer state on its way counts before a refusal or a failure of an older one, which it may end.
    A state that waits for an administrator counts before one that goes on by itself.

    :param state: the state downstream; None, where the person is unknown there.
    """
    state = state or UNSEEN
    if identity.held:
        return PersonStanding(PersonState.HELD, BRAKE)
    if identity.dirty and not identity.publishes:
        return PersonStanding(PersonState.HELD, identity.connection_state)
    if unknown_leaving(identity, state):
        return PersonStanding(PersonState.REFUSED, LEFT)
    if identity.dirty:
        return PersonStanding(PersonState.PENDING)
    if identity.rejected is not None:
        return PersonStanding(PersonState.FAILED, identity.rejected.kind)
    if state.failure is not None and state.failure.version >= identity.version:
        return PersonStanding(PersonState.FAILED, state.failure.kind)
    if state.applied_version != identity.version:
        ahead = AHEAD if state.applied_version > identity.version else None
        return PersonStanding(PersonState.PENDING, ahead)
    if state.refusals:
        reasons = dict.fromkeys(refusal.reason for refusal in state.refusals)
        return PersonStanding(PersonState.REFUSED, ", ".join(reasons))
    return PersonStanding(PersonState.APPLIED, WAIVED if identity.waived else None)
