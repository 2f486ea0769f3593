"""When is a delivery answered? It is answered when each of its events has an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contracts.identities_changed import Decoded, is_bundle, split
from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent
from contracts.topology import Lane
from contracts.transport import DeadLettered, Delivery, Part, RetryAfter, Returned

MAX_BATCH_SIZES = {Lane.URGENT: 50, Lane.BULK: 200}
"""Events in one transaction. On SQLite both lanes share one writer, so a leaver may wait for a
batch of joiners: 200 take some 50 ms. On PostgreSQL each lane has a connection of its own."""

MOST_UNANSWERED = 3
"""Deliveries of a bundle without an answer, after which its events return to the lane one by one:
an event on which workers die then reaches the broker's delivery limit alone."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The effect of the event is committed, or its failure is recorded."""


APPLIED = Applied()

Answer = Applied | RetryAfter | DeadLettered | Returned


@dataclass(slots=True, eq=False)
class OpenDelivery:
    """A delivery with its events, some of which have no answer yet."""

    delivery: Delivery
    decoded: Sequence[Decoded]
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def events(self) -> Iterator["ReceivedEvent"]:
        """Return the events that could be decoded."""
        for position, it in enumerate(self.decoded):
            if not isinstance(it, UndecodableEvent):
                yield ReceivedEvent(self, position, it)

    @property
    def undecodable(self) -> Iterator[tuple[int, UndecodableEvent]]:
        """Return the positions and errors of the events that could not be decoded."""
        for position, it in enumerate(self.decoded):
            if isinstance(it, UndecodableEvent):
                yield position, it

    @property
    def is_bundle(self) -> bool:
        """Return whether the delivery holds a bundle."""
        return is_bundle(self.delivery.body)

    @property
    def is_returned_too_often(self) -> bool:
        """Return whether workers have left this bundle unanswered so often that it falls apart."""
        return self.is_bundle and self.delivery.unanswered >= MOST_UNANSWERED

    @property
    def is_complete(self) -> bool:
        """Return whether each event has an answer."""
        return len(self.answers) == len(self.decoded)

    async def send_answer(self) -> None:
        """Answer the delivery, whose events have answers."""
        if not self.is_bundle:
            await self._answer_event(self.answers[0])
        elif parts := self._parts():
            await self.delivery.fall_apart(parts)
        else:
            await self.delivery.ack()

    async def _answer_event(self, answer: Answer) -> None:
        match answer:
            case Applied():
                await self.delivery.ack()
            case RetryAfter(seconds=seconds):
                await self.delivery.retry(seconds)
            case DeadLettered(reason=reason):
                await self.delivery.dead_letter(reason)
            case Returned():
                raise AssertionError("only events of bundles are returned")

    def _parts(self) -> list[Part]:
        """Return the events that leave the bundle."""
        leaving = {at: it for at, it in self.answers.items() if not isinstance(it, Applied)}
        bodies = split(self.delivery.body) if leaving else ()
        return [Part(at, bodies[at], answer) for at, answer in sorted(leaving.items())]


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedEvent:
    """An event of a delivery."""

    of: OpenDelivery
    position: int
    envelope: IdentityChangedEnvelope

    @property
    def workspace(self) -> str:
        """Return the workspace of the event."""
        return self.envelope.data.workspace

    @property
    def attempts(self) -> int:
        """Return the number of earlier deliveries of the event that ended in a retry."""
        return self.of.delivery.attempts

    def answer(self, answer: Answer) -> None:
        """Note the answer, which is sent when the delivery is complete."""
        self.of.answers[self.position] = answer


def batches(deliveries: Sequence[OpenDelivery], most: int) -> Iterator[list[ReceivedEvent]]:
    """Share the events of deliveries out to batches, each of which holds whole deliveries.

    :param most: the events of a batch; only a single delivery may have more.
    """
    batch: list[ReceivedEvent] = []
    for delivery in deliveries:
        events = list(delivery.events)
        if batch and len(batch) + len(events) > most:
            yield batch
            batch = []
        batch += events
    if batch:
        yield batch
