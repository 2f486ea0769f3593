"""How far has every identity come? The report counts them by released and applied versions."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import IdentityVersion
from api.reconciliation.pairs import all_pairs
from api.reconciliation.verdicts import UNSEEN, unknown_leaving
from contracts.clock import seconds_since
from contracts.downstream.sync_states import SyncState, SyncStates


@dataclass(slots=True)
class StatusReport:
    """The numbers of identities by sync state, with the reasons of refusals and failures.

    ``identities`` and ``applied`` leave out deleted identities; a deletion counts as pending until
    it is applied. An identity is in at most one of pending, held, applied, refused and failed,
    except that a refused or failed one can be pending or held again. ``held`` are those whose
    newest state waits for their connection to go live, or whose leaving is held by a brake.
    ``waived`` are those whose held loss was rejected, whichever of these states they are in, and
    ``left`` the leavers unknown to the directory.
    """

    identities: int = 0
    pending: int = 0
    held: int = 0
    oldest_pending_seconds: float = 0.0
    applied: int = 0
    waived: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)

    def count(self, identity: IdentityVersion, state: SyncState, now: int) -> None:
        """Count an identity with its sync state."""
        key = {"connection": identity.connection_id, "identity": identity.identity_id}
        lost = unknown_leaving(identity, state)
        failures = [it for it in (identity.rejected, state.failure) if it is not None]
        unpublished = identity.rejected is not None
        held = identity.held or (identity.dirty and not identity.publishes)
        on_its_way = state.newest_version < identity.version and not (unpublished or held)
        pending = on_its_way or (identity.dirty and not held)
        self.identities += not identity.deleted
        if pending:
            self.pending += 1
            waited = round(seconds_since(identity.since, now), 3)
            self.oldest_pending_seconds = max(self.oldest_pending_seconds, waited)
        self.held += held
        self.waived += identity.waived
        self.refused += [key | asdict(refusal) for refusal in state.refusals]
        self.failed += [key | {"reason": it.kind} | asdict(it) for it in failures]
        if lost:
            self.left.append(key | {"lost": lost})
        settled = not (pending or held or state.refusals or failures or lost)
        self.applied += settled and not identity.deleted

    @classmethod
    def of(cls, parts: Iterable["StatusReport"]) -> "StatusReport":
        """Merge reports on different identities into one."""
        whole = cls()
        for part in parts:
            whole.identities += part.identities
            whole.pending += part.pending
            whole.held += part.held
            oldest = max(whole.oldest_pending_seconds, part.oldest_pending_seconds)
            whole.oldest_pending_seconds = oldest
            whole.applied += part.applied
            whole.waived += part.waived
            whole.refused += part.refused
            whole.failed += part.failed
            whole.left += part.left
        return whole

    def counts(self) -> dict[str, int | float]:
        """Return the numbers of identities in each state, however many reasons each has."""
        lists = {"refused": self.refused, "failed": self.failed, "left": self.left}
        people = {name: len({row["identity"] for row in rows}) for name, rows in lists.items()}
        return {
            "identities": self.identities,
            "pending": self.pending,
            "held": self.held,
            "oldest_pending_seconds": self.oldest_pending_seconds,
            "applied": self.applied,
            "waived": self.waived,
        } | people


async def report(directory: DirectoryDatabase, states: SyncStates, now: int) -> StatusReport:
    """Count all identities of the directory by sync state, in one report."""
    result = StatusReport()
    async for page in all_pairs(directory, states):
        for identity, state in page:
            result.count(identity, state or UNSEEN, now)
    return result
