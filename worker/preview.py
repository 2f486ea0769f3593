"""What would events do downstream? The preview plans them on a snapshot, and tells each effect.

Nothing is written, and no row is locked: workers go on meanwhile. The events are planned as those
of a batch, page by page. Refused identities that have lost their obstacle are planned again
afterwards.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from contracts.downstream.preview import PlannedEffect
from contracts.identity_changed import IdentityChanged, UndecodableEvent, decode
from contracts.time_slice import TimeSlice
from worker.dialects import DownstreamDatabase
from worker.load_facts import load_facts
from worker.plan_batch import Decide, plan_each
from worker.planning.changes import RefusedIdentity
from worker.planning.effects import effect_of_refusal, effects_of
from worker.planning.facts import IdentityKey, key_of_event
from worker.planning.paged_working_set import PagedWorkingSet
from worker.planning.plan import plan, replan
from worker.platforms.sql.snapshot import SnapshotFacts
from worker.sync.store import SyncStore

T = TypeVar("T")

PAGE = 1_000
"""Events whose facts are loaded together."""

MOST_ROUNDS = 10
"""Rounds in which refused identities are planned again; each frees identities for the next."""


@dataclass(frozen=True, slots=True)
class PlannedPreview:
    """The Preview of the stored state."""

    database: DownstreamDatabase

    async def of(
        self, events: AsyncIterator[Sequence[IdentityChanged]]
    ) -> AsyncIterator[PlannedEffect]:
        """Yield the effects of events, then the refusals that would remain."""
        async with self.database.snapshot() as db, db.begin():
            planning = _Planning(SyncStore(db), SnapshotFacts(db))
            async for given in events:
                for page in _pages(given):
                    async for effect in planning.follow(page, plan):
                        yield effect
            async for effect in planning.follow_freed():
                yield effect
            async for effect in planning.refusals():
                yield effect


@dataclass(frozen=True, slots=True)
class _Planning:
    """A preview so far. ``superseded`` are refused identities that the preview has an event for.

    ``others`` are refused identities that it has none for, and that were planned again.
    """

    sync: SyncStore
    platform: SnapshotFacts
    working_set: PagedWorkingSet = field(default_factory=PagedWorkingSet)
    superseded: set[IdentityKey] = field(default_factory=set)
    others: set[IdentityKey] = field(default_factory=set)

    async def follow(
        self, events: Sequence[IdentityChanged], decide: Decide
    ) -> AsyncIterator[PlannedEffect]:
        """Plan a page of events, and yield the effects of their plans."""
        refused = await self._load(events)
        if decide is plan:
            self.superseded.update(refused)
        time_slice = TimeSlice()
        for event, planned in plan_each(self.working_set, events, decide):
            for effect in effects_of(planned, event, self.working_set):
                yield effect
            await time_slice.pause_if_over()
        self.working_set.forget_unchanged()

    async def follow_freed(self) -> AsyncIterator[PlannedEffect]:
        """Plan refused identities again, as long as something is freed for them."""
        looked_for = set[str]()
        for _ in range(MOST_ROUNDS):
            freed = self.working_set.changes.freed - looked_for
            looked_for |= freed
            due = await self._due(freed)
            if not due:
                return
            for page in _pages(due):
                async for effect in self.follow(page, replan):
                    yield effect

    async def refusals(self) -> AsyncIterator[PlannedEffect]:
        """Yield the refusals of the given events that remain."""
        refused = self.working_set.refused
        for page in _pages(refused[key] for key in sorted(refused.keys() - self.others)):
            await self._load([waiting.event for waiting in page])
            for waiting in page:
                for effect in self._effects_of_refusals(waiting):
                    yield effect
            self.working_set.forget_unchanged()

    def _effects_of_refusals(self, waiting: RefusedIdentity) -> Iterable[PlannedEffect]:
        facts = self.working_set.facts_for(waiting.event)
        return (effect_of_refusal(it, waiting.event, facts) for it in waiting.refusals)

    async def _load(self, events: Sequence[IdentityChanged]) -> frozenset[IdentityKey]:
        """Load the facts for a page of events; return the identities that are stored as refused."""
        refused = await self.sync.read_records(self.working_set, list(map(key_of_event, events)))
        await load_facts(self.working_set, self.sync, self.platform, events)
        return refused

    async def _due(self, freed: Collection[str]) -> Sequence[IdentityChanged]:
        """Return the newest events of refused identities that have lost an obstacle."""
        working_set = self.working_set
        due, refused = set(working_set.due), working_set.refused
        working_set.due.clear()
        found = await self.sync.find_stored(freed, due - refused.keys())
        given = self.superseded | refused.keys()
        stored = _readable(event for key, event in found if key not in given)
        self.others.update(map(key_of_event, stored))
        return [refused[key].event for key in due & refused.keys()] + stored


def _readable(events: Iterable[str]) -> list[IdentityChanged]:
    """Return the stored events that can be read; the others would fail, and change nothing."""
    readable = []
    for event in events:
        with suppress(UndecodableEvent):
            readable.append(decode(event.encode()).data)
    return readable


def _pages(items: Iterable[T]) -> Iterable[list[T]]:
    """Return the items in lists of as many as are loaded together."""
    rest = iter(items)
    while page := list(islice(rest, PAGE)):
        yield page
