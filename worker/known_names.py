"""Which rows are there, as far as a process knows? Names are remembered for a while."""

import time
from collections.abc import Callable, Iterable

KNOWN_SECONDS = 60.0
"""Seconds that a name is known: a row that is taken away behind the worker's back, as by a restore
of its database, is made again within this time."""


class KnownNames:
    """The names of committed rows that this process has met lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def add(self, names: Iterable[str]) -> None:
        """Know names for the next ``KNOWN_SECONDS``."""
        self._until.update(dict.fromkeys(names, self._clock() + KNOWN_SECONDS))

    def missing_of(self, names: Iterable[str]) -> list[str]:
        """Return those of some names that are not known, in order."""
        now = self._clock()
        return sorted(name for name in set(names) if self._until.get(name, now) <= now)

    def forget(self, names: Iterable[str]) -> None:
        """Forget names whose rows turn out to be missing."""
        for name in names:
            self._until.pop(name, None)
