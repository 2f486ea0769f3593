"""Which events are published next? A relay leases a batch of marks, and packs it without a lock."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import DirectoryDatabase
from api.outbox import settling
from api.outbox.due_marks import is_any_due, make_due_ready
from api.outbox.judge_admins import judge_admins
from api.outbox.judge_leavings import judge_leavings
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import Leased, lease
from api.outbox.parcels import Load, Packed, load, pack
from contracts.clock import Clock
from contracts.downstream.devices import Devices

LEASE_SECONDS = 60
"""The length of a lease, longer than a batch takes; after a crash, marks wait so long."""

LEASE = LEASE_SECONDS * 1_000_000
READY_INTERVAL = 250_000
"""Microseconds between looks for due marks, as long as the shortest pause of a suspect."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of marks. ``has_more``: there may be further marks to be leased.

    ``begun_at`` is the time before the lease, in microseconds.
    """

    events: Sequence[Packed] = ()
    has_more: bool = False
    begun_at: int = 0


class Batches:
    """Leases marks for one relay, and remembers which workspaces have had their turn.

    :param largest_event: the bytes of the largest event that is given to the publisher.
    :param devices: the devices of leavers, which brakes count.
    :param public_url: that of the installation, with which the source of each event begins.
    """

    def __init__(
        self,
        database: DirectoryDatabase,
        clock: Clock,
        largest_event: int,
        devices: Devices | None = None,
        public_url: str = "",
    ) -> None:
        self._database = database
        self._devices = devices
        self._clock = clock
        self._largest_event = largest_event
        self._public_url = public_url
        self._last_served: dict[MarkSelection, str] = {}
        self._readied_at = 0

    async def next(self, selection: MarkSelection, most: int) -> Batch:
        """Lease a batch, by a single statement for marks of few workspaces, and pack it.

        Leavings, and losses of the Admin role, are judged by the brakes of their connections first.
        Rendering waits until no lock is held.
        """
        await self.make_due_ready()
        begun_at = self._clock()
        until = begun_at + LEASE
        async with self._database.write_at_once() as db:
            after = self._last_served.get(selection, "")
            leased = await lease(db, selection, most, until, after)
            loaded = None if leased.leavings else await self._load(db, leased)
        if loaded is None:
            now = self._clock()
            leased = await judge_leavings(self._database, leased, now, self._devices)
            async with self._database.write_at_once() as db:
                loaded = await self._load(db, leased)
        self._last_served[selection] = leased.last_served
        drafts = await judge_admins(self._database, loaded.drafts, self._clock())
        events = await pack(drafts, self._largest_event, self._public_url)
        return Batch(events, leased.has_more or bool(loaded.left_over), begun_at)

    async def _load(self, db: AsyncConnection, leased: Leased) -> Load:
        """Return the drafts to be packed, and give the marks back that have to wait."""
        loaded = await load(db, leased, self._largest_event)
        await settling.give_back(db, loaded.left_over)
        return loaded

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
