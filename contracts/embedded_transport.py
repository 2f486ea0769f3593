"""How do events travel inside one process? The embedded transport takes the place of the broker.

The transport stores nothing: a parcel is confirmed when the worker has acknowledged it. The mark
in the directory is cleared only then, and so survives a crash.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.topology import Lane
from contracts.transport import (
    Apart,
    Backlog,
    Confirmed,
    DeadLettered,
    Delivery,
    EventOutcome,
    Parcel,
    Part,
    PublishOutcome,
    RetryAfter,
    Returned,
    TransportState,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class EmbeddedDelivery:
    """A parcel at the worker, whose answer is the outcome that the publisher awaits."""

    parcel: Parcel
    outcome: asyncio.Future[PublishOutcome]

    @property
    def body(self) -> bytes:
        return self.parcel.body

    @property
    def attempts(self) -> int:
        return self.parcel.attempts

    @property
    def unanswered(self) -> int:
        return 0

    async def ack(self) -> None:
        self._answer(Confirmed())

    async def retry(self, after_seconds: float) -> None:
        self._answer(RetryAfter(after_seconds))

    async def dead_letter(self, reason: str) -> None:
        self._answer(_outcome_of(DeadLettered(reason)))

    async def fall_apart(self, parts: Sequence[Part]) -> None:
        outcomes: list[EventOutcome] = [Confirmed()] * self.parcel.events
        for part in parts:
            outcomes[part.position] = _outcome_of(part.answer)
        self._answer(Apart(outcomes))

    def _answer(self, outcome: PublishOutcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


def _outcome_of(answer: RetryAfter | DeadLettered | Returned) -> EventOutcome:
    match answer:
        case RetryAfter():
            return answer
        case Returned():
            return Unknown("returned", suspect=True)
        case DeadLettered(reason=reason):
            # There is no queue of dead letters: the mark stays, and the identity shows as pending.
            return Unknown(f"dead letter: {reason}", suspect=True)


class EmbeddedTransport:
    """A Publisher and a Consumer at once, with one queue per lane."""

    def __init__(self) -> None:
        self._queues: dict[Lane, asyncio.Queue[EmbeddedDelivery]] = {
            lane: asyncio.Queue() for lane in Lane
        }
        self._waiting = dict.fromkeys(Lane, 0)
        self._in_flight: set[asyncio.Future[PublishOutcome]] = set()
        self._closed = False

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """Hand the parcels to the worker and wait for its answers."""
        if self._closed:
            return [Unknown("closed") for _ in parcels]
        outcomes = [self._enqueue(parcel) for parcel in parcels]
        try:
            return await asyncio.gather(*outcomes)
        finally:
            self._in_flight.difference_update(outcomes)

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        """Hand over one parcel, like any other: there is no connection to break."""
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        """Count the events that no worker has taken yet."""
        backlog = Backlog(dict(self._waiting))
        return TransportState(connected=self.connected, backlog=backlog, takes_bundles=True)

    @property
    def connected(self) -> bool:
        """Return whether the transport is open."""
        return not self._closed

    @property
    def incomplete(self) -> bool:
        """Return whether queues are missing, which they never are."""
        return False

    @property
    def trouble(self) -> str:
        """Return no trouble, because memory has none."""
        return ""

    async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
        """Wait for a parcel of the lane, and take those queued behind it, ``most`` in all."""
        queue = self._queues[lane]
        deliveries = [await queue.get()]
        while len(deliveries) < most and not queue.empty():
            deliveries.append(queue.get_nowait())
        self._waiting[lane] -= sum(it.parcel.events for it in deliveries)
        return deliveries

    async def close(self) -> None:
        """Answer the parcels in flight with Unknown, and later ones too."""
        self._closed = True
        for outcome in self._in_flight:
            if not outcome.done():
                outcome.set_result(Unknown("closed"))

    def _enqueue(self, parcel: Parcel) -> asyncio.Future[PublishOutcome]:
        outcome: asyncio.Future[PublishOutcome] = asyncio.get_running_loop().create_future()
        self._in_flight.add(outcome)
        self._waiting[parcel.lane] += parcel.events
        self._queues[parcel.lane].put_nowait(EmbeddedDelivery(parcel, outcome))
        return outcome
