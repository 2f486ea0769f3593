"""How does an identity stand? A pure decision over its versions in directory and downstream."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.directory.identity_listing import IdentityVersion
from contracts.clock import lies_ahead
from contracts.downstream_facts import SyncState


class Verdict(StrEnum):
    """How an identity stands.

    ``LEFT``: downstream knows of a leaving that the directory has lost, and shows nothing of.
    """

    IN_STEP = "in_step"
    PENDING = "pending"
    REFUSED = "refused"
    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    FAILED = "failed"
    TAMPERED = "tampered"
    ORPHANED = "orphaned"
    LEFT = "left"


SETTLED_VERDICTS = frozenset({Verdict.IN_STEP, Verdict.PENDING, Verdict.REFUSED})
"""Nothing to repair here."""

LOST_VERDICTS = frozenset({Verdict.MISSING, Verdict.STALE, Verdict.AHEAD})
"""Neither applied nor explained, though nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How an identity stands; ``differs`` names what of it is not as it should be.

    ``applied_version`` is the newest that downstream has seen of it, be it a failure, and
    ``deactivated_at`` that of the newest deactivation; 0: none.
    """

    connection: str
    identity: str
    verdict: Verdict
    differs: Sequence[str] = ()
    applied_version: int = 0
    deactivated_at: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """When a comparison is made, in microseconds.

    ``settled_before``: what was published earlier is not on its way any more; it was applied, or
    it is lost.
    """

    now: int
    settled_before: int

    def is_settled(self, published_at: int | None) -> bool:
        """Say whether a publication has arrived by now, if it ever does.

        A time that lies ahead comes from a clock that was wrong, and tells nothing: to publish
        again what is on its way does no harm, while waiting would hide what is lost.
        """
        if published_at is None or published_at < self.settled_before:
            return True
        return lies_ahead(published_at, self.now)


def judge(identity: IdentityVersion, state: SyncState | None, moment: Moment) -> Verdict:
    """Say how an identity stands by its versions. Pure."""
    state = state or UNSEEN
    if unknown_leaving(identity, state):
        return Verdict.LEFT  # be it dirty: a version of the clock would bring them back
    if _is_ahead(identity, state):
        return Verdict.AHEAD  # be it dirty: what would be published is too old to be applied
    if identity.dirty:
        return Verdict.PENDING
    if identity.rejected or (state.failure and state.failure.version >= identity.version):
        return Verdict.FAILED
    if state.applied_version == identity.version:
        return Verdict.REFUSED if state.refusals else Verdict.IN_STEP
    if not moment.is_settled(identity.published_at):
        return Verdict.PENDING
    return Verdict.STALE if state.applied_version else Verdict.MISSING


UNSEEN = SyncState(applied_version=0)
"""The state of an identity of which nothing has arrived."""


def _is_ahead(identity: IdentityVersion, state: SyncState) -> bool:
    """Say whether downstream knows something newer: a version, or a deactivation.

    The directory has to learn a deactivation that it has lost, though the identity is inactive
    there as well: after the next reactivation it would be taken for an unknown leaving.
    """
    unlearnt = state.deactivated_at > identity.deactivated_at and not identity.deleted
    return unlearnt or state.newest_version > identity.version


def unknown_leaving(identity: IdentityVersion, state: SyncState) -> Sequence[str]:
    """Name what says that somebody has left whom the directory takes for active. Pure.

    Only lost commits of the directory bring that about: a deactivation reaches downstream from
    there. It stands until the directory knows it, whatever was published meanwhile. ``failure``:
    a newer event was given up that may have been the leaving; what it said is gone.
    """
    if not identity.active:
        return ()  # nothing that is published of somebody inactive brings them back
    signs = []
    if state.deactivated_at > identity.deactivated_at:
        signs.append("deactivation")
    if state.failure and state.failure.version > identity.version:
        signs.append("failure")
    return signs


def finding_of(identity: IdentityVersion, state: SyncState | None, moment: Moment) -> Finding:
    """Return how an identity stands, as far as versions tell. Pure."""
    seen = state or UNSEEN
    return Finding(
        identity.connection_id,
        identity.identity_id,
        judge(identity, state, moment),
        unknown_leaving(identity, seen),
        seen.newest_version,
        seen.deactivated_at,
    )
