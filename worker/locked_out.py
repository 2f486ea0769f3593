"""How long does a lane wait for a locked row? A lock times out, and its event is retried later.

A forgotten session may hold a row for hours. An event that needs this row never becomes a failure
by it, and the events of all other identities are applied meanwhile.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from contracts.topology import RETRY_DELAYS, Lane

LOCK_TIMEOUTS = {Lane.URGENT: 1.2, Lane.BULK: 3.0}
"""Seconds that a batch waits for each lock. Batches of several workers for one workspace run one
after the other within this time, and PostgreSQL finds deadlocks, which it looks for after 1 s."""

SHORT_LOCK_TIMEOUT = 0.3
"""Seconds that a batch waits for each lock after a lock has timed out lately."""

CONTENDED_SECONDS = 10.0
"""Seconds that the short time-out holds for a workspace, whose events have batches of their own."""

LONGEST_DELAY = {Lane.URGENT: 30, Lane.BULK: 120}
"""The longest seconds between two attempts at a locked-out event: a leaver is applied soon after
the lock is released, and a hundred thousand joiners are not retried without pause."""

SOON = {Lane.URGENT: 6, Lane.BULK: 1}
"""How many attempts come after the shortest delay. A lock of half a minute belongs to a forgotten
session, a shorter one to a transaction that is slow: on a busy disk that may be another worker's,
and leavers who met it would wait six times as long as it took."""


def delay_of(lane: Lane, attempts: int) -> int:
    """Return the seconds until the next attempt at a locked-out event after so many attempts."""
    tier = min(max(0, attempts + 1 - SOON[lane]), len(RETRY_DELAYS) - 1)
    return min(RETRY_DELAYS[tier], LONGEST_DELAY[lane])


class OfWorkspace(Protocol):
    """An item that belongs to a workspace."""

    @property
    def workspace(self) -> str:
        """The name of the workspace."""
        ...


ItemT = TypeVar("ItemT", bound=OfWorkspace)


class ContendedWorkspaces:
    """The workspaces in which a lock has timed out lately."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, workspaces: Collection[str]) -> None:
        """Take workspaces for contended during the next ``CONTENDED_SECONDS``."""
        until = asyncio.get_running_loop().time() + CONTENDED_SECONDS
        self._until.update(dict.fromkeys(workspaces, until))

    def split(self, items: Sequence[ItemT]) -> tuple[list[ItemT], list[ItemT]]:
        """Return the items of contended workspaces, and all others."""
        now = asyncio.get_running_loop().time()
        self._until = {name: until for name, until in self._until.items() if until > now}
        contended: list[ItemT] = []
        free: list[ItemT] = []
        for item in items:
            (contended if item.workspace in self._until else free).append(item)
        return contended, free
