"""Which owner gets the next free slot? Owners take turns, however many slots each asks for.

An owner is a connection, which holds a bounded number of slots at a time. A later owner waits for
one request of every other owner, not for all their requests.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from prometheus_client import Counter as Metric

UNBOUNDED = 1_000_000
"""A total that no process reaches."""


class NoSlot(Exception):
    """An owner asked for more than its share, and no slot became free while it waited."""


@dataclass(slots=True)
class _Queue:
    """The waiting requests and the held slots, by owner; the first owner is served next."""

    waiting: dict[str, deque["asyncio.Future[None]"]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)

    def add(self, owner: str) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(owner, deque()).append(future)
        return future

    def next_within(self, per_owner: int) -> "tuple[str, asyncio.Future[None]] | None":
        """Take the oldest request of the next owner that may hold one more slot."""
        for owner, futures in list(self.waiting.items()):
            while futures and futures[0].done():
                futures.popleft()  # the request was cancelled or timed out
            if not futures:
                del self.waiting[owner]
            elif self.held[owner] < per_owner:
                future = futures.popleft()
                del self.waiting[owner]
                if futures:
                    self.waiting[owner] = futures  # behind all others
                return owner, future
        return None


class FairSlots:
    """Slots that owners share.

    :param total: the slots that all owners hold together, at most.
    :param per_owner: the slots that one owner holds, at most.
    :param reserved: further slots for urgent requests, which are also served first.
    :param patience: the seconds that a request waits for a slot.
    :param refused: counts the requests that waited in vain.
    """

    def __init__(
        self,
        *,
        total: int,
        per_owner: int,
        patience: float,
        reserved: int = 0,
        refused: Metric | None = None,
    ) -> None:
        self._total = total
        self._per_owner = per_owner
        self._reserved = reserved
        self._patience = patience
        self._refused = refused
        self._urgent, self._ordinary = _Queue(), _Queue()

    @asynccontextmanager
    async def slot(self, owner: str, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for a slot, and hold it within the block.

        :raises NoSlot: when no slot became free in time.
        """
        await self.take(owner, urgent=urgent)
        try:
            yield
        finally:
            self.give_back(owner, urgent=urgent)

    async def take(self, owner: str, *, urgent: bool = False) -> None:
        """Wait for a slot, which the caller has to give back.

        :raises NoSlot: when no slot became free in time.
        """
        queue = self._urgent if urgent else self._ordinary
        if (
            not queue.waiting
            and self._has_room(urgent=urgent)
            and queue.held[owner] < self._per_owner
        ):
            queue.held[owner] += 1
            return
        future = queue.add(owner)
        self._grant_free_slots()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._wait_until_granted(future, owner, urgent=urgent)
                return
        if self._refused is not None:
            self._refused.inc()
        raise NoSlot

    def give_back(self, owner: str, *, urgent: bool = False) -> None:
        """Give a slot back, which goes to the next request."""
        queue = self._urgent if urgent else self._ordinary
        queue.held[owner] -= 1
        if not queue.held[owner]:
            del queue.held[owner]
        self._grant_free_slots()

    async def _wait_until_granted(
        self, future: "asyncio.Future[None]", owner: str, *, urgent: bool
    ) -> None:
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # the slot came at the same moment
                self.give_back(owner, urgent=urgent)
            raise

    def _has_room(self, *, urgent: bool) -> bool:
        held = self._urgent.held.total() + self._ordinary.held.total()
        return held < self._total + (self._reserved if urgent else 0)

    def _grant_free_slots(self) -> None:
        """Grant free slots: to urgent requests first, and to owners in turn."""
        for queue, urgent in ((self._urgent, True), (self._ordinary, False)):
            while queue.waiting and self._has_room(urgent=urgent):
                served = queue.next_within(self._per_owner)
                if served is None:
                    break
                owner, future = served
                queue.held[owner] += 1
                future.set_result(None)
