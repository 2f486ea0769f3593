"""Does a connection send more than its rate? Each process decides by the share that it has leased.

A process that is alone has all of the rate. Several share it: each has a lease, which the exchange
in the background renews (``api.fairness.rate_exchange``). No request waits for that.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from prometheus_client import Counter

from api.fairness.rate_bucket import Bucket, Rate

MOST_KNOWN = 10_000
"""Connections that are known at a time. Of more, the least recent sender is forgotten."""

FIRST_SHARE = 0.25
"""The share of a rate that a process leases itself before it has heard of the others."""

FORGOTTEN_AFTER = 3.0
"""Seconds of silence after which a process may give its lease of a connection up. It does so once
the lease has as much as a first one, and the reserve is full: no client gains by being silent."""


@dataclass(slots=True)
class Lease:
    """The share of a connection's rate that a process has leased, and its use of late.

    ``asked`` and ``taken`` count the requests since the last exchange, at ``since``. ``reserve`` is
    for leavers, once the rate is used up.
    """

    bucket: Bucket
    since: float
    asked: int = 0
    taken: int = 0
    last: float = 0
    reserve: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """The requests a second of a connection in one process, and the number taken in all.

    Both are since the last exchange.
    """

    connection: str
    asked: int
    taken: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The rest of a connection's rate for all processes, and the share of a single process."""

    left: float
    share: float


@dataclass(slots=True)
class Rates:
    """The rates of all connections in one process.

    :param refusals: counts the requests that are refused, by the name of what was used up.
    :param shared: whether other processes serve the same connections.
    """

    rate: Rate
    refusals: Counter
    shared: bool = False
    clock: Callable[[], float] = monotonic
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Is set when an exchange would be of use: for a connection that is new, or has used up its
    lease."""
    leases: OrderedDict[str, Lease] = field(default_factory=OrderedDict)

    def take(self, connection: str) -> float:
        """Take one request of a connection; return 0, or the seconds until it may come again."""
        now = self.clock()
        lease = self.leases.get(connection)
        if lease is None:
            lease = self._first_lease(connection, now)
        self.leases.move_to_end(connection)
        lease.asked += 1
        lease.last = now
        wait = lease.bucket.take(now)
        if wait:
            self.wanted.set()
        else:
            lease.taken += 1
        return wait

    def take_reserve(self, connection: str) -> bool:
        """Take one request of the reserve, which is as large as the rate in each process."""
        now = self.clock()
        lease = self.leases.get(connection) or self._first_lease(connection, now)
        if lease.reserve is None:
            lease.reserve = Bucket(self.rate, self.rate.burst, now)
        return lease.reserve.take(now) == 0

    def _first_rate(self) -> Rate:
        return self.rate.times(FIRST_SHARE) if self.shared else self.rate

    def _has_recovered(self, lease: Lease, now: float) -> bool:
        """Return whether a first lease would have no more, of rate and reserve alike."""
        lease.bucket.fill(now)
        if lease.bucket.left < self._first_rate().burst:
            return False
        if lease.reserve is None:
            return True
        lease.reserve.fill(now)
        return lease.reserve.left >= lease.reserve.rate.burst

    def _first_lease(self, connection: str, now: float) -> Lease:
        rate = self._first_rate()
        lease = self.leases[connection] = Lease(Bucket(rate, rate.burst, now), now)
        if len(self.leases) > MOST_KNOWN:
            self.leases.popitem(last=False)
        self.wanted.set()
        return lease

    # --- the exchange -------------------------------------------------------------------------

    def demands(self) -> Sequence[Demand]:
        """Return the demands since the last exchange, and forget connections that are silent."""
        now = self.clock()
        for connection, lease in list(self.leases.items()):
            if now - lease.last <= FORGOTTEN_AFTER:
                break  # those that follow have sent later
            if not lease.taken and self._has_recovered(lease, now):
                del self.leases[connection]
        return [
            Demand(connection, _a_second(lease.asked, now - lease.since), lease.taken)
            for connection, lease in self.leases.items()
            if lease.asked
        ]

    def grant(self, demands: Sequence[Demand], grants: Mapping[str, Grant]) -> None:
        """Renew leases, once these demands have been told to the other processes."""
        now = self.clock()
        for demand in demands:
            lease, grant = self.leases.get(demand.connection), grants.get(demand.connection)
            if lease is None or grant is None:
                continue
            lease.taken -= demand.taken
            lease.asked = lease.taken
            lease.since = now
            rate = self.rate.times(grant.share)
            lease.bucket = Bucket(rate, grant.left * grant.share - lease.taken, now)


def _a_second(asked: int, seconds: float) -> int:
    """Return a rate in whole requests, at least one; a moment is too short to tell a rate by."""
    return max(1, round(asked / max(seconds, 0.1)))
