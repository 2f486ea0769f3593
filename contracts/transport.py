"""How do events travel? The Protocols of publisher, consumer and delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.topology import Lane


@dataclass(frozen=True, slots=True)
class Parcel:
    """An encoded event on its way. ``attempts`` counts the deliveries that asked for another."""

    message_id: str
    lane: Lane
    body: bytes
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The parcel is safe: in a durable queue, or applied downstream. Its mark may be cleared."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The worker could not apply it and wants it again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it arrived, so it has to be sent again. ``reason`` is for the log.

    ``suspect``: it was on its way when contact was lost, so it may be what the transport cannot
    bear. Else that is the state of the transport, and no fault of the parcel.
    """

    reason: str
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The transport will never take it as it is. ``reason`` holds nothing personal."""

    reason: str


PublishOutcome = Confirmed | RetryAfter | Unknown | Rejected


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many parcels lie in the transport. Those that a worker has in hand are not counted."""

    waiting: Mapping[Lane, int]
    delayed: int = 0
    dead_letters: int = 0

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is on its way; dead letters go nowhere."""
        return not (self.delayed or any(self.waiting.values()))


@dataclass(frozen=True, slots=True)
class TransportState:
    """What a look at the transport shows. Without a backlog it could not be counted.

    ``blocked``: the broker takes nothing from publishers just now (an alarm of memory or disk).
    ``incomplete``: exchanges or queues are missing, so that nothing can be published.
    """

    connected: bool
    blocked: bool = False
    incomplete: bool = False
    backlog: Backlog | None = None


class Publisher(Protocol):
    """The relay's end. Every failure of a parcel is an outcome, not an exception."""

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """Send parcels and wait until the fate of each is known; outcomes in the same order."""
        ...

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        """Send a suspect with nothing beside it: what it breaks carries no other parcel.

        Only here does a parcel turn out to be one that is never taken.
        """
        ...

    async def look(self) -> TransportState:
        """Look whether parcels can be sent, and at what lies there. It never fails."""
        ...


class Delivery(Protocol):
    """A parcel at the worker, which has to answer it with exactly one of the three methods."""

    @property
    def body(self) -> bytes:
        """The encoded event."""
        ...

    @property
    def attempts(self) -> int:
        """How often a delivery of this event asked for another before."""
        ...

    async def ack(self) -> None:
        """Say that its effect is committed."""
        ...

    async def retry(self, after_seconds: float) -> None:
        """Ask for it again later."""
        ...

    async def dead_letter(self, reason: str) -> None:
        """Put it aside for a human: it cannot be decoded. The reason holds nothing personal."""
        ...


class Consumer(Protocol):
    """The worker's end."""

    @property
    def connected(self) -> bool:
        """Whether deliveries can come, as far as anybody has noticed."""
        ...

    @property
    def incomplete(self) -> bool:
        """Whether none can come because queues are missing."""
        ...

    async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
        """Wait for deliveries of a lane; return at least one and at most so many."""
        ...

    async def close(self) -> None:
        """Take nothing more; what was not answered comes again. Closing twice is harmless."""
        ...
