"""Which facts does planning a batch need? Sync and the platform load them in turns."""

from collections.abc import Sequence

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import Address
from worker.planning.working_set import LONGEST_YIELD_CHAIN, WorkingSet
from worker.platforms.port import PlatformFacts
from worker.sync.store import SyncStore


async def load_facts(
    working_set: WorkingSet,
    sync: SyncStore,
    platform: PlatformFacts,
    events: Sequence[IdentityChanged],
) -> None:
    """Load the facts for planning these events, once their sync records are locked.

    The holder of an account is read under the lock on the account, so that no other transaction
    can change it.
    """
    if not events:
        return
    await platform.load_accounts(working_set, events)
    await sync.load_holders(working_set)
    await _load_yield_chains(working_set, sync, platform)
    await platform.load_related(working_set, events)
    await sync.load_ledger(working_set, events)


async def _load_yield_chains(
    working_set: WorkingSet, sync: SyncStore, platform: PlatformFacts
) -> None:
    """Load the accounts that may have to yield their addresses, one for the other.

    The platform knows which account has an address, and sync which address its holder waits for.
    """
    loaded = set[Address]()
    for _ in range(LONGEST_YIELD_CHAIN):
        new = working_set.waiting_addresses() - loaded
        if not new:
            return
        loaded |= new
        await platform.load_accounts_at(working_set, new)
        await sync.load_holders(working_set)
