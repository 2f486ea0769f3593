"""How do dirty identities reach workers? The relay leases marks, publishes, and clears them.

A crash at any point repeats a publication and never loses one: a mark is cleared only when its
parcel is confirmed and its identity has no newer version.
"""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Sequence

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox import room
from api.outbox.batches import Batch, Batches
from api.outbox.bundle_bytes import BundleBytes, next_bytes
from api.outbox.bundles import outcomes_of, shipments
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import are_ready
from api.outbox.parcels import LARGEST_EVENT, TOO_LARGE, Packed
from api.outbox.pauses import (
    LARGEST_BATCH,
    SHORTEST_LOOK,
    is_unavailable,
    next_size,
    pause_after,
    rest_after,
)
from api.outbox.room import MOST_WAITING, Room
from api.outbox.settle_outcomes import Outcome, Settler
from api.outbox.traced_batches import Publication, tell_publication
from api.retries import pause, until_stopped
from contracts.clock import Clock, now
from contracts.downstream.devices import Devices
from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane
from contracts.tracing import UNTRACED, Tracing
from contracts.transport import EventOutcome, Publisher, Unknown

SUSPECTS_AT_ONCE = 10
"""Suspects leased at once. A suspect may wait to the timeout of a confirm, which ends the batch."""

FULL_PAUSE = 0.25
"""Seconds between looks at a full lane, in which the quickest worker takes a quarter of its events.
A look declares each queue of the broker, one after the other."""


class Relay:
    """Publishes the marks of both lanes. Several relays may run on one directory.

    :param largest_event: the bytes of the largest event that is given to the publisher.
    :param largest_bundle: the most events in one message; 1 for consumers that read single events.
    :param most_waiting: how many events may wait in the bulk lane of the transport.
    :param chance: returns 0 to 1, so that suspects do not return together.
    :param devices: the devices of leavers, which brakes count; None counts none.
    :param public_url: that of the installation, with which the source of each event begins.
    :param tracing: is told of each batch, and of each event whose trace is sampled.
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
        devices: Devices | None = None,
        public_url: str = "",
        tracing: Tracing = UNTRACED,
    ) -> None:
        self.database = database
        self.publisher = publisher
        self._clock = clock
        self._tracing = tracing
        self._largest_event = largest_event
        self._largest_bundle = largest_bundle
        self._batches = Batches(database, clock, largest_event, devices, public_url)
        self._settler = Settler(database, metrics, clock, chance)
        self._sizes = dict(LARGEST_BATCH)
        self._bundle_bytes = {lane: BundleBytes() for lane in Lane}
        self._unavailable: set[Lane] = set()
        self._room = Room(publisher, room.most_waiting(most_waiting))
        self._bells = {lane: asyncio.Event() for lane in Lane}

    def wake(self, lanes: Collection[Lane] = tuple(Lane)) -> None:
        """Look for marks of the lanes now, after a write in this process."""
        for lane in lanes:
            self._bells[lane].set()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until ``stop`` is set, and settle the batches in hand."""
        async with asyncio.TaskGroup() as clearing:
            clearing.create_task(self._settler.clear_together())
            async with asyncio.TaskGroup() as lanes:
                for lane in Lane:
                    lanes.create_task(self._serve(lane, stop))
                lanes.create_task(self._serve_suspects(stop))
                await stop.wait()
                self.wake()
            self._settler.finish()

    async def _serve(self, lane: Lane, stop: asyncio.Event) -> None:
        idle = SHORTEST_LOOK
        bell = self._bells[lane]
        while not stop.is_set():
            was_woken = bell.is_set()
            bell.clear()
            if not await self._room.has_any(lane):
                await pause(FULL_PAUSE, stop)
                continue
            begun_at = time.monotonic()
            moved, has_more = await self._move_all(lane, stop)
            idle = pause_after(idle, moved=moved, was_woken=was_woken)
            if moved and bell.is_set() and not has_more:
                await pause(rest_after(time.monotonic() - begun_at), stop)
            elif not (stop.is_set() or has_more):
                # New marks do not make an unavailable transport available.
                await pause(idle, stop if lane in self._unavailable else bell)

    async def _move_all(self, lane: Lane, stop: asyncio.Event) -> tuple[bool, bool]:
        """Publish batches while a lane has marks and room, and all goes well.

        Further marks are leased and packed while the confirms of a batch are awaited. Batches are
        published one after the other, so that a broken line makes suspects of one batch only.

        Return whether marks were settled, and whether there may be more that can be published.
        """
        moved = False
        batch = await self._next(lane, stop)
        while batch.events:
            async with asyncio.TaskGroup() as both:
                sending = both.create_task(self._send_until(stop, lane, batch))
                ahead = both.create_task(self._next_after(batch, lane, stop))
            batch = ahead.result()
            if stop.is_set() or not sending.result():
                await until_stopped(stop)(self._batches.give_back, batch.events)
                return moved, False
            moved = True
        return moved, batch.has_more

    async def _next(self, lane: Lane, stop: asyncio.Event) -> Batch:
        """Lease a batch, which takes its room in the lane at once."""
        batch: Batch | None
        batch = await until_stopped(stop)(self._lease, MarkSelection(lane), self._sizes[lane])
        return batch or Batch()

    async def _next_after(self, batch: Batch, lane: Lane, stop: asyncio.Event) -> Batch:
        """Lease a batch if there may be marks after another one, and room for them."""
        if stop.is_set() or not batch.has_more:
            return Batch()
        if not await self._room.has_any(lane):
            return Batch(has_more=True)
        return await self._next(lane, stop)

    async def _send_until(self, stop: asyncio.Event, lane: Lane, batch: Batch) -> int:
        settled: int | None = await until_stopped(stop)(self._send, lane, batch)
        return settled or 0

    async def _lease(self, selection: MarkSelection, most: int) -> Batch:
        batch = await self._batches.next(selection, most)
        self._room.fill(selection.lane, len(batch.events))
        return batch

    async def move(self, lane: Lane) -> int:
        """Publish one batch of a lane and settle it at once.

        Return the number of marks cleared or rejected; 0 where the transport was unavailable.
        """
        batch = await self._lease(MarkSelection(lane), self._sizes[lane])
        settled = await self._send(lane, batch) if batch.events else 0
        await self._settler.clear()
        return settled

    async def _send(self, lane: Lane, batch: Batch) -> int:
        """Publish the events of a batch and settle them; return as ``move`` does."""
        sent_at = self._clock()
        outcomes = await self._publish(lane, batch.events)
        answered_at = self._clock()
        settled = await self._settle(lane, batch, outcomes, sent_at, answered_at)
        told = [outcome for _, outcome in outcomes]
        self._sizes[lane] = next_size(self._sizes[lane], lane, told)
        if is_unavailable(told):
            self._unavailable.add(lane)
            return 0
        self._unavailable.discard(lane)
        return settled

    async def _settle(
        self,
        lane: Lane,
        batch: Batch,
        outcomes: Sequence[Outcome],
        sent_at: int,
        answered_at: int,
    ) -> int:
        """Report and settle the outcomes of events; return how many were cleared or rejected."""
        self._settler.report(lane, outcomes)
        settled = await self._settler.settle(outcomes)
        told = Publication(lane, batch, outcomes, sent_at, answered_at, self._clock())
        await tell_publication(self._tracing, told)
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
        told = await self.publisher.publish([it.parcel(lane) for it in made])
        shipped = list(zip(made, told, strict=True))
        self._bundle_bytes[lane] = next_bytes(self._bundle_bytes[lane], shipped)
        for shipment, outcome in shipped:
            outcomes += zip(shipment.events, outcomes_of(shipment, outcome), strict=True)
        return outcomes

    # --- suspects -----------------------------------------------------------------------------

    async def _serve_suspects(self, stop: asyncio.Event) -> None:
        idle = SHORTEST_LOOK
        while not stop.is_set():
            moved: int | None = await until_stopped(stop)(self.move_suspects)
            idle = pause_after(idle, moved=bool(moved), was_woken=False)
            if not moved:
                await pause(idle, stop)

    async def move_suspects(self) -> int:
        """Publish some suspects, each alone, the urgent lane first; return how many were settled.

        The first failure gives the others back: the line may be broken for a while.
        """
        await self._batches.make_due_ready()
        selections = [MarkSelection(lane, suspect=True) for lane in Lane]
        async with self.database.read() as db:
            are_any = await are_ready(db, *selections)
        for selection, is_any in zip(selections, are_any, strict=True):
            if is_any and (batch := await self._batches.next(selection, SUSPECTS_AT_ONCE)).events:
                return await self._publish_apart(selection.lane, batch)
        return 0

    async def _publish_apart(self, lane: Lane, suspects: Batch) -> int:
        settled = 0
        for index, it in enumerate(suspects.events):
            sent_at = self._clock()
            outcome = TOO_LARGE if it.is_too_large else await self._publish_alone(lane, it)
            answered_at = self._clock()
            settled += await self._settle(lane, suspects, [(it, outcome)], sent_at, answered_at)
            if isinstance(outcome, Unknown):
                await self._batches.give_back(suspects.events[index + 1 :])
                break
        await self._settler.clear()
        return settled

    async def _publish_alone(self, lane: Lane, event: Packed) -> EventOutcome:
        [shipment] = shipments([event], 1, 0)
        outcome = await self.publisher.publish_alone(shipment.parcel(lane))
        [told] = outcomes_of(shipment, outcome)
        return told
