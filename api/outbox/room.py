"""How many events may lie in the transport? So few that whose turn it is stays with the leases.

Queues know no workspaces. What lies in one of them goes before whatever comes later, be it a
leaver of somebody else; and what is not published yet still coalesces.
"""

from collections.abc import Mapping

from contracts.topology import Lane
from contracts.transport import Publisher

MOST_WAITING = 10_000
"""Events in the bulk lane: three seconds of one worker, and work for ten that come to help."""

URGENT_SHARE = 5
"""The urgent lane has one part of so many: leavers of others are applied within seconds."""


def most_waiting(bulk: int) -> Mapping[Lane, int]:
    """Return how many events may wait in each lane."""
    return {Lane.BULK: bulk, Lane.URGENT: max(1, bulk // URGENT_SHARE)}


class Room:
    """The room that one relay finds in the lanes of a transport.

    It looks again once it has filled what it has found, so that several relays may find the same
    room: they fill a lane once each, at most. Where nobody can count, there is room.
    """

    def __init__(self, publisher: Publisher, most: Mapping[Lane, int]) -> None:
        self._publisher = publisher
        self._most = most
        self._left = dict.fromkeys(Lane, 0)

    async def has_any(self, lane: Lane) -> bool:
        """Say whether something may be published in a lane."""
        if self._left[lane] <= 0:
            backlog = (await self._publisher.inspect()).backlog
            waiting = 0 if backlog is None else backlog.waiting[lane]
            self._left[lane] = self._most[lane] - waiting
        return self._left[lane] > 0

    def fill(self, lane: Lane, parcels: int) -> None:
        """Take in that so many have been published."""
        self._left[lane] -= parcels
