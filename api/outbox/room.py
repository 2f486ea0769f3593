"""How many events may wait in the transport? Leases set the order only while they are few.

Queues know no workspaces: an event in a queue precedes every later one, be it a leaver of another
workspace. Marks that are not published yet still coalesce.
"""

import time
from collections.abc import Callable, Mapping

from contracts.topology import Lane
from contracts.transport import Publisher, TransportState

MOST_WAITING = 10_000
"""Events in the bulk lane: three seconds of work for one worker, and enough for ten."""

URGENT_SHARE = 5
"""The urgent lane has this fraction (1/5) of the bulk lane, so that leavers wait for seconds."""


LOOK_HOLDS = 5.0
"""Seconds for which a look holds that has found a worker that reads bundles, or none."""


def most_waiting(bulk: int) -> Mapping[Lane, int]:
    """Return how many events may wait in each lane."""
    return {Lane.BULK: bulk, Lane.URGENT: max(1, bulk // URGENT_SHARE)}


class Room:
    """The room that one relay finds in the lanes of a transport.

    The transport is counted again once the relay has filled the room, so that several relays may
    find the same room and fill it once each. Where the transport cannot be counted, there is room.
    """

    def __init__(
        self,
        publisher: Publisher,
        most: Mapping[Lane, int],
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._most = most
        self._watch = watch
        self._left = dict.fromkeys(Lane, 0)
        self._takes_bundles = False
        self._looked_at = -LOOK_HOLDS

    async def has_any(self, lane: Lane) -> bool:
        """Return whether a lane has room for an event."""
        if self._left[lane] <= 0:
            backlog = (await self._look()).backlog
            waiting = 0 if backlog is None else backlog.most_waiting(lane)
            self._left[lane] = self._most[lane] - waiting
        return self._left[lane] > 0

    async def takes_bundles(self) -> bool:
        """Return whether a worker that reads bundles was there at a look a few seconds ago."""
        if self._watch() - self._looked_at >= LOOK_HOLDS:
            await self._look()
        return self._takes_bundles

    def fill(self, lane: Lane, events: int) -> None:
        """Take the room of published events."""
        self._left[lane] -= events

    async def _look(self) -> TransportState:
        state = await self._publisher.inspect()
        self._takes_bundles, self._looked_at = state.takes_bundles, self._watch()
        return state
