"""How do events travel? A publisher sends parcels, a consumer receives them as deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contracts.topology import Lane


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way: an encoded event, or a bundle of several.

    ``attempts`` counts the deliveries of an event that ended in a retry. A bundle has none: an
    event that is tried again travels alone.
    """

    message_id: str
    lane: Lane
    body: bytes
    attempts: int = 0
    events: int = 1

    @property
    def is_bundle(self) -> bool:
        """Return whether the parcel holds several events."""
        return self.events > 1


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The parcel is safe: in a durable queue, or applied downstream. Its mark may be cleared."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The worker could not apply the event and wants the parcel again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """The parcel may or may not have arrived and has to be sent again. ``reason`` is for the log.

    ``suspect``: the connection was lost while the parcel was on its way, so the parcel may be the
    cause. Otherwise the state of the transport is the cause.
    """

    reason: str
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The transport will never take the parcel as it is. ``reason`` holds nothing personal."""

    reason: str


EventOutcome = Confirmed | RetryAfter | Unknown | Rejected


@dataclass(frozen=True, slots=True)
class Apart:
    """The worker has answered the events of a bundle one by one. Outcomes are in their order."""

    outcomes: Sequence[EventOutcome]


PublishOutcome = EventOutcome | Apart


@dataclass(frozen=True, slots=True)
class Backlog:
    """The numbers of events in the transport, without those that a worker has received.

    ``waiting`` counts the events of bundles as well, about as many as there are. ``at_most`` counts
    bundles of an unknown size as full ones; it is empty where every event is counted.
    """

    waiting: Mapping[Lane, int]
    delayed: int = 0
    dead_letters: int = 0
    at_most: Mapping[Lane, int] = field(default_factory=dict)

    def most_waiting(self, lane: Lane) -> int:
        """Return how many events may wait in a lane, if bundles are as large as they can be."""
        return self.at_most.get(lane, self.waiting[lane])

    @property
    def is_empty(self) -> bool:
        """Return whether no event is on its way; dead letters are not."""
        return not (self.delayed or any(self.waiting.values()))


@dataclass(frozen=True, slots=True)
class TransportState:
    """The state of the transport. ``backlog`` is None where it could not be counted.

    ``trouble``: why there is no connection, as far as it is known; it holds nothing personal.
    ``blocked``: the broker takes no messages at present, by an alarm of memory or disk.
    ``incomplete``: exchanges or queues are missing, so that no message can be published.
    ``takes_bundles``: a worker that reads bundles receives those of every lane. Older workers read
    single events only.
    """

    connected: bool
    trouble: str = ""
    blocked: bool = False
    incomplete: bool = False
    takes_bundles: bool = False
    backlog: Backlog | None = None


class Publisher(Protocol):
    """The relay's end of the transport. A failed parcel is an outcome, not an exception."""

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """Send parcels, wait for the outcome of each, and return them in the same order."""
        ...

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        """Send a suspect on a connection of its own, which it may break without harm to others.

        Only this method returns ``Rejected``.
        """
        ...

    async def inspect(self) -> TransportState:
        """Return whether parcels can be sent, and the backlog. A failure is part of the state."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """The event cannot be decoded, and is set aside. ``reason`` holds nothing personal."""

    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The event returns to its lane, to be delivered alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """An event that leaves its bundle, by its position there and with its own encoding."""

    position: int
    body: bytes
    answer: RetryAfter | DeadLettered | Returned


class Delivery(Protocol):
    """A parcel at the worker, which answers it by exactly one of the four methods."""

    @property
    def body(self) -> bytes:
        """The encoded event, or bundle of events."""
        ...

    @property
    def attempts(self) -> int:
        """The number of earlier deliveries of this event that ended in a retry."""
        ...

    @property
    def unanswered(self) -> int:
        """The number of earlier deliveries of this parcel that no worker has answered."""
        ...

    async def ack(self) -> None:
        """Confirm that the effect of the event, or of every event of the bundle, is committed."""
        ...

    async def retry(self, after_seconds: float) -> None:
        """Ask for another delivery after so many seconds."""
        ...

    async def dead_letter(self, reason: str) -> None:
        """Set an undecodable parcel aside for an operator. The reason holds nothing personal."""
        ...

    async def fall_apart(self, parts: Sequence[Part]) -> None:
        """Answer some events of a bundle each in its own way, and confirm all others of it."""
        ...


class Consumer(Protocol):
    """The worker's end of the transport."""

    @property
    def connected(self) -> bool:
        """Return whether deliveries can come, unless a lost connection is not noticed yet."""
        ...

    @property
    def incomplete(self) -> bool:
        """Return whether no delivery can come because queues are missing."""
        ...

    @property
    def trouble(self) -> str:
        """Return why no delivery can come, as far as it is known; it holds nothing personal."""
        ...

    async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
        """Wait for deliveries of a lane; return at least one and at most ``most``."""
        ...

    async def close(self) -> None:
        """Stop receiving; unanswered deliveries come again. Closing twice is harmless."""
        ...
