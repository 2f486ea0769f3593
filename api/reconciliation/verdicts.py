"""How does an identity stand? Its versions in directory and downstream decide the verdict. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.directory.identity_listing import IdentityVersion
from contracts.clock import lies_ahead
from contracts.downstream.sync_states import SyncState


class Verdict(StrEnum):
    """The verdicts on an identity.

    ``LEFT`` means that downstream knows of a leaving that the directory has lost, and ``HELD`` that
    the connection does not publish at present.
    """

    IN_STEP = "in_step"
    PENDING = "pending"
    HELD = "held"
    REFUSED = "refused"
    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    FAILED = "failed"
    TAMPERED = "tampered"
    ORPHANED = "orphaned"
    LEFT = "left"


SETTLED_VERDICTS = frozenset({Verdict.IN_STEP, Verdict.PENDING, Verdict.HELD, Verdict.REFUSED})
"""The verdicts of identities without anything to repair."""

LOST_VERDICTS = frozenset({Verdict.MISSING, Verdict.STALE, Verdict.AHEAD})
"""The verdicts of identities whose version is neither applied nor explained nor on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict on an identity; ``differs`` names the attributes that are not as they should be.

    ``applied_version`` is the newest version that downstream has seen, even if it failed, and
    ``deactivated_at`` the version of the newest deactivation; 0 means none.
    """

    connection: str
    identity: str
    verdict: Verdict
    differs: Sequence[str] = ()
    applied_version: int = 0
    deactivated_at: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of a comparison, in microseconds.

    An event that was published earlier than ``settled_before`` is not on its way any more, but
    applied or lost.
    """

    now: int
    settled_before: int

    def is_settled(self, published_at: int | None) -> bool:
        """Return whether an event published at a time has arrived or is lost by now.

        None, which means that no event was published, counts as settled. So does a time that lies
        ahead, which comes from a wrong clock: publishing an event again does no harm, while waiting
        would hide a lost one.
        """
        if published_at is None or published_at < self.settled_before:
            return True
        return lies_ahead(published_at, self.now)


def judge(identity: IdentityVersion, state: SyncState | None, moment: Moment) -> Verdict:
    """Return the verdict on an identity by its versions. Pure."""
    state = state or UNSEEN
    if unknown_leaving(identity, state):
        return Verdict.LEFT  # even if marked: the event would bring the person back
    if _is_ahead(identity, state):
        return Verdict.AHEAD  # even if marked: its version is too old to be applied
    if identity.dirty:
        return Verdict.PENDING if identity.publishes else Verdict.HELD
    if identity.rejected or (state.failure and state.failure.version >= identity.version):
        return Verdict.FAILED
    if state.applied_version == identity.version:
        return Verdict.REFUSED if state.refusals else Verdict.IN_STEP
    if not moment.is_settled(identity.published_at):
        return Verdict.PENDING
    return Verdict.STALE if state.applied_version else Verdict.MISSING


UNSEEN = SyncState(applied_version=0)
"""The sync state of an identity that no event has reached."""


def _is_ahead(identity: IdentityVersion, state: SyncState) -> bool:
    """Return whether downstream knows a newer version, or a newer deactivation.

    The directory has to learn a lost deactivation even of an inactive identity: after the next
    reactivation it would be taken for an unknown leaving.
    """
    unlearnt = state.deactivated_at > identity.deactivated_at and not identity.deleted
    return unlearnt or state.newest_version > identity.version


def unknown_leaving(identity: IdentityVersion, state: SyncState) -> Sequence[str]:
    """Return the signs that a person has left whom the directory takes for active. Pure.

    Deactivations come from the directory, so that only its lost commits bring this about. A sign
    stays until the directory knows the leaving, even after other publications. ``deactivation``
    is a newer deactivation downstream. ``failure`` is a newer event that was given up and may have
    told of the leaving; its content is gone.
    """
    if not identity.active:
        return ()  # no event of an inactive identity brings the person back
    signs = []
    if state.deactivated_at > identity.deactivated_at:
        signs.append("deactivation")
    if state.failure and state.failure.version > identity.version:
        signs.append("failure")
    return signs


def finding_of(identity: IdentityVersion, state: SyncState | None, moment: Moment) -> Finding:
    """Return the finding of an identity, as far as versions tell. Pure."""
    seen = state or UNSEEN
    return Finding(
        identity.connection_id,
        identity.identity_id,
        judge(identity, state, moment),
        unknown_leaving(identity, seen),
        seen.newest_version,
        seen.deactivated_at,
    )
