"""How many requests does a rate allow? A bucket fills steadily, and each request takes. Pure.

A full bucket is a burst that is allowed at once, after a time of silence.
"""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate of requests of one connection: how many a second, and how many at once."""

    per_second: float = 200
    """Half of what two cores do in all, and several times what a provider sends."""

    burst: float = 100_000
    """A whole directory, pushed as fast as it is answered."""

    @property
    def full_after(self) -> float:
        """Return the seconds in which an empty bucket fills."""
        return self.burst / self.per_second

    def times(self, share: float) -> "Rate":
        """Return a share of the rate."""
        return Rate(self.per_second * share, self.burst * share)


@dataclass(slots=True)
class Bucket:
    """The rest of a rate, which may be negative.

    ``at`` is the time of that rest, in seconds of a clock that is never set.
    """

    rate: Rate
    left: float
    at: float

    def take(self, now: float) -> float:
        """Take one request; return 0, or if none is left, the seconds until one will be."""
        self.fill(now)
        if self.left >= 1:
            self.left -= 1
            return 0
        return (1 - self.left) / self.rate.per_second

    def fill(self, now: float) -> None:
        """Add the requests that the rate allows since the last time, up to the burst."""
        passed = max(0.0, now - self.at)
        self.left = min(self.rate.burst, self.left + passed * self.rate.per_second)
        self.at = now


LONGEST_WAIT = 60
"""Seconds that a client is told to wait at most."""


def retry_after(wait: float) -> int:
    """Return whole seconds for a client that has to wait."""
    return min(LONGEST_WAIT, max(1, ceil(wait)))
