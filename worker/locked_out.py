"""How long does a lane wait for a row that somebody holds? A moment; then that event is set aside.

Somebody's forgotten session may hold a row for hours. An event that needs it is no worse for that,
so that it never becomes a failure by it, and everybody else's are applied meanwhile.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from contracts.topology import RETRY_DELAYS, Lane

PATIENCE = {Lane.URGENT: 1.2, Lane.BULK: 3.0}
"""Seconds that a batch waits for each lock. Workers that meet at one workspace take turns, and have
to have had theirs; and PostgreSQL looks for deadlocks after a second, which are to be found."""

SHORT_PATIENCE = 0.3
"""Seconds where a lock was waited for in vain just now."""

SUSPECT_SECONDS = 10.0
"""How long a workspace is given less patience after that. Its events wait apart from others."""

LONGEST_DELAY = {Lane.URGENT: 30, Lane.BULK: 120}
"""Seconds until an event is looked at again at the latest, however long it is locked out: a leaver
goes soon after the lock does, and a hundred thousand joiners do not run in circles."""


def delay_of(lane: Lane, attempts: int) -> int:
    """Return the seconds that an event waits which is locked out after so many earlier tries."""
    tier = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)]
    return min(tier, LONGEST_DELAY[lane])


class OfWorkspace(Protocol):
    """What belongs to a workspace."""

    @property
    def workspace(self) -> str:
        """Which one."""
        ...


ArrivedT = TypeVar("ArrivedT", bound=OfWorkspace)


class Suspects:
    """The workspaces in which a lock was waited for in vain just now."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, workspaces: Collection[str]) -> None:
        """Suspect workspaces for a while."""
        until = asyncio.get_running_loop().time() + SUSPECT_SECONDS
        self._until.update(dict.fromkeys(workspaces, until))

    def split(self, arrived: Sequence[ArrivedT]) -> tuple[list[ArrivedT], list[ArrivedT]]:
        """Return those of suspected workspaces, and the others."""
        now = asyncio.get_running_loop().time()
        self._until = {name: until for name, until in self._until.items() if until > now}
        suspected: list[ArrivedT] = []
        others: list[ArrivedT] = []
        for one in arrived:
            (suspected if one.workspace in self._until else others).append(one)
        return suspected, others
