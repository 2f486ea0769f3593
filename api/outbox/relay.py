"""How do dirty identities reach workers? The relay leases marks, publishes, and clears them.

A crash at any point repeats a publication and never loses one: a mark is cleared only when its
parcel is confirmed and its identity has no newer version.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from api.batching import Batcher
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox import room, settling
from api.outbox.bundle_bytes import BundleBytes, next_bytes
from api.outbox.bundles import outcomes_of, shipments
from api.outbox.leasing import (
    Mark,
    MarkSelection,
    Waiting,
    is_any_due,
    lease,
    look,
    make_due_ready,
)
from api.outbox.parcels import LARGEST_EVENT, TOO_LARGE, Packed, load, pack
from api.outbox.pauses import (
    LARGEST_BATCH,
    SHORTEST_LOOK,
    is_unavailable,
    next_size,
    pause_after,
    pause_before,
)
from api.outbox.room import MOST_WAITING, Room
from api.retries import pause, until_stopped
from contracts.clock import Clock, now
from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane
from contracts.transport import (
    Confirmed,
    EventOutcome,
    Publisher,
    Rejected,
    RetryAfter,
    Unknown,
)

LOG = structlog.get_logger(__name__)

LEASE_SECONDS = 60
"""The length of a lease, longer than a batch takes; after a crash, marks wait so long."""

LEASE = LEASE_SECONDS * 1_000_000
READY_INTERVAL = 250_000
"""Microseconds between looks for due marks, as long as the shortest pause of a suspect."""

SUSPECTS_AT_ONCE = 10
"""Suspects leased at once. A suspect may wait to the timeout of a confirm, which ends the batch."""

FULL_PAUSE = 0.1
"""Seconds between looks at a full lane, in which workers take at most a tenth of its events."""

Outcome = tuple[Packed, EventOutcome]
"""An event, and what became of it."""


class Relay:
    """Publishes the marks of both lanes. Several relays may run on one directory.

    :param largest_event: the bytes of the largest event that is given to the publisher.
    :param largest_bundle: the most events in one message; 1 for consumers that read single events.
    :param most_waiting: how many events may wait in the bulk lane of the transport.
    :param chance: returns 0 to 1, so that suspects do not return together.
    """

    def __init__(
        self,
        database: DirectoryDatabase,
        publisher: Publisher,
        metrics: ApiMetrics,
        clock: Clock = now,
        *,
        largest_event: int = LARGEST_EVENT,
        largest_bundle: int = LARGEST_BUNDLE[Lane.BULK],
        most_waiting: int = MOST_WAITING,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.database = database
        self.publisher = publisher
        self.metrics = metrics
        self.clock = clock
        self._largest_event = largest_event
        self._largest_bundle = largest_bundle
        self._chance = chance
        self._sizes = dict(LARGEST_BATCH)
        self._bundle_bytes = {lane: BundleBytes() for lane in Lane}
        self._last_served: dict[MarkSelection, str] = {}
        self._unavailable: set[Lane] = set()
        self._with_more: set[MarkSelection] = set()
        self._looks = Batcher(self._look)  # a write wakes both lanes, which then share a look
        self._readied_at = 0
        self._room = Room(publisher, room.most_waiting(most_waiting))
        self._bells = {lane: asyncio.Event() for lane in Lane}

    def wake(self) -> None:
        """Look for marks now, after a write in this process."""
        for bell in self._bells.values():
            bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until ``stop`` is set, and settle the batches in hand."""
        async with asyncio.TaskGroup() as lanes:
            for lane in Lane:
                lanes.create_task(self._serve(lane, stop))
            lanes.create_task(self._serve_suspects(stop))
            await stop.wait()
            self.wake()

    async def _serve(self, lane: Lane, stop: asyncio.Event) -> None:
        idle = SHORTEST_LOOK
        bell = self._bells[lane]
        while not stop.is_set():
            was_woken = bell.is_set()
            bell.clear()
            if not await self._room.has_any(lane):
                await pause(FULL_PAUSE, stop)
                continue
            moved: int | None = await until_stopped(stop)(self.move, lane)
            idle = pause_after(idle, moved=bool(moved), was_woken=was_woken)
            if not (stop.is_set() or (moved and MarkSelection(lane) in self._with_more)):
                # New marks do not make an unavailable transport available.
                await pause(idle, stop if lane in self._unavailable else bell)

    async def _serve_suspects(self, stop: asyncio.Event) -> None:
        idle = SHORTEST_LOOK
        while not stop.is_set():
            moved: int | None = await until_stopped(stop)(self.move_suspects)
            idle = pause_after(idle, moved=bool(moved), was_woken=False)
            if not moved:
                await pause(idle, stop)

    async def move(self, lane: Lane) -> int:
        """Publish one batch of a lane and settle it.

        Return the number of marks cleared or rejected; 0 where the transport was unavailable.
        """
        selection = MarkSelection(lane)
        await self._make_due_ready()
        waiting = await self._looks.submit(selection)
        packed = await self._lease(selection, waiting, self._sizes[lane]) if waiting else ()
        if not packed:
            return 0
        outcomes = await self._publish(lane, packed)
        settled = await self._settle(lane, outcomes)
        told = [outcome for _, outcome in outcomes]
        self._sizes[lane] = next_size(self._sizes[lane], lane, told)
        if is_unavailable(told):
            self._unavailable.add(lane)
            return 0
        self._unavailable.discard(lane)
        return settled

    async def _publish(self, lane: Lane, packed: Sequence[Packed]) -> Sequence[Outcome]:
        """Publish the events of a batch, in bundles where workers read them."""
        fitting = [it for it in packed if not it.is_too_large]
        outcomes: list[Outcome] = [(it, TOO_LARGE) for it in packed if it.is_too_large]
        if not fitting:
            return outcomes
        most = min(self._largest_bundle, LARGEST_BUNDLE[lane]) if len(fitting) > 1 else 1
        if most > 1 and not await self._room.takes_bundles():
            most = 1
        made = shipments(fitting, most, min(self._bundle_bytes[lane].most, self._largest_event))
        self._room.fill(lane, len(fitting))
        told = await self.publisher.publish([it.parcel(lane) for it in made])
        shipped = list(zip(made, told, strict=True))
        self._bundle_bytes[lane] = next_bytes(self._bundle_bytes[lane], shipped)
        for shipment, outcome in shipped:
            outcomes += zip(shipment.events, outcomes_of(shipment, outcome), strict=True)
        return outcomes

    async def move_suspects(self) -> int:
        """Publish some suspects, each alone, the urgent lane first; return how many were settled.

        The first failure gives the others back: the line may be broken for a while.
        """
        await self._make_due_ready()
        selections = [MarkSelection(lane, suspect=True) for lane in Lane]
        for selection, waiting in zip(selections, await self._look(selections), strict=True):
            if waiting and (packed := await self._lease(selection, waiting, SUSPECTS_AT_ONCE)):
                return await self._publish_apart(selection.lane, packed)
        return 0

    async def _publish_apart(self, lane: Lane, suspects: Sequence[Packed]) -> int:
        settled = 0
        for index, it in enumerate(suspects):
            outcome = TOO_LARGE if it.is_too_large else await self._publish_alone(lane, it)
            settled += await self._settle(lane, [(it, outcome)])
            if isinstance(outcome, Unknown):
                async with self.database.write() as db:
                    await settling.give_back(db, [other.mark for other in suspects[index + 1 :]])
                break
        return settled

    async def _publish_alone(self, lane: Lane, event: Packed) -> EventOutcome:
        [shipment] = shipments([event], 1, 0)
        outcome = await self.publisher.publish_alone(shipment.parcel(lane))
        [told] = outcomes_of(shipment, outcome)
        return told

    async def _look(self, selections: Sequence[MarkSelection]) -> Sequence[Waiting]:
        async with self.database.read() as db:
            return await look(db, *selections)

    async def _lease(
        self, selection: MarkSelection, waiting: Waiting, most: int
    ) -> Sequence[Packed]:
        """Lease a batch and pack it; rendering waits until the transaction holds no lock."""
        until = self.clock() + LEASE
        async with self.database.write() as db:
            after = self._last_served.get(selection, "")
            leased = await lease(db, selection, waiting, most, until, after)
            loaded = await load(db, leased.marks, self._largest_event)
            await settling.give_back(db, loaded.left_over)
        self._last_served[selection] = leased.last_served
        if leased.has_more or loaded.left_over:
            self._with_more.add(selection)
        else:
            self._with_more.discard(selection)
        return await pack(loaded.drafts, self._largest_event)

    async def _make_due_ready(self) -> None:
        """Make due marks ready, unless that was done a moment ago."""
        now = self.clock()
        if 0 <= now - self._readied_at < READY_INTERVAL:
            return
        async with self.database.read() as db:
            is_any = await is_any_due(db, now, LEASE)
        if is_any:
            async with self.database.write() as db:
                await make_due_ready(db, now, LEASE)
        self._readied_at = now

    async def _settle(self, lane: Lane, outcomes: Sequence[Outcome]) -> int:
        self._report(lane, outcomes)
        at = self.clock()
        confirmed: list[Mark] = []
        unpublished: list[Mark] = []
        attempted: dict[Mark, int] = {}
        suspects: dict[Mark, int] = {}
        rejected: dict[Mark, str] = {}
        for it, outcome in outcomes:
            mark = it.mark
            match outcome:
                case Confirmed():
                    confirmed.append(mark)
                case RetryAfter(seconds=seconds):
                    attempted[mark] = at + int(seconds * 1_000_000)
                case Unknown(suspect=True):
                    wait = pause_before(mark.failed_publications + 1, self._chance())
                    suspects[mark] = at + int(wait * 1_000_000)
                case Unknown():
                    unpublished.append(mark)
                case Rejected(reason=reason):
                    rejected[mark] = reason
        is_quick = len(confirmed) == len(outcomes)
        async with self.database.write_once() if is_quick else self.database.write() as db:
            await settling.clear(db, confirmed, at)
            await settling.postpone(db, attempted)
            await settling.give_back(db, unpublished)
            await settling.suspect(db, suspects)
            await settling.reject(db, rejected, at)
        return len(confirmed) + len(rejected)

    def _report(self, lane: Lane, outcomes: Sequence[Outcome]) -> None:
        self.metrics.count_publications(lane, [outcome for _, outcome in outcomes])
        reasons = Counter(it.reason for _, it in outcomes if isinstance(it, Unknown))
        for reason, events in reasons.items():
            LOG.warning("publications_unknown", lane=lane, reason=reason, events=events)
        for it, outcome in outcomes:
            if isinstance(outcome, Rejected):
                named = {"connection": it.mark.connection_id, "identity": it.mark.identity_id}
                LOG.error("event_rejected", **named, bytes=it.size, reason=outcome.reason)
