"""Which leavers does the directory not know? A reconciliation finds them; no resync marks them.

Downstream knows that they have left, while the directory, which was restored, shows them as active.
"""

from collections.abc import Sequence

from api.directory.dialects import DirectoryDatabase
from api.reconciliation.reconcile import Reconciliation
from api.reconciliation.verdicts import Finding, Moment, Verdict
from contracts.clock import Clock, now
from contracts.downstream.sync_states import SyncStates


async def unknown_leavers(
    directory: DirectoryDatabase,
    states: SyncStates,
    connection: str,
    identity: str | None = None,
    clock: Clock = now,
) -> Sequence[Finding]:
    """Return the unknown leavers of a connection, or of a single identity."""
    reconciliation = settled_reconciliation(directory, states, clock)
    if identity is None:
        return await reconciliation.with_verdicts({Verdict.LEFT}, connection)
    found = await reconciliation.of_identities([(connection, identity)])
    return [it for it in found if it.verdict is Verdict.LEFT]


def settled_reconciliation(
    directory: DirectoryDatabase, states: SyncStates, clock: Clock = now
) -> Reconciliation:
    """Return a reconciliation that takes every published event for arrived, none for pending."""
    at = clock()
    return Reconciliation(directory, states, Moment(at, settled_before=at))
