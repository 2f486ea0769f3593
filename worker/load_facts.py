"""What has to be known to plan a batch? Sync and the platform take turns in telling it."""

from collections.abc import Sequence

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import Address
from worker.planning.working_set import LONGEST_LINE, WorkingSet
from worker.platforms.port import PlatformFacts
from worker.sync.store import SyncStore


async def load_facts(
    working_set: WorkingSet,
    sync: SyncStore,
    platform: PlatformFacts,
    events: Sequence[IdentityChanged],
) -> None:
    """Load what planning these events looks at, once their sync records are locked.

    The holders of an account are looked up when the lock on it is held: no other transaction can
    change them then.
    """
    if not events:
        return
    await platform.load_accounts(working_set, events)
    await sync.load_holders(working_set)
    await _load_takers(working_set, sync, platform)
    await platform.load_related(working_set, events)
    await sync.load_ledger(working_set, events)


async def _load_takers(working_set: WorkingSet, sync: SyncStore, platform: PlatformFacts) -> None:
    """Load the accounts that may have to make way, one for the other.

    The platform knows which account has an address, and sync which address its holder waits for.
    """
    asked = set[Address]()
    for _ in range(LONGEST_LINE):
        new = working_set.addresses_waited_for() - asked
        if not new:
            return
        asked |= new
        await platform.load_takers(working_set, new)
        await sync.load_holders(working_set)
