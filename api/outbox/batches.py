"""Which events are published next? Batches of leased marks, which are packed without any lock."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.directory.dialects import DirectoryDatabase
from api.outbox import settling
from api.outbox.due_marks import is_any_due, make_due_ready
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import lease
from api.outbox.parcels import Packed, load, pack
from contracts.clock import Clock

LEASE_SECONDS = 60
"""The length of a lease, longer than a batch takes; after a crash, marks wait so long."""

LEASE = LEASE_SECONDS * 1_000_000
READY_INTERVAL = 250_000
"""Microseconds between looks for due marks, as long as the shortest pause of a suspect."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of leased marks. ``has_more``: there may be further marks to be leased."""

    events: Sequence[Packed] = ()
    has_more: bool = False


class Batches:
    """Leases marks for one relay, and remembers which workspaces have had their turn.

    :param largest_event: the bytes of the largest event that is given to the publisher.
    """

    def __init__(self, database: DirectoryDatabase, clock: Clock, largest_event: int) -> None:
        self._database = database
        self._clock = clock
        self._largest_event = largest_event
        self._last_served: dict[MarkSelection, str] = {}
        self._readied_at = 0

    async def next(self, selection: MarkSelection, most: int) -> Batch:
        """Lease a batch and pack it, which is a single statement for marks of few workspaces.

        Rendering waits until no lock is held.
        """
        await self.make_due_ready()
        until = self._clock() + LEASE
        async with self._database.write_at_once() as db:
            after = self._last_served.get(selection, "")
            leased = await lease(db, selection, most, until, after)
            loaded = await load(db, leased, self._largest_event)
            await settling.give_back(db, loaded.left_over)
        self._last_served[selection] = leased.last_served
        events = await pack(loaded.drafts, self._largest_event)
        return Batch(events, has_more=leased.has_more or bool(loaded.left_over))

    async def give_back(self, events: Sequence[Packed]) -> None:
        """Make the marks of events ready again that were not published."""
        if events:
            async with self._database.write_at_once() as db:
                await settling.give_back(db, [it.mark for it in events])

    async def make_due_ready(self) -> None:
        """Make due marks ready, unless that was done a moment ago."""
        now = self._clock()
        if 0 <= now - self._readied_at < READY_INTERVAL:
            return
        async with self._database.read() as db:
            is_any = await is_any_due(db, now, LEASE)
        if is_any:
            async with self._database.write() as db:
                await make_due_ready(db, now, LEASE)
        self._readied_at = now
