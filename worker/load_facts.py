"""What has to be known to plan a batch? Sync and the platform take turns in telling it."""

from collections.abc import Sequence

from contracts.identity_changed import IdentityChanged
from worker.planning.working_set import World
from worker.platforms.port import PlatformFacts
from worker.sync.store import SyncStore


async def load_facts(
    world: World, sync: SyncStore, platform: PlatformFacts, events: Sequence[IdentityChanged]
) -> None:
    """Load what planning these events looks at, once their sync records are locked.

    The holders of an account are looked up when the lock on it is held: no other transaction can
    change them then.
    """
    if not events:
        return
    await platform.load_accounts(world, events)
    await sync.load_holders(world)
    await platform.load_takers(world, world.addresses_waited_for())
    await platform.load_related(world, events)
    await sync.load_ledger(world, events)
