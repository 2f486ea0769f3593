"""How many events may wait in the transport? Leases set the order only while they are few.

Queues know no workspaces: an event in a queue precedes every later one, be it a leaver of another
workspace. Marks that are not published yet still coalesce.
"""

from collections.abc import Mapping

from contracts.topology import Lane
from contracts.transport import Publisher

MOST_WAITING = 10_000
"""Events in the bulk lane: three seconds of work for one worker, and enough for ten."""

URGENT_SHARE = 5
"""The urgent lane has this fraction (1/5) of the bulk lane, so that leavers wait for seconds."""


def most_waiting(bulk: int) -> Mapping[Lane, int]:
    """Return how many events may wait in each lane."""
    return {Lane.BULK: bulk, Lane.URGENT: max(1, bulk // URGENT_SHARE)}


class Room:
    """The room that one relay finds in the lanes of a transport.

    The transport is counted again once the relay has filled the room, so that several relays may
    find the same room and fill it once each. Where the transport cannot be counted, there is room.
    """

    def __init__(self, publisher: Publisher, most: Mapping[Lane, int]) -> None:
        self._publisher = publisher
        self._most = most
        self._left = dict.fromkeys(Lane, 0)

    async def has_any(self, lane: Lane) -> bool:
        """Return whether a lane has room for an event."""
        if self._left[lane] <= 0:
            backlog = (await self._publisher.inspect()).backlog
            waiting = 0 if backlog is None else backlog.waiting[lane]
            self._left[lane] = self._most[lane] - waiting
        return self._left[lane] > 0

    def fill(self, lane: Lane, parcels: int) -> None:
        """Take the room of published parcels."""
        self._left[lane] -= parcels
